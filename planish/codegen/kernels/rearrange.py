"""Operations that only rearrange elements, each as one or more boxes (see `codegen.pieces.boxes`).

    transpose     y[i, j, ...] = x[i, j, ... in another order]
    pad2d         a filled border, then the map in its middle;  crop2d: the middle of an image
    spread2d      zeros, then pixels `strides` apart
    broadcast_to  x repeated along axes of stride zero
    concatenate   each operand into its part of the axis;       slice_axis: one such part
    interleave2d  each phase to its pixels, `strides` apart;    kernel_phase: every so many rows and columns of a kernel
    slice_strided every so many elements, backwards too;        spread_strided: one value, then elements apart
    turn_kernel   input and output channels swapped within groups, rows and columns reversed

Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import Function, Pointer
from planish.codegen.pieces.boxes import fill, merged, move, strides_of
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.axes import AxisSettings
from planish.primitives.crop2d import Crop2DSettings
from planish.primitives.pad2d import Pad2DSettings
from planish.primitives.phases import phase_starts
from planish.primitives.rewritten.interleave2d import Interleave2DSettings
from planish.primitives.rewritten.kernel_phase import KernelPhaseSettings
from planish.primitives.rewritten.spread2d import Spread2DSettings
from planish.primitives.rewritten.turn_kernel import TurnKernelSettings
from planish.primitives.slice_axis import SliceAxisSettings
from planish.primitives.slice_strided import SliceStridedSettings
from planish.primitives.spread_strided import SpreadStridedSettings
from planish.primitives.transpose import TransposeSettings


def emit_transpose(f: Function, spec: Spec, operands: Operands) -> None:
    source = spec.strides_of_input(0)
    along = [source[axis] for axis in TransposeSettings.of(spec).permutation]
    move(f, merged(spec.shape, along, spec.result_strides), operands.inputs[0], operands.output)


def emit_pad2d(f: Function, spec: Spec, operands: Operands) -> None:
    settings = Pad2DSettings.of(spec)
    _fill_border(f, spec, settings, operands.output)
    if 0 not in spec.in_place:
        target = strides_of(spec.shape)
        inside = f.offset(operands.output, F32.nbytes * settings.first_of(spec.shape))
        move(f, merged(spec.inputs[0].shape, spec.strides_of_input(0), target), operands.inputs[0], inside)


def _fill_border(f: Function, spec: Spec, settings: Pad2DSettings, output: Pointer) -> None:
    """In front of the first pixel of the map, between the last of a row and the first of the next, behind the last."""
    rows, columns, _ = spec.inputs[0].shape
    row, column, _ = strides_of(spec.shape)
    first = settings.first_of(spec.shape)
    fill(f, output, first, settings.value)
    behind, between = first + columns * column, row - columns * column
    if between and rows > 1:
        with f.loop(0, rows - 1) as place:
            start = f.add(f.multiply(place.index, row), behind)
            fill(f, f.offset(output, f.multiply(start, F32.nbytes)), between, settings.value)
    last = behind + (rows - 1) * row
    fill(f, f.offset(output, F32.nbytes * last), spec.result.size - last, settings.value)


def emit_crop2d(f: Function, spec: Spec, operands: Operands) -> None:
    (top, _), (left, _) = Crop2DSettings.of(spec).cropping
    source = spec.strides_of_input(0)
    inside = f.offset(operands.inputs[0], F32.nbytes * (top * source[0] + left * source[1]))
    move(f, merged(spec.shape, source, spec.result_strides), inside, operands.output)


def emit_spread2d(f: Function, spec: Spec, operands: Operands) -> None:
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


def emit_interleave2d(f: Function, spec: Spec, operands: Operands) -> None:
    settings = Interleave2DSettings.of(spec)
    extents, (down, across), present = settings.extents, settings.strides, settings.present
    rows, columns, channels = strides_of(spec.shape)
    if not all(present):
        fill(f, operands.output, spec.result.size, 0.0)
    starts = [first for first, there in zip(phase_starts(extents, (down, across)), present, strict=True) if there]
    for position, (row, column) in enumerate(starts):
        if position not in spec.in_place:
            there = f.offset(operands.output, F32.nbytes * (row * rows + column * columns))
            target = (rows * down, columns * across, channels)
            box = merged(spec.inputs[position].shape, spec.strides_of_input(position), target)
            move(f, box, operands.inputs[position], there)


def emit_kernel_phase(f: Function, spec: Spec, operands: Operands) -> None:
    settings = KernelPhaseSettings.of(spec)
    (row, column), (down, across) = settings.first, settings.strides
    rows, columns, *channels = strides_of(spec.inputs[0].shape)
    here = f.offset(operands.inputs[0], F32.nbytes * (row * rows + column * columns))
    move(
        f, merged(spec.shape, (rows * down, columns * across, *channels), strides_of(spec.shape)), here, operands.output
    )


def emit_broadcast_to(f: Function, spec: Spec, operands: Operands) -> None:
    shape = spec.inputs[0].shape
    missing = len(spec.shape) - len(shape)
    along = [0] * missing + [
        stride if extent > 1 else 0 for stride, extent in zip(spec.strides_of_input(0), shape, strict=True)
    ]
    move(f, merged(spec.shape, along, spec.result_strides), operands.inputs[0], operands.output)


def emit_concatenate(f: Function, spec: Spec, operands: Operands) -> None:
    axis = AxisSettings.of(spec).axis
    target, start = spec.result_strides, 0
    for position, (pointer, type_) in enumerate(zip(operands.inputs, spec.inputs, strict=True)):
        if position not in spec.in_place:
            there = f.offset(operands.output, F32.nbytes * start * target[axis])
            move(f, merged(type_.shape, spec.strides_of_input(position), target), pointer, there)
        start += type_.shape[axis]


def emit_slice_axis(f: Function, spec: Spec, operands: Operands) -> None:
    source = spec.strides_of_input(0)
    settings = SliceAxisSettings.of(spec)
    here = f.offset(operands.inputs[0], F32.nbytes * settings.start * source[settings.axis])
    move(f, merged(spec.shape, source, spec.result_strides), here, operands.output)


def emit_slice_strided(f: Function, spec: Spec, operands: Operands) -> None:
    apart = SliceStridedSettings.of(spec)
    first, along = _apart(spec.strides_of_input(0), apart.starts, apart.steps)
    here = f.offset(operands.inputs[0], F32.nbytes * first)
    move(f, merged(spec.shape, along, spec.result_strides), here, operands.output)


def emit_spread_strided(f: Function, spec: Spec, operands: Operands) -> None:
    settings = SpreadStridedSettings.of(spec)
    first, along = _apart(strides_of(spec.shape), settings.starts, settings.steps)
    fill(f, operands.output, spec.result.size, settings.value)
    shape = spec.inputs[0].shape
    move(
        f,
        merged(shape, spec.strides_of_input(0), along),
        operands.inputs[0],
        f.offset(operands.output, F32.nbytes * first),
    )


def _apart(strides: Sequence[int], starts: Sequence[int], steps: Sequence[int]) -> tuple[int, list[int]]:
    """The first of elements that are some steps apart in a tensor of these strides, and the distances between them."""
    first = sum(start * stride for start, stride in zip(starts, strides, strict=True))
    return first, [step * stride for step, stride in zip(steps, strides, strict=True)]


def emit_turn_kernel(f: Function, spec: Spec, operands: Operands) -> None:
    rows, columns, channels, filters = spec.inputs[0].shape
    groups = TurnKernelSettings.of(spec).groups
    each = filters // groups
    # The result's axes: row, column, output channel of the group, group, input channel.
    extents = (rows, columns, each, groups, channels)
    row, column, channel, one = strides_of(spec.inputs[0].shape)
    last = f.offset(operands.inputs[0], F32.nbytes * ((rows - 1) * row + (columns - 1) * column))
    move(f, merged(extents, (-row, -column, one, each, channel), strides_of(extents)), last, operands.output)
    assert math.prod(extents) == spec.result.size


def _all(spec: Spec) -> range:
    return range(len(spec.inputs))


TRANSPOSE = Kernel("image", emit_transpose, writes_apart=True, reads_apart=_all)
PAD2D = Kernel("image", emit_pad2d, reads_apart=_all)
CROP2D = Kernel("image", emit_crop2d, writes_apart=True, reads_apart=_all)
SPREAD2D = Kernel("image", emit_spread2d, reads_apart=_all)
BROADCAST_TO = Kernel("image", emit_broadcast_to, writes_apart=True, reads_apart=_all)
CONCATENATE = Kernel("image", emit_concatenate, writes_apart=True, reads_apart=_all)
SLICE_AXIS = Kernel("image", emit_slice_axis, writes_apart=True, reads_apart=_all)
SLICE_STRIDED = Kernel("image", emit_slice_strided, writes_apart=True, reads_apart=_all)
SPREAD_STRIDED = Kernel("image", emit_spread_strided, reads_apart=_all)
INTERLEAVE2D = Kernel("image", emit_interleave2d, reads_apart=_all)
KERNEL_PHASE = Kernel("whole", emit_kernel_phase)
TURN_KERNEL = Kernel("whole", emit_turn_kernel)
