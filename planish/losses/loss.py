"""What all losses share: shapes of targets, reduction, evaluation on arrays, configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from planish import naming, ops
from planish.errors import explain, unknown_name
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.losses import targets
from planish.losses.reduction import REDUCTIONS, Array, reduced
from planish.tensor import tensor


class Loss:
    """Base of all losses.

    Subclasses write `call`, which builds the loss of every position out of `planish.ops`, so that it compiles with its
    gradient. `target_kind` is 'dense' (numbers like the outputs) or 'labels' (class numbers).
    """

    target_kind = "dense"

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: str | None = None
    ) -> None:
        self.name = name or naming.automatic_name(type(self).__name__)
        self.reduction = "none" if reduction is None else reduction
        if self.reduction not in REDUCTIONS:
            raise ValueError(unknown_name("reduction of a loss", reduction, REDUCTIONS))
        self._refuse(dtype=(dtype, (None, "float32")))

    def _refuse(self, **arguments: tuple[Any, tuple[Any, ...]]) -> None:
        """ValueError for arguments, given with their supported values, that have another one."""
        for argument, (value, supported) in arguments.items():
            if value not in supported:
                raise ValueError(
                    explain(
                        what=f"loss '{self.name}': this `{argument}` is not supported",
                        expected=" or ".join(map(repr, supported)),
                        received=repr(value),
                    )
                )

    # ------------------------------------------------------------------ in graphs
    def call(self, y_true: Node, y_pred: Node) -> Node:
        """The loss of every position: the outputs' shape without its last axis."""
        raise NotImplementedError(f"loss {type(self).__name__} defines no call(y_true, y_pred)")

    def per_sample(self, y_true: Node, y_pred: Node) -> Node:
        """The loss of each image: batched, shape (). Its mean over the batch is what `reduction` says.

        ValueError if the reduction is 'none': training needs one number.
        """
        if self.reduction == "none":
            raise ValueError(
                explain(
                    what=f"loss '{self.name}' has no single value that training could make smaller",
                    expected="a reduction",
                    received=f"reduction={self.reduction!r}",
                    remedy="reduction='sum_over_batch_size'",
                )
            )
        values = self.call(y_true, y_pred)
        axes = range(len(values.shape))
        if self.reduction == "sum":
            return ops.multiply(ops.reduce_sum(values, axes) if axes else values, ops.batch_size())
        return ops.reduce_mean(values, axes) if axes else values

    # ------------------------------------------------------------------ targets
    def prepare_targets(self, y_true: ArrayLike, output_shape: Sequence[int | None]) -> Array:
        """`y_true` as the compiled step reads it. `output_shape` has the batch axis.

        ValueError, with what to do, if it does not fit the loss or the model; TypeError if it does not hold numbers.
        """
        return targets.dense(self.name, np.asarray(y_true), output_shape)

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
        """The reduced loss of arrays, as a number with `.numpy()` (an array if the reduction is 'none')."""
        values, counted = self.evaluate(y_true, y_pred)
        return tensor(reduced(values, sample_weight, counted, self.reduction))

    def evaluate(self, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array | None]:
        """`values`, and where they count (None: everywhere). A single vector of outputs is a batch of one."""
        from planish.ops.interpreter import interpret

        outputs, given = np.asarray(y_pred), np.asarray(y_true)
        if outputs.ndim == 1:
            values, counted = self.evaluate(given[None], outputs[None])
            return values[0], None if counted is None else counted[0]
        wide = np.float64 if outputs.dtype == np.float64 else np.float32
        prepared = self.prepare_targets(given, outputs.shape)
        kind = "i32" if self.target_kind == "labels" else "f32"
        y = ops.input_("y_true", prepared.shape[1:], kind)
        graph = Graph.build({"loss": self.call(y, ops.input_("y_pred", outputs.shape[1:]))})
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
