"""Items: runs of consecutive elements into which a large value is cut, so that threads share it."""

from __future__ import annotations

from collections.abc import Callable

from planish.codegen.llvm.function import Function, Index

ITEM_ELEMENTS = 8192
GRAIN_VECTORS = 64  # of an image's values, which threads share inside of it


def items_of_elements(extent: int) -> int:
    return -(-extent // ITEM_ELEMENTS)


def grains_of_elements(extent: int, lanes: int) -> int:
    """Grains (see `Kernel.grains`) of so many consecutive elements."""
    return -(-extent // (GRAIN_VECTORS * lanes))


def vectors_of_grains(f: Function, extent: int, grains: tuple[Index, Index]) -> tuple[Index, Index, str]:
    """Where the whole vectors of some of the grains begin and end, and the condition that what is left of the extent
    belongs to the last of them."""
    run, whole = GRAIN_VECTORS * f.lanes, extent // f.lanes * f.lanes
    first, last = (f.multiply(grain, run) for grain in grains)
    return first, f.smaller(last, whole), f.compare("sgt", last, whole)


def over_item(
    f: Function, extent: int, run: int, item: Index, emit_vector: Callable[[Index, str | None], None]
) -> None:
    """The vectors of one item, of `run` elements each, of `extent` in all; the last item has the masked one."""
    whole, count = extent // f.lanes * f.lanes, -(-extent // run)
    start = f.multiply(item, run) if count > 1 else 0
    stop = f.smaller(f.add(start, run), whole) if count > 1 else whole
    if whole:
        with f.loop(start, stop, f.lanes, guarded=count > 1) as place:
            emit_vector(place.index, None)
    if extent > whole:
        with f.when(f.compare("eq", item, count - 1)):
            emit_vector(whole, f.tail_mask(extent - whole))
