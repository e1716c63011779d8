"""Chains of small values: what an image has of them fits into a few registers, and one function computes them all.

Losses, their gradients and class scores are dozens of operations on ten numbers. As kernels of their own they would
spend their time on calls, loads and stores; here a value is a list of vectors, of which only those that others read go
to memory. Lanes beyond the last element may have any value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from planish.codegen.kernels.one_hot import ones
from planish.codegen.llvm.elementary import applied
from planish.codegen.llvm.function import ZERO, Function, Pointer, Value
from planish.codegen.llvm.loops import vectors_of
from planish.codegen.pieces.combining import combining, lanes_combined
from planish.codegen.pieces.expression import emit_expression
from planish.codegen.planning.views import is_view
from planish.graph.node import Node, TensorType
from planish.primitives.axes import AxesSettings
from planish.primitives.rewritten.elementwise import ElementwiseSettings

MOST_VECTORS = 4
FEWEST_NODES = 2

Vectors = list[Value]
Rule = Callable[[Function, Node, Sequence[Vectors]], Vectors]


def groups_of(
    nodes: Sequence[Node], lanes: int, apart: Callable[[Node], bool] = lambda node: False
) -> list[list[Node]]:
    """The nodes in their order; those next to each other that one function can compute are together.

    `apart`: whether something lies between the elements of a node's values.
    """

    def fits(node: Node) -> bool:
        return is_small(node, lanes) and not apart(node)

    groups: list[list[Node]] = []
    for node in nodes:
        if groups and fits(node) and fits(groups[-1][-1]):
            groups[-1].append(node)
        else:
            groups.append([node])
    return groups


def is_small(node: Node, lanes: int) -> bool:
    """Whether a node, and everything that it reads, fits into registers in one order."""
    fits = all(vectors_of(type_.size, lanes) <= MOST_VECTORS for type_ in (node.type, *_operands(node)))
    return node.batched and node.op in _RULES and fits and _FITS.get(node.op, _always)(node)


def _operands(node: Node) -> list[TensorType]:
    return [source.type for source in node.inputs]


def emit_group(
    f: Function, nodes: Sequence[Node], inputs: Mapping[Node, Pointer], outputs: Mapping[Node, Pointer]
) -> None:
    """The values of `nodes`, from those of `inputs` in memory; `outputs` go to memory."""
    values: dict[Node, Vectors] = {}

    def value_of(node: Node) -> Vectors:
        if node not in values:
            values[node] = value_of(node.inputs[0]) if is_view(node) and node not in inputs else _load(f, node, inputs)
        return values[node]

    for node in nodes:
        values[node] = _RULES[node.op](f, node, [value_of(source) for source in node.inputs])
        if node in outputs:
            _store(f, values[node], outputs[node], node.type.size)


def _load(f: Function, node: Node, inputs: Mapping[Node, Pointer]) -> Vectors:
    """A value of one element is in all lanes."""
    pointer, size = inputs[node], node.type.size
    if node.type.dtype == "i32":
        return [f.splat_integer(f.load_i32(pointer))]
    if size == 1:
        return [f.broadcast(pointer)]
    return [
        f.load(pointer, f.floats.nbytes * start, f.tail_mask(size - start)) for start in range(0, size, f.lanes)
    ]  # fmt: skip


def _store(f: Function, value: Vectors, pointer: Pointer, size: int) -> None:
    for number, vector in enumerate(value):
        f.store(vector, pointer, number * f.vector_nbytes, f.tail_mask(size - number * f.lanes))


def _always(node: Node) -> bool:
    return True


def _one_row(node: Node) -> bool:
    """Whether the last axis is the only one."""
    (source, *_) = _operands(node)
    return source.size == (source.shape or (1,))[-1]


def _reduces_all(node: Node) -> bool:
    (source,) = _operands(node)
    return math.prod(source.shape[axis] for axis in AxesSettings.of(node).axes) == source.size


def _one_label(node: Node) -> bool:
    return node.inputs[0].type.size == 1


def _lie_alike(node: Node) -> bool:
    """Whether each operand is one number, or has the result's elements in their order."""
    return all(type_.size == 1 or _extents(type_) == _extents(node.type) for type_ in _operands(node))


