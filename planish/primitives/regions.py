"""Sets of elements of a tensor, as boxes with holes: for every axis the positions that belong to it.

An element is in a region if each of its coordinates is among the positions of that axis. That is all a chain of
convolutions and pools needs; where it is not (branches, some reshapes) a set is a list of regions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import product

Places = frozenset[int]
Region = tuple[Places, ...]


def whole(shape: Sequence[int]) -> Region:
    """All elements of a tensor."""
    return tuple(frozenset(range(extent)) for extent in shape)


def clip(region: Region, shape: Sequence[int]) -> Region | None:
    """The part of the region that a tensor of the shape has; None if there is none."""
    kept = tuple(
        places if min(places) >= 0 and max(places) < extent else frozenset(p for p in places if 0 <= p < extent)
        for places, extent in zip(region, shape, strict=True)
    )
    return kept if all(kept) else None


def gather(regions: Iterable[Region]) -> list[Region]:
    """The same elements in few regions: none inside another, and none that differ in one axis only."""
    kept: list[Region] = []
    for region in regions:
        _add(kept, region)
    return kept


def _add(kept: list[Region], region: Region) -> None:
    for other in kept:
        joined = _joined(other, region)
        if joined == other:
            return
        if joined is not None:
            kept.remove(other)
            _add(kept, joined)
            return
    kept.append(region)


def _joined(a: Region, b: Region) -> Region | None:
    """The union of both as one region; None if there is no such region."""
    different = [axis for axis, (p, q) in enumerate(zip(a, b, strict=True)) if p != q]
    if len(different) <= 1:
        return tuple(p | q for p, q in zip(a, b, strict=True))
    if all(p >= q for p, q in zip(a, b, strict=True)):
        return a
    if all(p <= q for p, q in zip(a, b, strict=True)):
        return b
    return None


def reshaped(region: Region, shape: Sequence[int], source: Sequence[int]) -> list[Region]:
    """The elements of a tensor of shape `source` that a reshape to `shape` puts into the region.

    Only axes that are joined or split are looked at element by element; the others keep their positions.
    """
    if all(len(places) == extent for places, extent in zip(region, shape, strict=True)):
        return [whole(source)]
    parts = []
    for axes, source_axes in _matching_axes(shape, source):
        extents = [shape[axis] for axis in axes]
        flat = {_flat(position, extents) for position in product(*(region[axis] for axis in axes))}
        parts.append(_split(frozenset(flat), [source[axis] for axis in source_axes]))
    return gather(sum(chosen, ()) for chosen in product(*parts))


def _matching_axes(shape: Sequence[int], source: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Shortest runs of axes of both shapes that have equally many elements."""
    runs: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(shape) and j < len(source):
        left, right = [i], [j]
        i, j = i + 1, j + 1
        while (a := math.prod(shape[axis] for axis in left)) != (b := math.prod(source[axis] for axis in right)):
            if a < b:
                left.append(i)
                i += 1
            else:
                right.append(j)
                j += 1
        runs.append((left, right))
    rest = (list(range(i, len(shape))), list(range(j, len(source))))  # extents of one
    return [*runs, rest] if any(rest) else runs


def _flat(position: Sequence[int], extents: Sequence[int]) -> int:
    index = 0
    for place, extent in zip(position, extents, strict=True):
        index = index * extent + place
    return index


def _split(flat: Places, extents: Sequence[int]) -> list[Region]:
    """Flat indices of a tensor as regions of it."""
    if not extents:
        return [()]
    if len(extents) == 1:
        return [(flat,)]
    below = math.prod(extents[1:])
    rests: dict[int, set[int]] = {}
    for index in flat:
        rests.setdefault(index // below, set()).add(index % below)
    alike: dict[Places, set[int]] = {}
    for first, rest in rests.items():
        alike.setdefault(frozenset(rest), set()).add(first)
    return [(frozenset(firsts), *inner) for rest, firsts in alike.items() for inner in _split(rest, extents[1:])]
