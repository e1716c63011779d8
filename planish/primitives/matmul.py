"""Products of matrices that belong to images: y[..., i, j] = sum over k of a[..., i, k] * b[..., k, j].

`dense` multiplies with one matrix of weights; here every image, and every index of the axes in front, has its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity
from planish.primitives.axes import axes_of
from planish.primitives.binary import multiply
from planish.primitives.broadcast_to import broadcast_to
from planish.primitives.broadcasting import summed_to
from planish.primitives.dense import dense
from planish.primitives.mistake import check_values, mistake
from planish.primitives.reaching import Reached
from planish.primitives.reduce import reduce_sum
from planish.primitives.regions import Region
from planish.primitives.registry import Array, Environment, Primitive, make, register
from planish.primitives.reshape import reshape
from planish.primitives.transpose import transpose


def _infer(inputs: Sequence[TensorType], settings: Settings) -> TensorType:
    a, b = inputs
    check_values("a product of matrices", a, b)
    _check_shapes(a, b)
    if a.shape[:-2] != b.shape[:-2]:
        raise ValueError(f"the axes in front of the matrices are not the same: {a} and {b}")
    return TensorType((*a.shape[:-1], b.shape[-1]), batched=a.batched or b.batched)


def _check_shapes(a: TensorType, b: TensorType) -> None:
    if len(a.shape) < 2 or len(b.shape) < 2 or a.shape[-1] != b.shape[-2]:
        raise mistake(
            "these are not matrices that can be multiplied",
            rule="the last axis of the first one has as many entries as the second last axis of the second one",
            received=f"shapes {a.shape} and {b.shape}",
        )


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    product: Array = np.matmul(*arrays)
    return product


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    # da = g b^T, db = a^T g; a matrix that all images share gets the sum of what they give
    a, b = node.inputs
    return [summed_to(matmul(g, turned(b)), a), summed_to(matmul(turned(a), g), b)]


def _reach(node: Node, region: Region) -> Reached:
    """Rows of the first operand, columns of the second one."""
    a, b = node.inputs
    every = frozenset(range(a.shape[-1]))
    yield a, (*region[:-1], every)
    yield b, (*region[:-2], every, region[-1])


def _multiply_adds(node: Node) -> int:
    return node.type.size * node.inputs[0].shape[-1]


register(
    Primitive(
        name="matmul",
        settings=Settings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=_reach,
        linear=linearity.in_one,
        tail=True,
        monotone=False,
        elementwise=False,
        multiply_adds=_multiply_adds,
    )
)


def turned(x: Node) -> Node:
    """Each matrix transposed."""
    front = range(len(x.shape) - 2)
    return transpose(x, (*front, len(x.shape) - 1, len(x.shape) - 2))


def matmul(a: Node, b: Node) -> Node:
    """`a` f32[N, ..., i, k], `b` f32[N, ..., k, j] -> f32[N, ..., i, j]; the axes in front are broadcast.

    Either may be without a batch axis. Products that amount to multiplications or sums become those.
    """
    _check_shapes(a.type, b.type)
    if not b.batched and b.type.size == math.prod(b.shape[-2:]):
        return _in_rank(dense(a, reshape(b, b.shape[-2:])), b)
    front = _joined_front(a, b)
    a, b = (broadcast_to(x, (*front, *x.shape[-2:])) for x in (a, b))
    rows, inner, columns = *a.shape[-2:], b.shape[-1]
    if inner == 1:
        return multiply(a, b)
    if rows == columns == 1:
        total = reduce_sum(multiply(a, reshape(b, a.shape)), (-1,), keepdims=True)
        return reshape(total, (*front, 1, 1))
    return make("matmul", [a, b])


def _in_rank(product: Node, b: Node) -> Node:
    """With as many axes as the second operand has, of extent one in front."""
    missing = len(b.shape) - len(product.shape)
    return reshape(product, (*(1,) * missing, *product.shape)) if missing > 0 else product


def _joined_front(a: Node, b: Node) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        raise mistake(
            "the axes in front of the matrices do not go together",
            rule="they are compared from the last; they have to be equal or one",
            received=f"shapes {a.shape} and {b.shape}",
        ) from None


Axes = tuple[Sequence[int], Sequence[int]]  # of the first operand, and of the second one


def contract(a: Node, b: Node, summed: Axes, shared: Axes = ((), ())) -> Node:
    """Products of elements of `a` and `b`, summed along pairs of axes: what `tensordot` and `einsum` are made of.

    `summed` and `shared` have an axis of `a` and one of `b` for each pair. The result has the shared axes, then the
    other ones of `a`, then those of `b`.
    """
    left, right = _Sides.of(a, summed[0], shared[0]), _Sides.of(b, summed[1], shared[1])
    if left.paired() != right.paired():
        raise mistake(
            "these axes do not go together",
            rule="two axes that are summed along, or shared, have the same number of entries",
            received=f"axes {tuple(summed[0])} and {tuple(summed[1])} of shapes {a.shape} and {b.shape}",
        )
    product = matmul(left.matrices(summed_last=True), right.matrices(summed_last=False))
    return reshape(product, (*left.extents(left.shared), *left.extents(left.free), *right.extents(right.free)))


class _Sides:
    """The axes of one operand of a contraction: shared ones, free ones, and those that are summed along."""

    def __init__(self, x: Node, shared: Sequence[int], summed: Sequence[int]) -> None:
        self.x, self.shared, self.summed = x, list(shared), list(summed)
        self.free = [axis for axis in range(len(x.shape)) if axis not in (*shared, *summed)]

    @classmethod
    def of(cls, x: Node, summed: Sequence[int], shared: Sequence[int]) -> _Sides:
        axes_of(x, (*summed, *shared))  # each of them is there, and named once
        rank = len(x.shape)
        return cls(x, [axis % rank for axis in shared], [axis % rank for axis in summed])

    def paired(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The extents that those of the other operand have to be."""
        return self.extents(self.shared), self.extents(self.summed)

    def extents(self, axes: Sequence[int]) -> tuple[int, ...]:
        return tuple(self.x.shape[axis] for axis in axes)

    def matrices(self, *, summed_last: bool) -> Node:
        order = [*self.shared, *((*self.free, *self.summed) if summed_last else (*self.summed, *self.free))]
        free, summed = math.prod(self.extents(self.free)), math.prod(self.extents(self.summed))
        matrix = (free, summed) if summed_last else (summed, free)
        return reshape(transpose(self.x, order), (*self.extents(self.shared), *matrix))
