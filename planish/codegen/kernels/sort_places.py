"""The places of the smallest numbers of each row, in rising order.

Numbers become keys: integers in the same order, in which NaN is larger than all others and zeros have no sign.

    few places:   repeat: the smallest (key, place) behind the one found before, lane by lane, then over lanes
    many places:  runs of 1, 2, 4, ... sorted (key, place) pairs are merged two by two, from one half of the scratch
                  memory to the other and back; of equal keys, the one on the left comes first

The first takes a pass over the row for each place, the second one pass of a few cycles an element for each doubling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planish.codegen.llvm.element_type import I64
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.loops import over_vectors, vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.sort_places import SortPlacesSettings

FEW = 8  # places, up to which a row is searched once for each of them


def scratch_nbytes(spec: Spec, target: Target) -> int:
    return 0 if SortPlacesSettings.of(spec).count <= FEW else 4 * target.floats.nbytes * _padded(spec, target.lanes)


def _padded(spec: Spec, lanes: int) -> int:
    """Elements of a row, up to whole vectors."""
    return vectors_of(spec.inputs[0].shape[-1], lanes) * lanes


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    extent, count = spec.inputs[0].shape[-1], SortPlacesSettings.of(spec).count
    with f.loop(0, spec.inputs[0].size // extent) as row:
        x = f.offset(operands.inputs[0], f.nbytes(row.index, extent))
        y = f.offset(operands.output, f.nbytes(row.index, count))
        if count <= FEW:
            _find(f, x, y, extent, count)
        else:
            _Merging(f, operands.scratch, extent, _padded(spec, f.lanes)).emit(x, y, count)


def _keys(f: Function, x: Value) -> Value:
    unsigned_zero = f.binary("fadd", x, f.constant(0.0))
    bits = f.as_words(unsigned_zero)
    sign = f.on_words("ashr", bits, f.word_constant(8 * f.word.nbytes - 1))
    flipped = f.on_words("xor", bits, f.on_words("lshr", sign, f.word_constant(1)))
    return f.select_word(f.greater(x, x, "uno"), f.word_constant(_nan_key(f)), flipped)


def _behind_all(f: Function) -> int:
    """The largest key, which no number has."""
    return int(2 ** (8 * f.word.nbytes - 1)) - 1


def _nan_key(f: Function) -> int:
    return _behind_all(f) - 1


def _load_word(f: Function, pointer: Pointer, nbytes: Index) -> Value:
    return f.let(f"load {f.word.llvm}, ptr {f.offset(pointer, nbytes)}, align {f.word.nbytes}")


def _store_word(f: Function, value: Value, pointer: Pointer, nbytes: Index) -> None:
    f.emit(f"store {f.word.llvm} {value}, ptr {f.offset(pointer, nbytes)}, align {f.word.nbytes}")


def _compare(f: Function, predicate: str, a: Value, b: Value) -> Value:
    return f.let(f"icmp {predicate} {f.words} {a}, {b}")


def _places(f: Function, start: Index) -> Value:
    """`start` and the numbers after it, one a lane."""
    numbers = "<" + ", ".join(f"{f.word.llvm} {lane}" for lane in range(f.lanes)) + ">"
    known = isinstance(start, int) or f.word is I64
    first = f.splat_word(str(start) if known else f.let(f"trunc i64 {start} to {f.word.llvm}"))
    return f.on_words("add", numbers, first)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Keys and the places that they come from."""

    key: Value
    place: Value

    def before(self, f: Function, other: _Pair) -> Value:
        """The lanes in which this one comes first."""
        same = f.both(_compare(f, "eq", self.key, other.key), _compare(f, "slt", self.place, other.place))
        return f.either(_compare(f, "slt", self.key, other.key), same)

    def first(self, f: Function, other: _Pair, mask: Value) -> _Pair:
        """`other` in the lanes of the mask, else this one."""
        return _Pair(f.select_word(mask, other.key, self.key), f.select_word(mask, other.place, self.place))


def _find(f: Function, x: Pointer, y: Pointer, extent: int, count: int) -> None:
    nothing = [f.word_constant(-_behind_all(f) - 1), f.word_constant(-1)]
    with f.loop(0, count, carried=nothing, types=[f.words] * 2) as number:
        found = _smallest_behind(f, x, extent, _Pair(*number.carried))
        f.store_float(
            f.let(f"sitofp {f.word.llvm} {_lane(f, found.place)} to {f.floats.llvm}"), y, f.nbytes(number.index)
        )
        number.next(found.key, found.place)


def _lane(f: Function, value: Value) -> Value:
    return f.let(f"extractelement {f.words} {value}, i64 0")


