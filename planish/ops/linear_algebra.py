"""Products of matrices and what is made of them."""

from __future__ import annotations

import string
from typing import Any

import numpy as np

from planish.graph.node import Node
from planish.ops import arithmetic, elementwise, nodes, reductions
from planish.ops.contraction import contracted, reduced
from planish.ops.dtypes import floating, together
from planish.ops.operation import LINALG, NN, NUMPY, Value, operation

_NO_PRIMITIVE = "planish has no code for it"
Axes = Any
"""A number of axes, or two lists of them."""


def _matmul_of_nodes(x1: Any, x2: Any) -> Node:
    a, b = nodes.node_of(x1), nodes.node_of(x2)
    first, second = nodes.rank(a), nodes.rank(b)
    if not first or not second:
        raise nodes.mistake("ops.matmul multiplies matrices", received=f"{a.type} and {b.type}")
    front = [f"front {place}" for place in range(max(first, second) - 2)]
    of_a = ["k"] if first == 1 else [*front[len(front) - (first - 2) :], "row", "k"]
    of_b = ["k"] if second == 1 else [*front[len(front) - (second - 2) :], "k", "column"]
    result = [*front, *(["row"] if first > 1 else []), *(["column"] if second > 1 else [])]
    _check_depth(a, of_a, b, of_b)
    return contracted(a, of_a, b, of_b, result)


def _check_depth(a: Node, of_a: list[str], b: Node, of_b: list[str]) -> None:
    depths = [nodes.full_shape(x)[labels.index("k")] for x, labels in ((a, of_a), (b, of_b))]
    if depths[0] != depths[1]:
        raise nodes.mistake(
            "ops.matmul: the rows of the first are not as long as the columns of the second",
            received=f"{nodes.full_shape(a)} and {nodes.full_shape(b)}",
            remedy="ops.swapaxes(x, -1, -2) turns a matrix",
        )


@operation(NUMPY, nodes=_matmul_of_nodes)
def matmul(x1: Value, x2: Value) -> Any:
    """Products of matrices, which are the last two axes; the axes before are broadcast."""
    first, second = together(x1, x2)
    small = x1.dtype == x2.dtype == np.int8
    return np.matmul(first, second, dtype=np.int32 if small else None)


def _dot_of_nodes(x1: Any, x2: Any) -> Node:
    a, b = nodes.node_of(x1), nodes.node_of(x2)
    if not nodes.rank(a) or not nodes.rank(b):
        return arithmetic.multiply(a, b)  # type: ignore[no-any-return]
    return _tensordot_of_nodes(a, b, ([-1], [-2 if nodes.rank(b) > 1 else -1]))


@operation(NUMPY, nodes=_dot_of_nodes)
def dot(x1: Value, x2: Value) -> Any:
    """Sums of products along the last axis of x1 and the last but one of x2 (the last, of a vector).

    >>> ops.dot(np.ones((2, 3, 4)), np.ones((5, 4, 6))).shape
    (2, 3, 5, 6)
    """
    return np.dot(*together(x1, x2))


def _tensordot_of_nodes(x1: Any, x2: Any, axes: Axes = 2) -> Node:
    a, b = nodes.node_of(x1), nodes.node_of(x2)
    if isinstance(axes, int):
        axes = ([*range(nodes.rank(a) - axes, nodes.rank(a))], [*range(axes)])
    of_first, of_second = ([axis] if isinstance(axis, int) else axis for axis in axes)
    of_a: list[Any] = [("a", place) for place in range(nodes.rank(a))]
    of_b: list[Any] = [("b", place) for place in range(nodes.rank(b))]
    for first, second in zip(of_first, of_second, strict=True):
        place = nodes.counted(a, first, "tensordot")
        of_b[nodes.counted(b, second, "tensordot")] = of_a[place]
    shared = {label for label in of_a if label in of_b}
    return contracted(a, of_a, b, of_b, [label for label in (*of_a, *of_b) if label not in shared])


@operation(NUMPY, nodes=_tensordot_of_nodes)
def tensordot(x1: Value, x2: Value, axes: Axes = 2) -> Any:
    """Sums of products along the last `axes` axes of x1 and the first ones of x2, or along two lists of axes.

    >>> ops.tensordot(np.ones((2, 3, 4)), np.ones((3, 4, 5)), axes=2).shape
    (2, 5)
    >>> ops.tensordot(np.ones((2, 3, 4)), np.ones((5, 3)), axes=[[1], [1]]).shape
    (2, 4, 5)
    """
    first, second = together(x1, x2)
    return np.tensordot(first, second, axes)


@operation(NUMPY, nodes=lambda x1, x2: _tensordot_of_nodes(x1, x2, ([-1], [-1])))
def inner(x1: Value, x2: Value) -> Any:
    """Sums of products along the last axis of both."""
    return np.inner(*together(x1, x2))


@operation(NUMPY, eager="it takes the batch axis for one of many: ops.expand_dims(a, -1) * ops.expand_dims(b, -2)")
def outer(x1: Value, x2: Value) -> Any:
    """The products of every element of x1 with every element of x2."""
    return np.outer(*together(x1, x2))


@operation(NUMPY, eager="it sums over the batch: ops.sum(a * b, axis=-1) sums for each image")
def vdot(x1: Value, x2: Value) -> Any:
    """The sum of the products of all elements."""
    return np.vdot(*together(x1, x2))