def _extents(type_: TensorType) -> list[int]:
    return [extent for extent in type_.shape if extent > 1]


def _elementwise(f: Function, node: Node, operands: Sequence[Vectors]) -> Vectors:
    count = vectors_of(node.type.size, f.lanes)
    expression = ElementwiseSettings.of(node).expression
    spread = [operand if len(operand) == count else operand * count for operand in operands]
    return [emit_expression(f, expression, [operand[number] for operand in spread]) for number in range(count)]


def _broadcast(f: Function, node: Node, operands: Sequence[Vectors]) -> Vectors:
    (x,) = operands
    count = vectors_of(node.type.size, f.lanes)
    return x if len(x) == count else x * count


def _reduce(f: Function, node: Node, operands: Sequence[Vectors]) -> Vectors:
    (x,), size = operands, node.inputs[0].type.size
    how = combining(f, node.op)
    total = lanes_combined(f, _joined(f, x, size, how.neutral, how.join), how)
    if node.op == "reduce_mean":
        total = f.binary("fmul", total, f.constant(1 / size))
    return [total]


def _add(f: Function) -> Callable[[Value, Value], Value]:
    return lambda total, value: f.binary("fadd", total, value)


def _joined(f: Function, x: Vectors, size: int, idle: Value, join: Callable[[Value, Value], Value]) -> Value:
    """All vectors as one, lane by lane; lanes beyond the last element are `idle`."""
    total = idle
    for number, vector in enumerate(x):
        mask = f.tail_mask(size - number * f.lanes)
        total = join(total, f.select(mask, vector, idle) if mask else vector)
    return total


def _softmax(f: Function, node: Node, operands: Sequence[Vectors]) -> Vectors:
    (x,), size = operands, node.type.size
    largest = f.splat(
        f.largest_lane(_joined(f, x, size, f.constant(-math.inf), lambda total, value: f.maximum(value, total)))
    )
    shifted = [f.binary("fsub", vector, largest) for vector in x]
    exponentials = [applied(f, "exp", vector) for vector in shifted]
    total = f.splat(f.sum_lanes(_joined(f, exponentials, size, ZERO, _add(f))))
    if node.op == "softmax":
        return [f.binary("fdiv", vector, total) for vector in exponentials]
    logarithm = applied(f, "log", total)
    return [f.binary("fsub", vector, logarithm) for vector in shifted]


def _one_hot(f: Function, node: Node, operands: Sequence[Vectors]) -> Vectors:
    ((wanted,),) = operands
    places = [
        f.integer("add", f.lane_indices(), f.integer_constant(start)) for start in range(0, node.type.size, f.lanes)
    ]
    return [ones(f, place, wanted, node.inputs[0].type.dtype) for place in places]


_RULES: dict[str, Rule] = {
    "broadcast_to": _broadcast,
    "elementwise": _elementwise,
    "log_softmax": _softmax,
    "one_hot": _one_hot,
    "reduce_max": _reduce,
    "reduce_mean": _reduce,
    "reduce_min": _reduce,
    "reduce_prod": _reduce,
    "reduce_sum": _reduce,
    "softmax": _softmax,
}
_FITS: dict[str, Callable[[Node], bool]] = {
    "broadcast_to": _lie_alike,
    "elementwise": _lie_alike,
    "log_softmax": _one_row,
    "one_hot": _one_label,
    "reduce_max": _reduces_all,
    "reduce_mean": _reduces_all,
    "reduce_min": _reduces_all,
    "reduce_prod": _reduces_all,
    "reduce_sum": _reduces_all,
    "softmax": _one_row,
}
