"""How a reduction walks over its operands: which axes are kept, and vectors of what is summed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.pieces.expression import emit_expression
from planish.codegen.pieces.kernel import Operands, Spec
from planish.graph.node import TensorType
from planish.primitives.axes import AxesSettings
from planish.primitives.expression import SumOfSettings, result_type, summed_kind

Pointers = Sequence[Pointer]
Strides = tuple[int, ...]
Column = tuple[Index, str | None]  # the first element of a vector of the last axis, and its mask


@dataclass(frozen=True, slots=True)
class ReducedAxes:
    """(extent, each moving operand's stride in elements) of the axes other than the last one, and whether the last one
    is kept."""

    kept: tuple[tuple[int, Strides], ...]
    reduced: tuple[tuple[int, Strides], ...]
    last: int
    last_kept: bool


def axes_of(spec: Spec) -> ReducedAxes:
    shape = summed_type(spec).shape or (1,)
    moving = [spec.strides_of_input(position) for position in _moving(spec)]
    axes, places = AxesSettings.of(spec).axes, range(len(shape) - 1)
    strides = [tuple(own[axis] for own in moving) for axis in places]
    return ReducedAxes(
        tuple((shape[axis], strides[axis]) for axis in places if axis not in axes),
        tuple((shape[axis], strides[axis]) for axis in places if axis in axes),
        shape[-1],
        len(shape) - 1 not in axes,
    )


def summed_type(spec: Spec) -> TensorType:
    """The type of what is reduced."""
    if isinstance(spec.settings, SumOfSettings):
        return result_type(spec.settings.expression, spec.inputs)
    return spec.inputs[0]


def _moving(spec: Spec) -> list[int]:
    """The operands that have an element for each of what is reduced."""
    whole = summed_type(spec)
    if not isinstance(spec.settings, SumOfSettings):
        return [0]
    base = spec.op.removesuffix("_of")
    return [place for place, type_ in enumerate(spec.inputs) if summed_kind(base, type_, whole) == "full"]


class Reader:
    """Gives vectors of what is reduced: loaded, or computed from operands that advance together and some that stay."""

    def __init__(self, f: Function, spec: Spec, operands: Operands, column: Column) -> None:
        start, mask = column
        self.start, self.mask, self._f = start, mask, f
        settings = spec.settings
        self._expression = settings.expression if isinstance(settings, SumOfSettings) else None
        self._fixed: list[Value | None] = [None]
        self.pointers = [f.offset(operands.inputs[0], f.nbytes(start))]
        if self._expression is None:
            return
        self._fixed, self.pointers = [], []
        moving = _moving(spec)
        for position, (pointer, type_) in enumerate(zip(operands.inputs, spec.inputs, strict=True)):
            kind = summed_kind(spec.op.removesuffix("_of"), type_, summed_type(spec))
            if position in moving:
                self.pointers.append(f.offset(pointer, f.nbytes(start)))
                self._fixed.append(None)
            else:
                whole = kind == "channel"
                self._fixed.append(f.load(pointer, f.nbytes(start), mask) if whole else f.broadcast(pointer))

    def load(self, pointers: Pointers, nbytes: Sequence[Index], mask: str | None = None) -> Value:
        """`nbytes` are the distances from the pointers."""
        moving = (self._f.load(pointer, way, mask) for pointer, way in zip(pointers, nbytes, strict=True))
        values = [next(moving) if fixed is None else fixed for fixed in self._fixed]
        return values[0] if self._expression is None else emit_expression(self._f, self._expression, values)


def distances(f: Function, place: Index, strides: Strides) -> list[Index]:
    """The way to the place for each of the moving operands, in bytes; equal ones are computed once."""
    ways = {stride: f.nbytes(place, stride) for stride in dict.fromkeys(strides)}
    return [ways[stride] for stride in strides]


def moved(f: Function, columns: Sequence[Pointers], place: Index, strides: Strides) -> list[Pointers]:
    ways = distances(f, place, strides)
    return [[f.offset(pointer, way) for pointer, way in zip(pointers, ways, strict=True)] for pointers in columns]
