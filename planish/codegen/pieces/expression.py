"""Emits expressions on vectors: the element-wise tail of a kernel, or a whole element-wise kernel."""

from __future__ import annotations

from collections.abc import Sequence

from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.pieces.element import Element, Strides
from planish.codegen.pieces.elementwise import emit_elementwise
from planish.graph.node import TensorType
from planish.primitives.expression import Expression, operand_kind


def emit_expression(f: Function, expression: Expression, operands: Sequence[Value]) -> Value:
    """The expression's result for one vector of every operand."""
    registers = list(operands)
    for instruction in expression.instructions:
        arguments = [registers[register] for register in instruction.operands]
        registers.append(emit_elementwise(f, instruction, arguments))
    return registers[-1]


class Epilogue:
    """What is done to a vector of a kernel's result before it is stored.

    The extra operands are scalars, per-channel vectors (along the last axis), or tensors of the result's own shape, of
    which `strides` says how far apart their elements are, if something lies between them.
    """

    def __init__(
        self,
        f: Function,
        expression: Expression | None,
        result: TensorType,
        types: Sequence[TensorType],
        pointers: Sequence[Pointer],
        strides: Sequence[Strides | None],
    ) -> None:
        self._f = f
        self._expression = expression
        kinds = [operand_kind(type_, result) for type_ in types]
        self._extra = list(zip(kinds, pointers, strides, strict=True))

    def apply(self, value: Value, channel: Index, element: Element, mask: str | None = None) -> Value:
        """`channel` and `element` are those of the first lane: its index on the last axis, and where it is."""
        if self._expression is None:
            return value
        f = self._f
        operands = [value]
        for kind, pointer, strides in self._extra:
            if kind == "scalar":
                operands.append(f.broadcast(pointer))
            else:
                place = channel if kind == "channel" else element.at(strides)
                operands.append(f.load(pointer, f.nbytes(place), mask))
        return emit_expression(f, self._expression, operands)
