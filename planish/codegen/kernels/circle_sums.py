"""The logarithms of the sums of circle loss.

    for n: for m: k = kind of the pair
        new = max(largest[k], score); sum[k] = sum[k] * exp(largest[k] - new) + exp(score - new); largest[k] = new
    y[n][k] = largest[k] + log(sum[k])

One pass over the pairs of an image, since products are what costs: each largest score is known only as far as one has
read. A part has every sixteenth image; sums are taken in the order of the batch, so threads change no bit.
"""

from __future__ import annotations

import math

from planish.codegen.llvm.elementary import applied
from planish.codegen.llvm.function import Function, Index, Value
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.circle_pairs import PARTS, Pairs
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.circle_sums import CircleSettings


def items(spec: Spec, target: Target) -> int:
    return PARTS


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    pairs = Pairs(f, CircleSettings.of(spec), spec.inputs, operands.inputs)
    with f.loop(operands.item, operands.count, PARTS, guarded=True) as image:
        for number, result in enumerate(_sums(f, pairs, image.index, operands.count)):
            first = f.let(f"extractelement {f.vector} {result}, i64 0")
            f.store_float(first, operands.output, f.nbytes(f.add(f.multiply(image.index, 2), number)))


def _sums(f: Function, pairs: Pairs, image: Index, count: Index) -> list[Value]:
    nothing = [f.constant(-math.inf), f.constant(0.0)]
    with f.loop(0, count, carried=[*nothing, *nothing], guarded=True) as other:
        pair = pairs.at(image, other.index)
        score, _ = pairs.score(pair)
        of_same, of_others = other.carried[:2], other.carried[2:]
        largest, total = (f.chosen(pair.same, *both) for both in zip(of_same, of_others, strict=True))
        following = _joined(f, largest, total, score)
        alike, apart = pair.same, f.let(f"xor i1 {pair.same}, true")
        kept = []
        for condition, before in ((alike, of_same), (apart, of_others)):
            changes = f.let(f"and i1 {condition}, {pair.counts}")
            kept += [f.chosen(changes, new, old) for new, old in zip(following, before, strict=True)]
        other.next(*kept)
    first, first_total, second, second_total = other.results
    return [
        f.binary("fadd", largest, applied(f, "log", total))
        for largest, total in ((first, first_total), (second, second_total))
    ]


def _joined(f: Function, largest: Value, total: Value, score: Value) -> tuple[Value, Value]:
    new = f.highest(score, largest)
    before, own = (applied(f, "exp", f.binary("fsub", value, new)) for value in (largest, score))
    return new, f.fma(total, before, own)


KERNEL = Kernel("batch", emit, items)
