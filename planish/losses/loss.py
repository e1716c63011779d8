"""What all losses share: shapes of targets, reduction, evaluation on arrays, configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish import naming, ops
from planish.errors import explain, unknown_name
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.losses import targets

Array = NDArray[Any]
REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none")


class Loss:
    """Base: `value(y_true, y_pred)` reduces the last axis. `target_kind` is 'dense' (numbers like the outputs) or 'labels' (class indices)."""

    target_kind = "dense"

    def __init__(self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: str | None = None) -> None:
        self.name = name or naming.snake_case(type(self).__name__)
        self.reduction = "none" if reduction is None else reduction
        if self.reduction not in REDUCTIONS:
            raise ValueError(unknown_name("reduction of a loss", reduction, REDUCTIONS))
        if dtype not in (None, "float32"):
            raise ValueError(explain(what=f"loss '{self.name}': `dtype` is not supported", expected="None or 'float32'", received=dtype))

    def value(self, y_true: Node, y_pred: Node) -> Node:
        """The loss of every position: the outputs' shape without its last axis."""
        raise NotImplementedError(f"loss {type(self).__name__} defines no value(y_true, y_pred)")

    def per_sample(self, y_true: Node, y_pred: Node) -> Node:
        """The loss of each image: batched, shape (). Its mean over the batch is what `reduction` says."""
        value = self.value(y_true, y_pred)
        axes = range(len(value.shape))
        if self.reduction == "sum":
            return ops.multiply(ops.reduce_sum(value, axes) if value.shape else value, ops.batch_size())
        return ops.reduce_mean(value, axes) if value.shape else value

    def prepare_targets(self, y_true: Any, output_shape: Sequence[int | None]) -> Array:
        """`y_true` as the compiled step reads it: shape and range checked. ValueError if it does not fit the loss or the model."""
        return targets.dense(self.name, np.asarray(y_true), output_shape)

    def check_targets(self, y_true: Any, output_shape: Sequence[int | None]) -> None:
        """ValueError if targets do not fit."""
        self.prepare_targets(y_true, output_shape)

    def call(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        """The loss of every position, of arrays."""
        outputs = np.asarray(y_pred)
        wide = np.float64 if outputs.dtype == np.float64 else np.float32
        y = self.prepare_targets(y_true, outputs.shape)
        kind = "i32" if self.target_kind == "labels" else "f32"
        graph = Graph.build({"loss": self.value(ops.input_("y_true", y.shape[1:], kind), ops.input_("y_pred", outputs.shape[1:]))})
        from planish.ops.interpreter import interpret

        return interpret(graph, {"y_true": y, "y_pred": outputs.astype(wide)}, dtype=wide).outputs["loss"]

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """The reduced loss of arrays (an array if the reduction is 'none')."""
        values = self.call(y_true, y_pred)
        weights = None
        if sample_weight is not None:
            weights = np.asarray(sample_weight, values.dtype)
            weights = weights.reshape(weights.shape + (1,) * (values.ndim - weights.ndim))
            values = values * weights
        if self.reduction == "none":
            return values
        if self.reduction == "sum":
            return values.sum()
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            return values.sum() / np.broadcast_to(weights, values.shape).sum()
        return values.mean()

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Loss:
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"
