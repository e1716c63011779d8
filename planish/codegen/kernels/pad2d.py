"""A border of one value around a map.

    fill the border; for row, column, channel of the map: y[top + row, left + column] = x[row, column]

x [h, w, c]. A map that is in the middle of the border already is not moved. Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function, Index, Pointer
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.boxes import fill, merged, move, strides_of
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand
from planish.primitives.pad2d import Pad2DSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    settings = Pad2DSettings.of(spec)
    if operands.grains is not None:
        _emit_rows(f, spec, settings, operands, operands.grains)
        return
    _fill_border(f, spec, settings, operands.output)
    if 0 not in spec.in_place:
        target = strides_of(spec.shape)
        inside = f.offset(operands.output, f.floats.nbytes * settings.first_of(spec.shape))
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
            fill(f, f.offset(output, f.multiply(start, f.floats.nbytes)), between, settings.value)
    last = behind + (rows - 1) * row
    fill(f, f.offset(output, f.floats.nbytes * last), spec.result.size - last, settings.value)


def grains(spec: Spec, target: Target) -> int:
    """Rows, with the border."""
    return spec.shape[0]


def _emit_rows(
    f: Function, spec: Spec, settings: Pad2DSettings, operands: Operands, grains: tuple[Index, Index]
) -> None:
    """Some rows, each from the first border to the last; what is in the middle of it already is not moved."""
    (height, width, _), (row, column, _) = spec.inputs[0].shape, strides_of(spec.shape)
    top, left = divmod(settings.first_of(spec.shape), row)
    middle = width * column
    box = merged((1, *spec.inputs[0].shape[1:]), spec.strides_of_input(0), (row, column, 1))
    for start, stop in ((0, top), (top + height, spec.shape[0])):
        if stop > start:
            with f.loop(f.larger(grains[0], start), f.smaller(grains[1], stop), guarded=True) as place:
                fill(f, f.offset(operands.output, f.nbytes(place.index, row)), row, settings.value)
    with f.loop(f.larger(grains[0], top), f.smaller(grains[1], top + height), guarded=True) as place:
        target = f.offset(operands.output, f.nbytes(place.index, row))
        if 0 not in spec.in_place:
            source = f.nbytes(f.subtract(place.index, top), spec.strides_of_input(0)[0])
            move(f, box, f.offset(operands.inputs[0], source), f.offset(target, f.floats.nbytes * left))
        for start, count in ((0, left), (left + middle, row - left - middle)):
            if count:
                fill(f, f.offset(target, f.floats.nbytes * start), count, settings.value)


KERNEL = Kernel("image", emit, grains=grains, reads_apart=every_operand)
