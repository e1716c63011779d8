"""Adds the sum over one slice of the batch to that over the slices before it.

    for i of the item:
        y[i] = x[i] if it is the first slice else y[i] + x[i]      # or the larger one

Bound by memory: 12 bytes an element, which are in the cache if x is.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function, Index
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.combining import combining
from planish.codegen.pieces.items import ITEM_ELEMENTS, items_of_elements, over_item
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.rewritten.sum_of_slices import SumOfSlicesSettings


def items(spec: Spec, target: Target) -> int:
    return items_of_elements(spec.result.size)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    later = f.compare("sgt", operands.before, 0)
    (x,) = operands.inputs
    how = combining(f, "batch_max" if SumOfSlicesSettings.of(spec).largest else "batch_sum")

    def emit_vector(place: Index, mask: str | None) -> None:
        nbytes = f.nbytes(place)
        own = f.load(x, nbytes, mask)
        both = how.join(f.load(operands.output, nbytes, mask), own)
        f.store(f.chosen(later, both, own), operands.output, nbytes, mask)

    over_item(f, spec.result.size, ITEM_ELEMENTS, operands.item, emit_vector)


KERNEL = Kernel("whole", emit, items)
