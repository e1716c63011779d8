"""Emits expressions on vectors: the element-wise tail of a kernel, or a whole element-wise kernel."""

from __future__ import annotations

from collections.abc import Sequence

from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.pieces.elementwise import emit_elementwise
from planish.graph.node import TensorType
from planish.primitives.expression import Expression, operand_kind


def emit_expression(f: Function, expression: Expression, operands: Sequence[Value]) -> Value:
    """The expression's result for one vector of every operand."""
    registers = list(operands)
    for step in expression.steps:
        arguments = [registers[register] for register in step.operands]
        registers.append(emit_elementwise(f, step, arguments))
    return registers[-1]


class Epilogue:
    """What is done to a vector of a kernel's result before it is stored.

    The extra operands are scalars, per-channel vectors (along the last axis), or tensors of the result's own shape.
    """

    def __init__(
        self,
        f: Function,
        expression: Expression | None,
        result: TensorType,
        types: Sequence[TensorType],
        pointers: Sequence[Pointer],
    ) -> None:
        self._f = f
        self._expression = expression
        self._extra = [(operand_kind(type_, result), pointer) for type_, pointer in zip(types, pointers, strict=True)]

    def apply(self, value: Value, channel: Index, element: Index, mask: str | None = None) -> Value:
        """`channel` and `element` are the indices of the first lane on the last axis and in the flattened result."""
        if self._expression is None:
            return value
        f = self._f
        operands = [value]
        for kind, pointer in self._extra:
            if kind == "scalar":
                operands.append(f.broadcast(pointer))
            else:
                operands.append(f.load(pointer, f.nbytes(channel if kind == "channel" else element), mask))
        return emit_expression(f, self._expression, operands)
