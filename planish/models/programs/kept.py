"""The programs that were made for a model, kept until the model changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from planish import overrides, precision
from planish.distribution.data_parallel import current_ranks
from planish.graph.node import dtype_of_numbers
from planish.layers.base.calling import convention_of
from planish.layers.base.context import CallContext
from planish.layers.base.weight_owner import Changes
from planish.models.data.arrays import Array
from planish.models.data.expected import Expected, alone
from planish.models.data.read_ahead import let_steps_catch_up
from planish.models.ends.compile_settings import CompileSettings
from planish.models.programs.predict_program import OtherRank, Predictor, predictor_for
from planish.models.programs.prepare import Prepared, Sizes, fitting, sizes_of
from planish.models.programs.recent import Recent, SizesSeen
from planish.models.programs.turn import Turn
from planish_runtime import forking

if TYPE_CHECKING:
    from planish.models.model import Model
    from planish.models.programs.test_program import Tester
    from planish.models.programs.train_program import Trainer
    from planish.models.programs.trunk import Trunk
    from planish.models.programs.value_program import ValueProgram


class Programs:
    """One model's programs by what they were made for. All are dropped when layers are added, removed or built."""

    def __init__(self) -> None:
        self.structure_version = -1
        self.fit_after = -1
        """After this change, among those of all layers, the programs were known to fit the model."""
        self.predictors: dict[tuple[np.dtype[Any], tuple[int, ...]], Predictor | OtherRank] = {}
        """Those for one input of a known shape, which `predict_on_batch` finds itself."""
        self.by_batch: bool | None = None
        """Whether predictions depend on batches (see `Predictor`); None: nobody knows yet."""
        self._differs_untold: bool | None = None
        self._predictors: Recent[Predictor] = Recent()
        self._testers: Recent[Tester] = Recent()
        self._trainers: Recent[Trainer] = Recent()
        self._trunks: Recent[Trunk] = Recent()
        self._value_programs: Recent[ValueProgram] = Recent()
        self._output_shapes: Recent[list[tuple[int | None, ...]]] = Recent()
        self._expected: tuple[int, CompileSettings | None, Expected] | None = None
        self._sizes = SizesSeen()
        self._dtype: str | None = None
        self.turn = Turn()
        self._making = forking.Lock()  # two threads that need a program use the same one, with the same slots

    def refresh(self, model: Model) -> None:
        """Drops the programs if the model's layers have changed since.

        A generator that uses the model that it feeds waits here first, before anything is read or made.
        """
        let_steps_catch_up()
        if self.structure_version != model.structure_version:
            with self._making.lock:
                self.clear()
                self.structure_version = model.structure_version  # last: whoever sees it may use the programs

    def fit(self, model: Model) -> bool:
        """Whether the model's layers are still those that the programs were made of."""
        last = Changes.last
        if self.structure_version != model.structure_version:
            return False
        self.fit_after = last
        return True

    def clear(self) -> None:
        """Drops all programs, as `compile` does."""
        self.predictors.clear()
        self.by_batch = None
        self._differs_untold = None
        self._predictors.clear()
        self._testers.clear()
        self._trainers.clear()
        self._trunks.clear()
        self._value_programs.clear()
        self._output_shapes.clear()
        self._expected = None
        self._dtype = None

    def expected(self, model: Model, find: Callable[[Model], Expected]) -> Expected:
        """What `find` says that the model takes; it is asked once for each structure of the model and `compile`."""
        version, settings = model.structure_version, model._settings
        kept = self._expected
        if kept is None or kept[0] != version or kept[1] is not settings:
            kept = self._expected = version, settings, find(model)
        return kept[2]

    def differs_untold(self, model: Model) -> bool:
        """Whether a layer behaves as in training if nobody says what the model is called for, as those do that change
        images at random."""
        self.refresh(model)
        if self._differs_untold is None:
            self._differs_untold = any(_usual(layer) for layer in model.flattened())
        return self._differs_untold

    def predictor(self, model: Model, inputs: Sequence[Array], labels: Sequence[str] = ("x",)) -> Predictor:
        """For images such as `inputs`. ValueError if they do not fit the model."""
        self.refresh(model)
        key = tuple((x.dtype, x.shape[1:]) for x in inputs)
        with self._making.lock, precision.computing_in(model):
            found = self._predictors.get(key)
            if found is None:
                overrides.refuse_model(model)
                fitting(model, inputs, labels)
                sizes = self._noted(sizes_of(model, inputs))
                eager = model._settings is not None and model._settings.run_eagerly
                found = self._predictors.keep(key, predictor_for(model, [x.dtype for x in inputs], sizes, eager=eager))
                self.by_batch = found.by_batch
                if len(inputs) == 1 and sizes is None and alone(model.input_form):
                    self.predictors[key[0]] = found
            return found

    def _noted(self, sizes: Sizes | None) -> Sizes | None:
        if sizes is not None:
            self._sizes.note(sizes)
        return sizes

    def output_shapes(self, model: Model, sizes: Sizes | None) -> list[tuple[int | None, ...]]:
        """The shapes of the model's outputs, batch axis first, for data of these sizes."""
        if sizes is None:
            return [tuple(spec.shape) if spec.batched else (None, *spec.shape) for spec in model.output_specs]
        self.refresh(model)

        def make() -> list[tuple[int | None, ...]]:
            return [(None, *node.shape) for node in model.trace(CallContext(), sizes).outputs]

        with self._making.lock:
            return self._output_shapes.found(sizes, make)

    def dtype(self, model: Model) -> str:
        """NumPy's name of the type of the numbers that the model's programs compute in."""
        self.refresh(model)
        if self._dtype is None:
            with precision.computing_in(model):
                self._dtype = dtype_of_numbers()
        return self._dtype

    def tester(self, model: Model, settings: CompileSettings, data: Prepared) -> Tester:
        self.refresh(model)

        def make() -> Tester:
            from planish.models.programs.test_program import Tester

            self._noted(data.sizes)
            return Tester(model, settings, data)

        with self._making.lock, precision.computing_in(model):
            return self._testers.found((*data.key, *_frozen(model)), make)

    def trainer(
        self, model: Model, settings: CompileSettings, data: Prepared, batch_size: int, *, with_outputs: bool
    ) -> Trainer:
        """For batches of up to `batch_size` images. Which layers are frozen, and who shares batches, is part of the
        program."""
        self.refresh(model)
        ranks = current_ranks()
        key = (*data.key, *_frozen(model), with_outputs, None if ranks is None else ranks.key)
        with self._making.lock, precision.computing_in(model):
            found = self._trainers.get(key)
            if found is None or found.max_batch < batch_size:
                from planish.models.programs.train_program import Trainer

                self._noted(data.sizes)
                made = Trainer(model, settings, data, batch_size, self.turn, with_outputs=with_outputs)
                found = self._trainers.keep(key, made)
            return found

    def trunk(self, key: Hashable, make: Callable[[], Trunk]) -> Trunk:
        """The program of a trunk, which those for training and for evaluation share."""
        with self._making.lock:
            return self._trunks.found(key, make)

    def kept(self, model: Model, key: Hashable, make: Callable[[], ValueProgram]) -> ValueProgram:
        """The program of that key; `make` is called the first time."""
        self.refresh(model)
        with self._making.lock, precision.computing_in(model):
            return self._value_programs.found(key, make)


class ProgramsOnce:
    """As an attribute of a class: the programs of each model, made when first asked for.

    From then on they are found in the model itself. No lock is taken: a forked child might find it locked.
    """

    @overload
    def __get__(self, model: None, owner: Any) -> ProgramsOnce: ...
    @overload
    def __get__(self, model: object, owner: Any) -> Programs: ...
    def __get__(self, model: object | None, owner: Any) -> ProgramsOnce | Programs:
        if model is None:
            return self
        programs: Programs = vars(model).setdefault("_programs", Programs())
        return programs


def _usual(layer: object) -> bool:
    """Whether a layer behaves as in training if nobody says whether it is trained."""
    class_: Any = type(layer)
    return bool(convention_of(class_).usual)


def _frozen(model: Model) -> tuple[Hashable, ...]:
    """Which weights are trained, and which layers are frozen: it decides what batch normalization does."""
    trained = tuple(variable.path for variable in model.trainable_weights)
    return trained, tuple(layer.trainable for layer in model.flattened())
