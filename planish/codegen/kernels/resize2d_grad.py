"""Gradients of maps of another size.

    y = 0; for row: for column: each pixel that was read gets its share of g[row][column]       # vectors of channels

The last vector of channels is masked. Bound by memory.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.loops import over_vectors
from planish.codegen.pieces.boxes import fill
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.resizing import Neighbours, each_pixel, map_of
from planish.primitives.resize2d_grad import Resize2DGradSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    fill(f, operands.output, spec.result.size, 0.0)

    def emit_pixel(source: Pointer, corners: list[list[Pointer]], down: Neighbours, across: Neighbours) -> None:
        def emit_vector(start: Index, mask: str | None) -> None:
            nbytes = f.nbytes(start)
            lines = _shares(f, f.load(source, nbytes, mask), down)
            for line, value in zip(corners, lines, strict=True):
                for corner, part in zip(line, _shares(f, value, across), strict=True):
                    f.store(f.binary("fadd", f.load(corner, nbytes, mask), part), corner, nbytes, mask)

        over_vectors(f, spec.shape[2], emit_vector)

    map_, sized = map_of(spec.result, operands.output), map_of(spec.inputs[0], operands.inputs[0])
    each_pixel(f, Resize2DGradSettings.of(spec).interpolation, map_, sized, emit_pixel)


def _shares(f: Function, value: Value, neighbours: Neighbours) -> list[Value]:
    """What each neighbour gets of a gradient."""
    if neighbours.weights:
        return [f.binary("fmul", value, weight) for weight in neighbours.weights]
    if len(neighbours.places) == 1:
        return [value]
    first = f.binary("fmul", value, f.binary("fsub", f.constant(1.0), neighbours.share))
    return [first, f.binary("fmul", value, neighbours.share)]


KERNEL = Kernel("image", emit)
