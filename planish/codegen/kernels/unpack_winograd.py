"""The gradient of a kernel from that of its transformed matrices.

    for c, o: w[:, :, c, o] = G' U[:, :, c, o] G

Bound by memory. Items: one for some elements of the matrices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import ZERO, Function, Index, Value
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.rewritten.unpack_winograd import UnpackWinogradSettings
from planish.primitives.winograd import method

UNPACKED_AT_ONCE = 2048


def items(spec: Spec, target: Target) -> int:
    return -(-math.prod(spec.shape[2:]) // UNPACKED_AT_ONCE)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    matrix = math.prod(spec.shape[2:])
    whole = matrix // f.lanes * f.lanes
    factors = method(UnpackWinogradSettings.of(spec).tile).kernel.T.tolist()
    first = f.multiply(operands.item, UNPACKED_AT_ONCE)
    last = f.smaller(f.add(first, UNPACKED_AT_ONCE), whole)
    with f.loop(first, last, f.lanes, guarded=True) as place:
        _transform_back(f, operands, factors, place.index, matrix, None)
    if matrix > whole:
        with f.when(f.compare("eq", operands.item, items(spec, f.module.target) - 1)):
            _transform_back(f, operands, factors, whole, matrix, f.tail_mask(matrix - whole))


def _transform_back(
    f: Function, operands: Operands, factors: Sequence[Sequence[float]], element: Index, matrix: int, mask: str | None
) -> None:
    """Columns of the places at once, so that what a row of them gives is added to all rows of the kernel."""
    places = len(factors[0])
    source = f.offset(operands.inputs[0], f.nbytes(element))
    target = f.offset(operands.output, f.nbytes(element))
    half = []
    for a in range(places):
        u = [f.load(source, F32.nbytes * (places * a + b) * matrix, mask) for b in range(places)]
        half.append([_combine(f, factors[j], u) for j in range(3)])
    for i, j in product(range(3), range(3)):
        value = _combine(f, factors[i], [row[j] for row in half])
        f.store(value, target, F32.nbytes * (3 * i + j) * matrix, mask)


def _combine(f: Function, factors: object, values: list[Value]) -> Value:
    total = ZERO
    for factor, value in zip(list(factors), values, strict=True):  # type: ignore[call-overload]
        if factor:
            term = value if factor == 1 else f.binary("fmul", value, f.constant(float(factor)))
            total = term if total == ZERO else f.binary("fadd", total, term)
    return total


KERNEL = Kernel("whole", emit, items)
