"""Whether any of the weights is NaN or infinite, once per change of them.

    for i (in vectors): seen += x[i] * 0        # NaN from then on
    y = sum of seen                             # NaN or 0

The last vector is masked. Bound by memory.
"""

from __future__ import annotations

from planish.codegen.llvm.function import ZERO, Function
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.not_finite import with_not_finite


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    (x,), size = operands.inputs, spec.inputs[0].size
    whole, seen = size // f.lanes * f.lanes, ZERO
    if whole:
        with f.loop(0, whole, f.lanes, carried=[ZERO]) as place:
            value = f.load(x, f.nbytes(place.index))
            place.next(with_not_finite(f, place.carried[0], value))
        (seen,) = place.results
    if size > whole:
        value = f.load(x, f.nbytes(whole), f.tail_mask(size - whole))
        seen = with_not_finite(f, seen, value)
    f.store_float(f.sum_lanes(seen), operands.output)


KERNEL = Kernel("whole", emit)
