"""The entry point of a program for few images, which threads share inside of an image (see `planning/cutting.py`).

    infer_cut(context, scratch, number)     images 0 .. total - 1; any number of threads call it once each

Threads draw pieces of a stage from a counter, as in training (`drawing.py`). A piece is some of the grains of an image,
or of all images together, so that there are up to PIECES for each of the threads that run at the same time.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from planish.codegen.drawing import Counter, Draw, emit_any_stage, emit_pieces, emit_work
from planish.codegen.llvm.function import Function, Index, Value
from planish.codegen.llvm.module import Module
from planish.codegen.steps import STAGE_PARAMETERS
from planish_runtime.context_layout import SHARES_SLOT, SYNC_SLOT, TOTAL_SLOT, YIELD_SLOT

CUT_PARAMETERS = (*STAGE_PARAMETERS, "i64 %image")
"""Of the function of a stage: grains first .. last - 1 of the image, or of all images together."""

PIECES = 2  # at most, for each thread, so that nobody waits long for one that is slower


@dataclass(frozen=True, slots=True)
class CutItems:
    """A stage's function, and its grains: of each image, or of all images together."""

    function: str
    grains: int
    together: bool


_ENTRY_NBYTES = 2 * 8


def emit_cut_inference(module: Module, stages: Sequence[CutItems]) -> None:
    emit_any_stage(module, CUT_PARAMETERS, [stage.function for stage in stages])
    table = module.data(b"".join(struct.pack("<2q", stage.grains, stage.together) for stage in stages))
    with module.function("infer_cut", ["ptr %context", "ptr %scratch", "i64 %number"], internal=False) as f:
        sync = f.load_pointer("%context", 8 * SYNC_SLOT)
        give_way = f.load_pointer("%context", 8 * YIELD_SLOT)
        total = f.load_integer("%context", 8 * TOTAL_SLOT)
        shares = f.load_integer("%context", 8 * SHARES_SLOT)

        def work(stage: Value, counter: Counter, draw: Draw) -> tuple[Value, Index]:
            entry = f.offset(table, f.multiply(stage, _ENTRY_NBYTES))
            grains, together = f.load_integer(entry), f.load_integer(entry, 8)
            images = f.let(f"select i1 {f.compare('ne', together, 0)}, i64 1, i64 {total}")
            each, bands = _cut(f, grains, images, shares)

            def piece(number: Value) -> None:
                image, band = f.divide(number, bands), f.remainder(number, bands)
                first = f.multiply(band, each)
                last = f.smaller(f.add(first, each), grains)
                numbers = (first, last, 0, total, 0, 0, total, 0, image, stage)
                f.call("any_stage", ("ptr", "%context"), ("ptr", "%scratch"), *(("i64", each) for each in numbers))

            return emit_pieces(f, counter, draw, f.multiply(images, bands), piece)

        emit_work(f, sync, give_way, len(stages), len(stages), work)


def _cut(f: Function, grains: Index, images: Index, shares: Index) -> tuple[Index, Index]:
    """Grains of a piece, and pieces of an image: so that the busiest thread has least to do, then as many as can be."""
    each, bands, least = _cut_for(f, grains, images, shares, PIECES)
    for pieces in range(PIECES - 1, 0, -1):
        fewer = _cut_for(f, grains, images, shares, pieces)
        less = f.compare("slt", fewer[2], least)
        each, bands, least = (
            f.let(f"select i1 {less}, i64 {a}, i64 {b}") for a, b in zip(fewer, (each, bands, least), strict=True)
        )
    return each, bands


def _cut_for(f: Function, grains: Index, images: Index, shares: Index, pieces: int) -> tuple[Index, Index, Index]:
    """With so many pieces for each thread: grains of a piece, pieces of an image, grains of the busiest thread."""
    wanted = _quotient_up(f, f.multiply(shares, pieces), images)
    each = _quotient_up(f, grains, f.smaller(wanted, grains))
    bands = _quotient_up(f, grains, each)
    return each, bands, f.multiply(_quotient_up(f, f.multiply(images, bands), shares), each)


def _quotient_up(f: Function, a: Index, b: Index) -> Index:
    return f.divide(f.add(a, f.subtract(b, 1)), b)
