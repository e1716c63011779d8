"""A kernel with its rows and columns reversed, its input and output channels swapped within groups, as one box.

    y[row, column, output, group and input] = w[last - row, last - column, input, group and output]

Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

import math

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.boxes import merged, move, strides_of
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.rewritten.turn_kernel import TurnKernelSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    rows, columns, channels, filters = spec.inputs[0].shape
    groups = TurnKernelSettings.of(spec).groups
    each = filters // groups
    # The result's axes: row, column, output channel of the group, group, input channel.
    extents = (rows, columns, each, groups, channels)
    row, column, channel, one = strides_of(spec.inputs[0].shape)
    last = f.offset(operands.inputs[0], f.floats.nbytes * ((rows - 1) * row + (columns - 1) * column))
    move(f, merged(extents, (-row, -column, one, each, channel), strides_of(extents)), last, operands.output)
    assert math.prod(extents) == spec.result.size


KERNEL = Kernel("whole", emit)
