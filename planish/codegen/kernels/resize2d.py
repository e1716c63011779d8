"""Maps of another size.

    nearest:   for row: for column: y[row][column] = x[near(row)][near(column)]                 # vectors of channels
    bilinear:  for row: (top, bottom, down): for column: (left, right, across):
                   upper = x[top][left] + across * (x[top][right] - x[top][left])                   # and lower
                   y[row][column] = upper + down * (lower - upper)
    weighted:  for row: for column: y[row][column] = sum over the taps of weight[tap] * x[place[tap]]   # of one axis

`codegen.pieces.resizing` says which pixels are read. The last vector of channels is masked. Bound by memory.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.loops import over_vectors
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.resizing import Neighbours, each_pixel, map_of
from planish.primitives.resize2d import Resize2DSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    def emit_pixel(target: Pointer, corners: list[list[Pointer]], down: Neighbours, across: Neighbours) -> None:
        def emit_vector(start: Index, mask: str | None) -> None:
            nbytes = f.nbytes(start)
            read = [[f.load(corner, nbytes, mask) for corner in line] for line in corners]
            lines = [_between(f, line, across) for line in read]
            f.store(_between(f, lines, down), target, nbytes, mask)

        over_vectors(f, spec.shape[2], emit_vector)

    map_, sized = map_of(spec.inputs[0], operands.inputs[0]), map_of(spec.result, operands.output)
    each_pixel(f, Resize2DSettings.of(spec).interpolation, map_, sized, emit_pixel)


def _between(f: Function, values: list[Value], neighbours: Neighbours) -> Value:
    """The only value, the point between two that has the share of the second, or the sum of several with weights."""
    first, *others = values
    if neighbours.weights:
        own, *rest = neighbours.weights
        total = f.binary("fmul", first, own)
        for value, weight in zip(others, rest, strict=True):
            total = f.binary("fadd", total, f.binary("fmul", value, weight))
        return total
    for second in others:
        return f.binary("fadd", first, f.binary("fmul", f.binary("fsub", second, first), neighbours.share))
    return first


KERNEL = Kernel("image", emit)
