"""The gradient of `take` with respect to entries that all images share: a sum over the batch."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.primitives import linearity
from planish.primitives.mistake import mistake
from planish.primitives.registry import ONLY_IN_GRADIENTS, Primitive, make, register
from planish.primitives.take_grad import TakeGradSettings, gradient, infer, reference


def _infer_sum(inputs: Sequence[TensorType], settings: TakeGradSettings) -> TensorType:
    result = infer(inputs, settings)
    if not result.batched:
        raise mistake("a sum over the batch needs one tensor per image", received=inputs[0])
    return TensorType(result.shape, batched=False)


register(
    Primitive(
        name="take_batch_grad",
        settings=TakeGradSettings,
        infer=_infer_sum,
        reference=reference,
        gradient=gradient,
        reach=ONLY_IN_GRADIENTS,
        linear=linearity.in_first,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=ONLY_IN_GRADIENTS,
    )
)


def take_batch_grad(g: Node, indices: Node, axis: int, shape: Sequence[int]) -> Node:
    """`g` f32[N, ...] of the shape of what was taken -> `shape`, summed over the batch."""
    return make("take_batch_grad", [g, indices], TakeGradSettings(axis=axis, shape=tuple(shape)))
