"""Adds the sums over the blocks of a rank, or finds the largest of them.

    for i of the item:
        y[i] = (x[0][i] + x[1][i]) + (x[2][i] + x[3][i]) ...      # pairs, pairs of pairs; x[block] follow each other

Bound by memory: 4 bytes an element for each block, which are in the cache if the sums are small.
"""

from __future__ import annotations

from dataclasses import dataclass

from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.target import CACHE_LINE_NBYTES, Target
from planish.codegen.pieces.combining import Combining, combining
from planish.codegen.pieces.items import ITEM_ELEMENTS, items_of_elements, over_item
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.graph.node import TensorType
from planish.primitives.total import TotalSettings


def copy_nbytes(type_: TensorType) -> int:
    """From the sum over one block to that over the next, in bytes."""
    nbytes = element_type(type_.dtype).nbytes * type_.size
    return -(-nbytes // CACHE_LINE_NBYTES) * CACHE_LINE_NBYTES


def items(spec: Spec, target: Target) -> int:
    return items_of_elements(spec.result.size)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    copies = Copies(operands.inputs[0], copy_nbytes(spec.result), TotalSettings.of(spec))
    emit_item(f, copies, operands.output, spec.result.size, ITEM_ELEMENTS, operands.item)


@dataclass(frozen=True, slots=True)
class Copies:
    """The sums over the blocks: where the first one is, and how many bytes behind it the next."""

    first: Pointer
    apart: int
    settings: TotalSettings


def emit_item(f: Function, copies: Copies, output: Pointer, size: int, run: int, item: Index) -> None:
    """One item, of `run` elements each, of a total of `size`."""
    how = combining(f, "batch_max" if copies.settings.largest else "batch_sum")
    places = [block * copies.apart for block in range(copies.settings.blocks)]

    def emit_vector(place: Index, mask: str | None) -> None:
        nbytes = f.nbytes(place)
        at = f.offset(copies.first, nbytes)
        f.store(_in_pairs(how, [f.load(at, copy, mask) for copy in places]), output, nbytes, mask)

    over_item(f, size, run, item, emit_vector)


def _in_pairs(how: Combining, values: list[Value]) -> Value:
    while len(values) > 1:
        pairs = [how.join(*values[place : place + 2]) for place in range(0, len(values) - 1, 2)]
        values = [*pairs, *values[2 * len(pairs) :]]
    return values[0]


KERNEL = Kernel("whole", emit, items)
