"""Adds the sums over the blocks of a rank, or finds the largest of them.

    for i of the item:
        y[i] = (x[0][i] + x[1][i]) + (x[2][i] + x[3][i]) ...      # pairs, pairs of pairs; x[block] follow each other

Bound by memory: 4 bytes an element for each block, which are in the cache if the sums are small.
"""

from __future__ import annotations

from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.function import Function, Index, Value
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
    settings = TotalSettings.of(spec)
    how = combining(f, "batch_max" if settings.largest else "batch_sum")
    apart = copy_nbytes(spec.result)

    def emit_vector(place: Index, mask: str | None) -> None:
        nbytes = f.nbytes(place)
        at = f.offset(operands.inputs[0], nbytes)
        f.store(_in_pairs(how, [f.load(at, block * apart, mask) for block in range(settings.blocks)]),
                operands.output, nbytes, mask)  # fmt: skip

    over_item(f, spec.result.size, ITEM_ELEMENTS, operands.item, emit_vector)


def _in_pairs(how: Combining, values: list[Value]) -> Value:
    while len(values) > 1:
        pairs = [how.join(*values[place : place + 2]) for place in range(0, len(values) - 1, 2)]
        values = [*pairs, *values[2 * len(pairs) :]]
    return values[0]


KERNEL = Kernel("whole", emit, items)