def _smallest_behind(f: Function, x: Pointer, extent: int, last: _Pair) -> _Pair:
    """The smallest pair behind the last one, in all lanes."""

    def joined(best: _Pair, start: Index, mask: str | None) -> _Pair:
        own = _Pair(_keys(f, f.load(x, f.nbytes(start), mask)), _places(f, start))
        wanted = f.both(last.before(f, own), own.before(f, best))
        return best.first(f, own, f.both(mask, wanted) if mask else wanted)

    best = _Pair(f.word_constant(_behind_all(f)), f.word_constant(_behind_all(f)))
    whole = extent // f.lanes * f.lanes
    if whole:
        with f.loop(0, whole, f.lanes, carried=[best.key, best.place], types=[f.words] * 2) as k:
            following = joined(_Pair(*k.carried), k.index, None)
            k.next(following.key, following.place)
        best = _Pair(*k.results)
    if extent > whole:
        best = joined(best, whole, f.tail_mask(extent - whole))
    return _over_lanes(f, best)


def _over_lanes(f: Function, best: _Pair) -> _Pair:
    distance = f.lanes // 2
    while distance:
        moved = [(lane + distance) % f.lanes for lane in range(f.lanes)]
        other = _Pair(*(_shuffled(f, value, moved) for value in (best.key, best.place)))
        best = best.first(f, other, other.before(f, best))
        distance //= 2
    return best


def _shuffled(f: Function, value: Value, lanes: Sequence[int]) -> Value:
    places = ", ".join(f"i32 {lane}" for lane in lanes)
    return f.let(f"shufflevector {f.words} {value}, {f.words} {value}, <{f.lanes} x i32> <{places}>")


class _Merging:
    """A merge sort of one row; the scratch memory has keys and places, twice."""

    def __init__(self, f: Function, scratch: Pointer, extent: int, padded: int) -> None:
        self.f, self.extent, self.nbytes = f, extent, f.word.nbytes * padded  # from keys to their places
        self.halves = [scratch, f.offset(scratch, 2 * self.nbytes)]

    def emit(self, x: Pointer, y: Pointer, count: int) -> None:
        f = self.f
        over_vectors(f, self.extent, lambda start, mask: self._prepare(x, start, mask))
        passes = (self.extent - 1).bit_length()
        with f.loop(0, passes, carried=[*self.halves, "1"], types=["ptr", "ptr", "i64"]) as number:
            here, there, width = number.carried
            self._merge_runs(here, there, width)
            number.next(there, here, f.let(f"shl i64 {width}, 1"))
        places = f.offset(number.results[0], self.nbytes)

        def store(start: Index, mask: str | None) -> None:
            own = f.load_words(places, f.nbytes(start, of=f.word))
            f.store(f.let(f"sitofp {f.words} {own} to {f.vector}"), y, f.nbytes(start), mask)

        over_vectors(f, count, store)

    def _prepare(self, x: Pointer, start: Index, mask: str | None) -> None:
        f, nbytes = self.f, self.f.nbytes(start, of=self.f.word)
        f.store_words(_keys(f, f.load(x, nbytes, mask)), self.halves[0], nbytes)
        f.store_words(_places(f, start), f.offset(self.halves[0], self.nbytes), nbytes)

    def _merge_runs(self, here: Pointer, there: Pointer, width: Value) -> None:
        """Pairs of runs that are `width` long, the last ones perhaps shorter, or alone."""
        f = self.f
        both = f.add(width, width)
        pairs = f.let(f"udiv i64 {f.add(both, self.extent - 1)}, {both}")
        with f.loop(0, pairs) as pair:
            left = f.multiply(pair.index, both)
            right = f.smaller(f.add(left, width), self.extent)
            self._merge(here, there, left, right, f.smaller(f.add(left, both), self.extent))

    def _merge(self, here: Pointer, there: Pointer, left: Index, right: Index, end: Index) -> None:
        f = self.f
        with f.loop(left, end, carried=[str(left), str(right)], types=["i64", "i64"]) as k:
            a, b = k.carried
            keys = [self._entry(here, place) for place in (a, b)]
            sorted_ = f.let(f"icmp sle {f.word.llvm} {keys[0]}, {keys[1]}")
            or_alone = f.let(f"or i1 {f.compare('sge', b, end)}, {sorted_}")
            chosen = f.let(f"and i1 {f.compare('slt', a, right)}, {or_alone}")
            place = f.let(f"select i1 {chosen}, i64 {a}, i64 {b}")
            nbytes = f.nbytes(place, of=f.word)
            to = f.nbytes(k.index, of=f.word)
            for part in (0, self.nbytes):
                entry = _load_word(f, f.offset(here, part), nbytes)
                _store_word(f, entry, f.offset(there, part), to)
            taken = f.let(f"zext i1 {chosen} to i64")
            other = f.let(f"zext i1 {f.let(f'xor i1 {chosen}, true')} to i64")
            k.next(f.let(f"add nsw i64 {a}, {taken}"), f.let(f"add nsw i64 {b}, {other}"))

    def _entry(self, here: Pointer, place: Value) -> Value:
        """The key at a place, or the last one where a run has ended."""
        nbytes = self.f.nbytes(self.f.smaller(place, self.extent - 1), of=self.f.word)
        return _load_word(self.f, here, nbytes)


KERNEL = Kernel("image", emit, scratch_nbytes=scratch_nbytes)
