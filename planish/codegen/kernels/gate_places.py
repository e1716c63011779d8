"""Places of maxima that an activation switches off.

    for window, channel: y[...] = places[...] where x[...] > 0, else no place

places, x and y [windows, c]. A kernel that finds the maxima gates their places on the way (`store_places`); a gate of
its own is for values that such a kernel does not compute. Bound by memory.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function, Index
from planish.codegen.llvm.loops import over_vectors
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.places import gated


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    places, y = operands.inputs

    def emit_vector(element: Index, mask: str | None) -> None:
        kept = gated(f, f.load_bytes(places, element, mask), f.load(y, f.nbytes(element), mask))
        f.store_bytes(kept, operands.output, element, mask)

    over_vectors(f, spec.result.size, emit_vector)


KERNEL = Kernel("image", emit)
