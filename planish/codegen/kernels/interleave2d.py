"""The phases of a map, each to its pixels.

    for phase (row, column): y[row + i * down, column + j * across] = phase[i, j]     # zeros where one is absent

Phases that were written where the result has them are not moved.
Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.boxes import fill, merged, move, strides_of
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand
from planish.primitives.phases import phase_starts
from planish.primitives.rewritten.interleave2d import Interleave2DSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    settings = Interleave2DSettings.of(spec)
    extents, (down, across), present = settings.extents, settings.strides, settings.present
    rows, columns, channels = strides_of(spec.shape)
    if not all(present):
        fill(f, operands.output, spec.result.size, 0.0)
    starts = [first for first, there in zip(phase_starts(extents, (down, across)), present, strict=True) if there]
    for position, (row, column) in enumerate(starts):
        if position not in spec.in_place:
            there = f.offset(operands.output, f.floats.nbytes * (row * rows + column * columns))
            target = (rows * down, columns * across, channels)
            box = merged(spec.inputs[position].shape, spec.strides_of_input(position), target)
            move(f, box, operands.inputs[position], there)


KERNEL = Kernel("image", emit, reads_apart=every_operand)
