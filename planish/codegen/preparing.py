"""The entry point of a program that predicts by which threads share what is made of the weights.

    prepare_together(context, scratch, number)      does what `prepare` does; any number of threads call it once each

Packing fills memory that is new, or was last written long ago: one thread alone is slower than the memory. Threads draw
panels of kernels from a counter, as in training (`drawing.py`); a stage begins when all of the one before it is there.
A panel has the same bits whoever packs it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from planish.codegen.drawing import Counter, Draw, emit_any_stage, emit_pieces, emit_work
from planish.codegen.llvm.function import Function, Index, Value
from planish.codegen.llvm.module import Module
from planish.codegen.planning.schedule import Stage
from planish.codegen.planning.storage import nbytes_of
from planish.codegen.planning.views import is_view
from planish.codegen.steps import STAGE_PARAMETERS, StageItems
from planish_runtime.context_layout import SYNC_SLOT, YIELD_SLOT

FEWEST_NBYTES = 2 << 20
"""Of all that is made: a thread alone takes some tenths of a millisecond for that."""

_ENTRY_NBYTES = 8


def is_much(stages: Sequence[Stage]) -> bool:
    """Whether so much is made of the weights that threads should share it."""
    made = [node for stage in stages if not stage.batched for node in stage.nodes if not is_view(node)]
    return bool(made) and sum(map(nbytes_of, made)) >= FEWEST_NBYTES


def emit_prepare_together(module: Module, stages: Sequence[StageItems]) -> None:
    """For the stages of a program without those of images."""
    emit_any_stage(module, STAGE_PARAMETERS, [stage.function for stage in stages], "any_part")
    table = module.data(b"".join(struct.pack("<q", stage.parts) for stage in stages))
    with module.function("prepare_together", ["ptr %context", "ptr %scratch", "i64 %number"], internal=False) as f:
        sync, give_way = (f.load_pointer("%context", 8 * slot) for slot in (SYNC_SLOT, YIELD_SLOT))

        def work(stage: Value, counter: Counter, draw: Draw) -> tuple[Value, Index]:
            pieces = f.load_integer(f.offset(table, f.multiply(stage, _ENTRY_NBYTES)))
            return emit_pieces(f, counter, draw, pieces, lambda piece: _call_part(f, stage, piece))

        emit_work(f, sync, give_way, len(stages), len(stages), work)


def _call_part(f: Function, stage: Value, part: Value) -> None:
    no_images = [0] * (len(STAGE_PARAMETERS) - 4)
    numbers: list[Index] = [part, f.add(part, 1), *no_images, stage]
    f.call("any_part", ("ptr", "%context"), ("ptr", "%scratch"), *(("i64", number) for number in numbers))
