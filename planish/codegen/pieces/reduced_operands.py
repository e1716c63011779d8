"""How a reduction walks over its operands: which axes are kept, and vectors of what is summed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.pieces.boxes import strides_of
from planish.codegen.pieces.expression import emit_expression
from planish.codegen.pieces.kernel import Operands, Spec
from planish.graph.node import TensorType
from planish.primitives.expression import Expression, result_type
from planish.primitives.fused import summed_kind

Pointers = Sequence[Pointer]
Column = tuple[Index, str | None]  # the first element of a vector of the last axis, and its mask


@dataclass(frozen=True, slots=True)
class ReducedAxes:
    """(extent, stride in elements) of the axes other than the last one, and whether the last one is kept."""

    kept: tuple[tuple[int, int], ...]
    reduced: tuple[tuple[int, int], ...]
    last: int
    last_kept: bool


def axes_of(spec: Spec) -> ReducedAxes:
    shape = summed_type(spec).shape or (1,)
    strides, axes = strides_of(shape), spec.attributes["axes"]
    places = range(len(shape) - 1)
    return ReducedAxes(
        tuple((shape[axis], strides[axis]) for axis in places if axis not in axes),
        tuple((shape[axis], strides[axis]) for axis in places if axis in axes),
        shape[-1],
        len(shape) - 1 not in axes,
    )


def summed_type(spec: Spec) -> TensorType:
    """The type of what is reduced."""
    if "expression" in spec.attributes:
        return result_type(spec.attributes["expression"], spec.inputs)
    return spec.inputs[0]


class Reader:
    """Gives vectors of what is reduced: loaded, or computed from operands that advance together and some that stay."""

    def __init__(self, f: Function, spec: Spec, operands: Operands, column: Column) -> None:
        start, mask = column
        self.start, self.mask, self._f = start, mask, f
        self._expression: Expression | None = spec.attributes.get("expression")
        self._fixed: list[Value | None] = [None]
        self.pointers = [f.offset(operands.inputs[0], f.multiply(start, 4))]
        if self._expression is None:
            return
        self._fixed, self.pointers = [], []
        for pointer, type_ in zip(operands.inputs, spec.inputs, strict=True):
            kind = summed_kind(spec.op.removesuffix("_of"), type_, summed_type(spec))
            if kind == "full":
                self.pointers.append(f.offset(pointer, f.multiply(start, 4)))
                self._fixed.append(None)
            else:
                whole = kind == "channel"
                self._fixed.append(f.load(pointer, f.multiply(start, 4), mask) if whole else f.broadcast(pointer))

    def load(self, pointers: Pointers, nbytes: Index = 0, mask: str | None = None) -> Value:
        moving = (self._f.load(pointer, nbytes, mask) for pointer in pointers)
        values = [next(moving) if fixed is None else fixed for fixed in self._fixed]
        return values[0] if self._expression is None else emit_expression(self._f, self._expression, values)


def moved(f: Function, columns: Sequence[Pointers], nbytes: Index) -> list[Pointers]:
    return [[f.offset(pointer, nbytes) for pointer in pointers] for pointers in columns]
