"""One pair of circle loss after another: how far apart its vectors are, and how much it counts.

Numbers of a pair are vectors with one number in all lanes: so they have the functions that vectors have.
"""

from __future__ import annotations

from dataclasses import dataclass

from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.loops import over_vectors
from planish.graph.node import TensorType
from planish.primitives.circle_sums import CircleSettings, scores_of

PARTS = 16
"""Into how many parts images are cut; each part has every sixteenth, so that all have about as many."""


@dataclass(frozen=True, slots=True)
class Pair:
    """`same`: an i1, whether both have one label; `counts`: whether it is a pair at all.

    `distance` is max(1 - similarity, 0); `apart`, a mask: whether it follows the similarity there.
    """

    same: Value
    counts: Value
    distance: Value
    apart: Value


class Pairs:
    """Reads pairs of an image and another one, by their places in the batch."""

    def __init__(
        self, f: Function, settings: CircleSettings, types: tuple[TensorType, ...], pointers: tuple[Pointer, ...]
    ) -> None:
        self.f, self.settings = f, settings
        self.x, self.labels, self.z, self.z_labels = pointers
        self.width, self.label = types[0].size, element_type(types[1].dtype)

    def at(self, image: Index, other: Index) -> Pair:
        f = self.f
        similarity = f.splat(self._product(image, other))
        difference = f.binary("fsub", f.constant(1.0), similarity)
        distance = f.highest(difference, f.constant(0.0))
        same = self._same(image, other)
        counts = "true"
        if self.settings.without_self:
            own = f.let(f"and i1 {same}, {f.compare('eq', image, other)}")
            counts = f.let(f"xor i1 {own}, true")
        return Pair(same, counts, distance, f.greater(difference, f.constant(0.0), "uge"))

    def row(self, pointer: Pointer, place: Index) -> Pointer:
        return self.f.offset(pointer, self.f.nbytes(place, self.width))

    def _product(self, image: Index, other: Index) -> Value:
        f, total = self.f, self.f.constant(0.0)
        x, z = self.row(self.x, image), self.row(self.z, other)
        whole = self.width // f.lanes * f.lanes
        if whole:
            with f.loop(0, whole, f.lanes, carried=[total]) as place:
                nbytes = f.nbytes(place.index)
                place.next(f.fma(f.load(x, nbytes), f.load(z, nbytes), place.carried[0]))
            (total,) = place.results
        if self.width > whole:
            nbytes, mask = f.nbytes(whole), f.tail_mask(self.width - whole)
            total = f.fma(f.load(x, nbytes, mask), f.load(z, nbytes, mask), total)
        return f.sum_lanes(total)

    def _same(self, image: Index, other: Index) -> Value:
        f, type_ = self.f, self.label
        one, two = (
            f.let(f"load {type_.llvm}, ptr {f.offset(labels, f.nbytes(place, of=type_))}, align {type_.nbytes}")
            for labels, place in ((self.labels, image), (self.z_labels, other))
        )
        return f.let(f"{'icmp eq' if type_.name == 'i32' else 'fcmp oeq'} {type_.llvm} {one}, {two}")

    def score(self, pair: Pair) -> tuple[Value, Value]:
        """What the pair adds to the sum of its kind, before the exponential, and its derivative by the distance."""
        f, zero = self.f, self.f.constant(0.0)
        factor, offset, slope, middle = (
            f.chosen(pair.same, f.constant(same), f.constant(other))
            for same, other in zip(*scores_of(self.settings), strict=True)
        )
        weight = f.binary("fadd", offset, f.binary("fmul", slope, pair.distance))
        positive, left = f.highest(weight, zero), f.binary("fsub", middle, pair.distance)
        rising = f.select(f.greater(weight, zero, "uge"), f.binary("fmul", slope, left), zero)
        score = f.binary("fmul", f.binary("fmul", factor, positive), left)
        return score, f.binary("fmul", factor, f.binary("fsub", rising, positive))


def add_times(f: Function, target: Pointer, source: Pointer, factor: Value, width: int) -> None:
    """target[e] += factor * source[e]."""

    def emit(start: Index, mask: str | None) -> None:
        nbytes = f.nbytes(start)
        f.store(f.fma(factor, f.load(source, nbytes, mask), f.load(target, nbytes, mask)), target, nbytes, mask)

    over_vectors(f, width, emit)
