"""Every so many rows and columns of a kernel, as one box (see `codegen.pieces.boxes`).

    y[i, j] = w[row + i * down, column + j * across]

Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.boxes import merged, move, strides_of
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.rewritten.kernel_phase import KernelPhaseSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    settings = KernelPhaseSettings.of(spec)
    (row, column), (down, across) = settings.first, settings.strides
    rows, columns, *channels = strides_of(spec.inputs[0].shape)
    here = f.offset(operands.inputs[0], f.floats.nbytes * (row * rows + column * columns))
    move(
        f, merged(spec.shape, (rows * down, columns * across, *channels), strides_of(spec.shape)), here, operands.output
    )


KERNEL = Kernel("whole", emit)