@operation(NUMPY)
def einsum(subscripts: str, *operands: Value, **kwargs: Any) -> Any:
    """Sums of products by their axes: `"bij,bjk->bik"` multiplies matrices, image by image.

    >>> ops.einsum("ij,jk->ik", [[1.0, 2.0]], [[3.0], [4.0]]).tolist()
    [[11.0]]
    """
    if not any(isinstance(operand, Node) for operand in operands):
        arrays = together(*operands)
        return np.asarray(np.einsum(subscripts, *arrays), arrays[0].dtype)
    values = [nodes.node_of(value) for value in operands]
    labels, result = _letters(subscripts, [nodes.rank(value) for value in values])
    value, of_value = values[0], labels[0]
    for place, (other, of_other) in enumerate(zip(values[1:], labels[1:], strict=True), 1):
        later = {label for group in [*labels[place + 1 :], result] for label in group}
        kept = [label for label in dict.fromkeys([*of_value, *of_other]) if label in later]
        wanted = result if place == len(values) - 1 else kept
        value, of_value = contracted(value, of_value, other, of_other, wanted), wanted
    return reduced(value, of_value, result) if len(values) == 1 else value


def _letters(subscripts: str, ranks: list[int]) -> tuple[list[list[str]], list[str]]:
    """The labels of each operand and of the result; dots stand for as many axes as are left."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise _not_subscripts(subscripts, f"{len(ranks)} groups of letters")
    free = [letter for letter in string.ascii_letters if letter not in subscripts]
    most = 0
    labels = []
    for term, rank in zip(terms, ranks, strict=True):
        missing = rank - len(term.replace("...", ""))
        if missing < 0 or (missing and "..." not in term):
            raise _not_subscripts(subscripts, f"{rank} letters for a value of {rank} axes")
        most = max(most, missing)
        labels.append([*term.replace("...", "".join(free[:missing][::-1]))])
    if any(len(set(label)) != len(label) for label in labels):
        raise _not_subscripts(subscripts, "each letter once in a value that is compiled")
    dots = "".join(free[:most][::-1])
    every = "".join(letter for label in labels for letter in label)
    once = "".join(sorted(letter for letter in set(every) if every.count(letter) == 1 and letter not in dots))
    return labels, [*(right.replace("...", dots) if arrow else dots + once)]


def _not_subscripts(subscripts: str, expected: str) -> ValueError:
    return nodes.mistake("ops.einsum: these subscripts do not fit", expected=expected, received=repr(subscripts))


@operation(NUMPY, eager=_NO_PRIMITIVE)
def cross(x1: Value, x2: Value, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    """Vectors of 3 numbers that are at right angles to those of x1 and of x2."""
    first, second = together(x1, x2)
    return np.cross(first, second, axisa, axisb, axisc, axis)


@operation(NN)
def normalize(x: Value, axis: int = -1, order: Any = 2, epsilon: float | None = None) -> Any:
    """x divided by its length along `axis`, which is at least `epsilon` (1e-7); `order` as in `norm`.

    >>> ops.normalize([[0.0, 5.0]]).tolist()
    [[0.0, 1.0]]
    """
    small = 1e-7 if epsilon is None else epsilon
    value = floating(x) if isinstance(x, np.ndarray) else x
    if order == 2:
        total = reductions.sum(elementwise.square(value), axis, keepdims=True)
        return arithmetic.multiply(value, elementwise.rsqrt(arithmetic.maximum(total, small**2)))
    if order == float("inf"):
        length = reductions.max(elementwise.absolute(value), axis, keepdims=True)
    else:
        powers = reductions.sum(arithmetic.power(elementwise.absolute(value), order), axis, keepdims=True)
        length = arithmetic.power(powers, 1.0 / order)
    return arithmetic.divide(value, arithmetic.maximum(length, small))


def _of_floats(name: str, meaning: Any, text: str) -> Any:
    """Of arrays only."""

    def function(x: Value) -> Any:
        return meaning(floating(x))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return operation(LINALG, eager=_NO_PRIMITIVE)(function)


det = _of_floats("det", np.linalg.det, "The determinants of matrices.")
inv = _of_floats("inv", np.linalg.inv, "The inverses of matrices.")
eigh = _of_floats("eigh", lambda x: tuple(np.linalg.eigh(x)), "The eigenvalues and eigenvectors of symmetric matrices.")


@operation(LINALG, eager=_NO_PRIMITIVE)
def cholesky(x: Value, upper: bool = False) -> Any:
    """The triangular matrix whose product with its transpose is x: the lower one, or the upper one."""
    lower = np.linalg.cholesky(floating(x))
    return np.swapaxes(lower, -1, -2) if upper else lower


@operation(LINALG, eager=_NO_PRIMITIVE)
def solve(a: Value, b: Value) -> Any:
    """x with a @ x = b, for vectors or matrices b."""
    left, right = together(floating(a), floating(b))
    vectors = right.ndim == left.ndim - 1
    found = np.linalg.solve(left, right[..., None] if vectors else right)
    return found[..., 0] if vectors else found


@operation(LINALG, eager=_NO_PRIMITIVE)
def qr(x: Value, mode: str = "reduced") -> Any:
    """An orthogonal and an upper triangular matrix whose product is x; `mode` is "reduced" or "complete"."""
    return tuple(np.linalg.qr(floating(x), mode))  # type: ignore[call-overload]


@operation(LINALG, "SVD", eager=_NO_PRIMITIVE)
def svd(x: Value, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The singular value decomposition: u, s, v^T, or s alone without `compute_uv`."""
    if not compute_uv:
        return np.linalg.svd(floating(x), full_matrices, False)
    return tuple(np.linalg.svd(floating(x), full_matrices, True))
