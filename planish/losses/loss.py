"""What all losses share: shapes of targets, reduction, evaluation on arrays, configuration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish import naming, primitives, tracing
from planish.absent.attributes import Told
from planish.constructors import Constructed
from planish.errors import explain, unknown_name
from planish.graph.graph import Graph
from planish.graph.node import Node, current_layers
from planish.losses import targets
from planish.losses.reduction import REDUCTIONS, Array, reduced
from planish.primitives.broadcasting import zeros_like
from planish.tensor import tensor


def _of_each_image(value: Node, y_pred: Node) -> Node:
    """Gives each image the value of the whole batch, so that the mean over the batch is that value again."""
    if value.batched:
        return value
    each = primitives.reduce_sum(y_pred, range(len(y_pred.shape))) if y_pred.shape else y_pred
    return primitives.add(zeros_like(each), value)


class Loss(Constructed, Told):
    """Base of all losses.

    Subclasses write `call`, which builds the loss of every position from `planish.ops`, so that it compiles with its
    gradient. `target_kind` is 'numbers' (like the outputs) or 'labels' (class numbers).

    `reduction`: 'sum_over_batch_size' (the mean over all positions), 'sum', 'mean', 'mean_with_sample_weight', or
    'none'. ValueError for targets that do not fit the outputs.

    >>> loss = keras.losses.MeanSquaredError(reduction="sum")
    >>> float(loss([[1.0], [2.0]], [[0.0], [0.0]]))
    5.0
    """

    keras_kinds: tuple[str, ...] = ("Loss",)
    dtype = "float32"
    target_kind = "numbers"
    target_shapes: targets.Shapes = "any"
    """Which targets fit the outputs: those of the 'same' shape, also those that are 'repeated' along a last axis of
    one, or 'any': then `call` decides."""

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: str | None = None
    ) -> None:
        self.name = name or naming.automatic_name(type(self).__name__)
        self.reduction = "none" if reduction is None else reduction
        if self.reduction not in REDUCTIONS:
            raise ValueError(unknown_name("reduction of a loss", reduction, REDUCTIONS))
        self._refuse(dtype=(dtype, (None, "float32", "float64")))

    def _refuse(self, **arguments: tuple[Any, tuple[Any, ...]]) -> None:
        """ValueError for arguments that do not have one of their supported values."""
        for argument, (value, supported) in arguments.items():
            if value not in supported:
                raise ValueError(
                    explain(
                        what=f"loss '{self.name}': this `{argument}` is not supported",
                        expected=" or ".join(map(repr, supported)),
                        received=repr(value),
                    )
                )

    def require_init(self) -> None:
        """TypeError for a subclass that does not call `super().__init__()`."""
        if "reduction" not in vars(self):
            raise TypeError(
                explain(
                    what=f"loss {type(self).__name__}: `super().__init__()` was not called",
                    remedy="super().__init__(name=name) in the first line of __init__",
                )
            )

    # ------------------------------------------------------------------ in graphs
    def call(self, y_true: Node, y_pred: Node) -> Node:
        """The loss of every position: the outputs' shape without its last axis."""
        raise NotImplementedError(f"loss {type(self).__name__} defines no call(y_true, y_pred)")

    def traced(self, y_true: Node, y_pred: Node) -> Node:
        """What `call` gives. TypeError if that is not a node."""
        return tracing.traced(
            f"loss '{self.name}'",
            self.call,
            y_true,
            y_pred,
            given="y_true and y_pred",
            example="return planish.ops.square(y_true - y_pred)",
        )

    def per_sample(self, y_true: Node, y_pred: Node) -> Node:
        """The loss of each image: batched, shape (). Its mean over the batch is what `reduction` says.

        Without a reduction ('none') the mean is shown.
        """
        values = self.traced(y_true, y_pred)
        axes = range(len(values.shape))
        if self.reduction != "sum":
            return _of_each_image(primitives.reduce_mean(values, axes) if axes else values, y_pred)
        total = primitives.reduce_sum(values, axes) if axes else values
        return primitives.multiply(total, primitives.batch_size()) if values.batched else _of_each_image(total, y_pred)

    def weighted(self, y_true: Node, y_pred: Node, weight: Node) -> Node:
        """`per_sample` with the `weight` of each image, batched, shape ()."""
        value = primitives.multiply(self.per_sample(y_true, y_pred), weight)
        if self.reduction == "sum" and self.is_of_batch(y_true, y_pred):  # the sum of the weights counts
            value = primitives.multiply(value, primitives.batch_size())
        if self.reduction == "mean_with_sample_weight":  # divided by the sum of the weights, not by their number
            value = primitives.divide(value, primitives.divide(primitives.batch_sum(weight), primitives.batch_size()))
        return value

    def minimised(self, mean: Node, y_true: Node, y_pred: Node) -> Node:
        """What training makes smaller, given the `mean` over the batch, penalties included.

        That is the mean, except for 'none': then the gradients of all values are added up, as in TensorFlow.
        """
        if self.reduction != "none":
            return mean
        values = self.traced(y_true, y_pred)
        times = primitives.multiply(mean, math.prod(values.shape))
        return primitives.multiply(times, primitives.batch_size()) if values.batched else times

    def is_of_batch(self, y_true: Node, y_pred: Node) -> bool:
        """Whether the loss is one value for the whole batch."""
        return not self.traced(y_true, y_pred).batched

    def check_weighted(self) -> None:
        """Raises ValueError if the loss cannot weight images."""

    # ------------------------------------------------------------------ targets
    def prepare_targets(self, y_true: ArrayLike, output_shape: Sequence[int | None]) -> Array:
        """`y_true` as the compiled step reads it. `output_shape` has the batch axis.

        ValueError, with a remedy, if it does not fit the loss or the model; TypeError if it does not hold numbers.
        """
        return targets.numbers(self.name, np.asarray(y_true), output_shape, self.target_shapes)

    def check_targets(self, y_true: ArrayLike, output_shape: Sequence[int | None]) -> None:
        """Raises what `prepare_targets` raises."""
        self.prepare_targets(y_true, output_shape)

    def counted(self, prepared: Array) -> Array | None:
        """Where targets count; None where all of them do."""
        return None

    # ------------------------------------------------------------------ on arrays
    def values(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        """The loss of every position; float64 if `y_pred` is, float32 otherwise."""
        return self.evaluate(y_true, y_pred)[0]

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """The reduced loss of arrays, as a number with `.numpy()` (an array if the reduction is 'none').

        For nodes in a layer's `call`: the reduced loss, for `add_loss`. Inside another loss: the loss of each image.
        """
        if isinstance(y_pred, Node):
            return self._of_nodes(y_true, y_pred, sample_weight)
        if sample_weight is not None:
            self.check_weighted()
        values, counted = self.evaluate(y_true, y_pred)
        return tensor(reduced(values, sample_weight, counted, self.reduction))

    def _of_nodes(self, y_true: Any, y_pred: Node, sample_weight: Any) -> Node:
        """The mean over the batch is the reduced loss. Another loss takes it, since it knows what images weigh."""
        values = (self.traced if self.reduction == "none" else self.per_sample)(y_true, y_pred)
        if sample_weight is not None:
            values = primitives.multiply(values, sample_weight)
        if self.reduction == "none" or not current_layers():
            return values
        return primitives.divide(primitives.batch_sum(values), primitives.batch_size())

    def evaluate(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array | None]:
        """`values`, and where they count (None: everywhere). A single vector of outputs is read as a batch of one."""
        from planish.primitives.interpreter import interpret

        outputs, given = np.asarray(y_pred), np.asarray(y_true)
        if outputs.ndim == 1:
            values, counted = self.evaluate(given[None], outputs[None])
            return values[0], None if counted is None else counted[0]
        wide = np.float64 if outputs.dtype == np.float64 else np.float32
        prepared = self.prepare_targets(given, outputs.shape)
        kind = "i32" if self.target_kind == "labels" else None
        y = primitives.input_("y_true", prepared.shape[1:], kind)
        graph = Graph.build({"loss": self.traced(y, primitives.input_("y_pred", outputs.shape[1:]))})
        values = interpret(graph, {"y_true": prepared, "y_pred": outputs}, dtype=wide).outputs["loss"]
        return values, self.counted(prepared)

    # ------------------------------------------------------------------ configuration
    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Loss:
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"
