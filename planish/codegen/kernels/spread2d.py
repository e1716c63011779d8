"""A map with zeros between its pixels.

    y = 0; for row, column, channel: y[row * down, column * across] = x[row, column]

Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.boxes import fill, merged, move, strides_of
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand
from planish.primitives.rewritten.spread2d import Spread2DSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    down, across = Spread2DSettings.of(spec).strides
    rows, columns, channels = strides_of(spec.shape)
    shape = spec.inputs[0].shape
    fill(f, operands.output, spec.result.size, 0.0)
    move(
        f,
        merged(shape, spec.strides_of_input(0), (rows * down, columns * across, channels)),
        operands.inputs[0],
        operands.output,
    )


KERNEL = Kernel("image", emit, reads_apart=every_operand)
