"""What models do with data: `compile`, `fit`, `evaluate`, `predict` and their one-batch forms, as Keras has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from numpy import ndarray

from planish import overrides, structures, warned
from planish.callbacks import History
from planish.errors import explain
from planish.graph.node import Node
from planish.layers.base import calling
from planish.layers.base.in_pipelines import is_later
from planish.layers.base.layer import Layer
from planish.layers.base.weight_owner import Changes
from planish.metrics import Metric
from planish.models.ends.compile_settings import CompileSettings
from planish.models.loops import predict_loop
from planish.models.programs import own_loss
from planish.models.programs.kept import ProgramsOnce
from planish.models.programs.metric_set import MetricSet
from planish.models.programs.prepare import memory_message
from planish.optimizers import Optimizer
from planish.symbolic import SymbolicTensor
from planish.tensor import tensor
from planish.tracebacks import short_in_notebooks
from planish_runtime.memory import TooLargeError

if TYPE_CHECKING:
    from planish.models.model import Model

_SILENT = 0


class Training:
    """Mixin of `Model`.

    Data `x` may be a NumPy array of any number type and layout, a list, anything with `__array__` or `__dlpack__`, or
    a supply of batches: a generator, an iterable, or an object with `__len__` and `__getitem__` (Keras's PyDataset).
    """

    structure_version: int
    stop_training = False
    history: History | None = None
    _settings: CompileSettings | None = None
    _metric_set: MetricSet | None = None

    _programs = ProgramsOnce()

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles leave out the programs: they belong to this process, and are made again."""
        state = Layer.__getstate__(cast(Layer, self))
        return {name: value for name, value in state.items() if name != "_programs"}

    # -- compile -----------------------------------------------------------------------------------------------------

    @short_in_notebooks
    def compile(
        self,
        optimizer: str | Optimizer | Mapping[str, Any] = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: str | bool = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Sets how to train. `compile("adam", loss, ["accuracy"])` passes the metrics, as in Keras 2.

        Compiled again without a loss, a model keeps the one it has; without `metrics` and `weighted_metrics`, those;
        `metrics=[]` drops them.

        `run_eagerly` interprets every step with NumPy: this is slow, but easy to step through with a debugger.
        `steps_per_execution` steps run between two calls of the hooks for batches. `jit_compile` and
        `auto_scale_loss` change nothing: programs are always compiled, and there is no half precision to scale for.
        """
        overrides.refuse_model(self)
        own_loss.check(cast("Model", self))
        settings = CompileSettings.checked(
            optimizer, loss, loss_weights, metrics, weighted_metrics, run_eagerly, steps_per_execution, self._settings
        )
        if cast("Model", self).knows_ends:
            settings.for_outputs(cast("Model", self))
        self._programs.clear()  # first: a process forked meanwhile has either the old settings or the new ones
        self._metric_set = None
        self._settings = settings

    @property
    def compiled(self) -> bool:
        return self._settings is not None

    @property
    def optimizer(self) -> Optimizer | None:
        return None if self._settings is None else self._settings.optimizer

    @property
    def loss(self) -> Any:
        """The loss as it was given to `compile`."""
        return None if self._settings is None else self._settings.config["loss"]

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """What training makes smaller: the losses of `compile`, and what layers and regularizers add.

        A subclass may write its own, with `planish.ops` and `super().compute_loss(...)`. It is compiled into the step,
        so it runs once, on values that are not known yet; the metrics that it updates count after each step. `fit` and
        `evaluate` report them, and what it returns as "loss".

        `x`, `y`, `y_pred`, `sample_weight`: as `fit` was given them and the model computes them, one batch.

        >>> class Confident(keras.Sequential):
        ...     def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        ...         loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        ...         return loss + 0.1 * keras.ops.mean(y_pred * (1.0 - y_pred))
        """
        return own_loss.usual(cast("Model", self), y, y_pred, sample_weight)

    @property
    def metrics(self) -> list[Metric]:
        """The mean loss and the metrics of `compile`; empty before the first targets: 'accuracy' depends on them."""
        return [] if self._metric_set is None else self._metric_set.all

    @property
    def metrics_names(self) -> list[str]:
        """The names of the values of `evaluate`, in order."""
        return ["loss"] if self._metric_set is None else self._metric_set.report_names

    def reset_metrics(self) -> None:
        """Resets all metrics, for those who read them; a run that is going on continues to count."""
        if self._metric_set is not None:
            self._metric_set.reset()

    def get_compile_config(self) -> dict[str, Any] | None:
        """The arguments of `compile` in Keras's serialized form; None if the model is not compiled.

        Warns, and gives None, if one of them cannot be written down, such as a loss without a name.
        """
        if self._settings is None:
            return None
        try:
            return self._settings.serialized()
        except TypeError as error:
            warned.warn(
                explain(
                    layer=cast(Layer, self).label,
                    what="the settings of compile cannot be written down, so they are left out",
                    received=str(error).rpartition("received: ")[2],
                    remedy="a loss or metric with a name: def loss(y_true, y_pred): ...\n"
                    "or compile the model again after it was loaded",
                )
            )
            return None

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles as `get_compile_config` (or Keras's) says."""
        from planish import serialization

        self.compile(**{name: serialization.deserialize(value) for name, value in config.items()})

    # -- whole data sets ---------------------------------------------------------------------------------------------

    @short_in_notebooks
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
        *,
        keep_frozen: bool = True,
    ) -> History:
        """Trains the model. Ctrl-C stops it within a batch and leaves the model as trained so far.

        `batch_size` is 32, or with `steps_per_epoch` the size that divides the data into so many batches. An epoch of
        `steps_per_epoch` batches continues where the last one stopped; it is shorter where the data end.

        `keep_frozen`: what the first layers give, if they are frozen and nothing in them is random, is computed once
        for each image and kept for later epochs. This changes nothing but the time (see docs/training.md).

        Returns the History, whose `history` has a list of values, one per epoch, for "loss", each metric, and "val_..."
        of each if there is validation data. Raises ValueError if data and model do not fit, TypeError for data that are
        not numbers, MemoryError if they are too large.
        """
        from planish.models.loops.fit import FitArguments, ValidationArguments, fit

        arguments = FitArguments(
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            shuffle=shuffle,
            class_weight=class_weight,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            validation=ValidationArguments(
                split=validation_split,
                data=validation_data,
                steps=validation_steps,
                batch_size=validation_batch_size,
                freq=validation_freq,
            ),
            keep_frozen=keep_frozen,
        )
        return fit(cast("Model", self), x, y, sample_weight, arguments)

    @short_in_notebooks
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Loss and metrics without training: a list named by `metrics_names`, a float if there is only the loss, or
        a dictionary with `return_dict`. Errors as in `fit`."""
        from planish.models.loops import batch_runs, evaluate_loop

        model = cast("Model", self)
        results = evaluate_loop.evaluate(model, x, y, sample_weight, batch_size, verbose, steps, callbacks)
        return batch_runs.returned(model, results, return_dict)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The model's outputs, float32 [n, ...], in their structure if there are several.

        The batch size matters only to callbacks, to `steps`, and to models that look at whole batches or count them.
        """
        silent = verbose is _SILENT or verbose is False
        any_size = batch_size is None or (type(batch_size) is int and batch_size > 0)
        if silent and any_size and steps is None and callbacks is None and type(x) is ndarray:
            if self._programs.by_batch is not False:
                return predict_loop.predict(cast("Model", self), x, batch_size, verbose, None, None)
            return self.predict_on_batch(x)
        return predict_loop.predict(cast("Model", self), x, batch_size, verbose, steps, callbacks)

    # -- one batch ---------------------------------------------------------------------------------------------------

    def predict_on_batch(self, x: Any) -> Any:
        """The model's outputs for one batch, float32 [n, ...], in the form of `predict`."""
        programs = self._programs
        try:
            if type(x) is ndarray and (programs.fit_after == Changes.last or programs.fit(cast("Model", self))):
                predictor = programs.predictors.get((x.dtype, x.shape[1:]))
                if predictor is not None:
                    return predictor(x)
            return predict_loop.predict_batch(cast("Model", self), x)
        except TooLargeError:
            raise
        except MemoryError as error:
            raise MemoryError(memory_message(cast("Model", self), x, str(error))) from error

    @short_in_notebooks
    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """One training step. Returns loss and metrics of the batch, in the form of `evaluate`."""
        from planish.models.loops import batch_runs

        model = cast("Model", self)
        return batch_runs.returned(model, batch_runs.train(model, x, y, sample_weight, class_weight), return_dict)

    @short_in_notebooks
    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Loss and metrics of one batch, in the form of `evaluate`."""
        from planish.models.loops import batch_runs

        model = cast("Model", self)
        return batch_runs.returned(model, batch_runs.test(model, x, y, sample_weight), return_dict)

    @short_in_notebooks
    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        """The outputs for arrays, as tensors, float32 [n, ...]; symbolic tensors for symbolic ones.

        With `training=True`, dropout drops and moving statistics move. If nothing is said, layers that change images at
        random do, as in Keras; with `training=False`, and in `predict`, they do not.
        """
        if len(inputs) == 1 and type(inputs[0]) is ndarray and self._as_predict(keywords):
            outputs = self.predict_on_batch(inputs[0])
            return tensor(outputs) if type(outputs) is ndarray else structures.mapped(tensor, outputs)
        given, named = calling.without_training(type(self), inputs, keywords)
        if len(given) == 1 and not _computed_later(given) and self._as_predict(named):
            return structures.mapped(tensor, self.predict_on_batch(given[0]))
        return Layer.__call__(cast(Layer, self), *given, **named)

    def _as_predict(self, keywords: Mapping[str, Any]) -> bool:
        """Whether a call with these keywords gives what `predict` gives."""
        if keywords and [*keywords] != ["training"]:
            return False
        told = keywords.get("training")
        return not (self._programs.differs_untold(cast("Model", self)) if told is None else told)


def _computed_later(arguments: Any) -> bool:
    """Whether there is something among the arguments that is computed later."""
    return any(isinstance(leaf, Node | SymbolicTensor) or is_later(leaf) for leaf in structures.leaves(arguments))
