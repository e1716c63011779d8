"""The gradient of the sums of circle loss.

    for n: y[n] = 0; for m: y[n] += c[n, m] * z[m]           # or y[m] += c[n, m] * x[n], a row m at a time

Factors c of pairs are computed anew from their products (see `primitives.circle_sums_grad`), since nobody keeps N x N
numbers. A part has every sixteenth row.
"""

from __future__ import annotations

from planish.codegen.llvm.elementary import applied
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.boxes import fill
from planish.codegen.pieces.circle_pairs import PARTS, Pair, Pairs, add_times
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.circle_sums_grad import CircleGradSettings


def items(spec: Spec, target: Target) -> int:
    return PARTS


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    settings = CircleGradSettings.of(spec)
    g, sums, *rest = operands.inputs
    pairs = Pairs(f, settings, spec.inputs[2:], tuple(rest))
    with f.loop(operands.item, operands.count, PARTS, guarded=True) as own:
        target = pairs.row(operands.output, own.index)
        fill(f, target, pairs.width, 0.0)
        with f.loop(0, operands.count, guarded=True) as other:
            image, there = (other.index, own.index) if settings.of_others else (own.index, other.index)
            pair = pairs.at(image, there)
            with f.when(pair.counts):
                factor = _factor(f, pairs, pair, g, sums, image)
                add_times(
                    f, target, pairs.row(pairs.x if settings.of_others else pairs.z, other.index), factor, pairs.width
                )


def _factor(f: Function, pairs: Pairs, pair: Pair, g: Pointer, sums: Pointer, image: Index) -> Value:
    kind = f.let(f"select i1 {pair.same}, i64 0, i64 1")
    place = f.nbytes(f.add(f.multiply(image, 2), kind))
    score, slope = pairs.score(pair)
    share = applied(f, "exp", f.binary("fsub", score, f.broadcast(sums, place)))
    factor = f.binary("fmul", f.binary("fmul", f.broadcast(g, place), share), slope)
    return f.select(pair.apart, f.binary("fsub", f.constant(0.0), factor), f.constant(0.0))


KERNEL = Kernel("batch", emit, items)
