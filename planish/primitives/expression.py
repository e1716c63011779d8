"""Expressions: short straight-line programs of element-wise operations, evaluated while a value is still in a register.

An expression is what fusion makes of a chain of element-wise nodes: registers `0 .. inputs-1` hold its operands, every
step adds one register, and the last one is the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from planish.graph.node import Node, TensorType
from planish.graph.settings import NO_SETTINGS, Settings
from planish.primitives.axes import AxesSettings
from planish.primitives.registry import Array, Environment, op_named


class Instruction(NamedTuple):
    """One operation on registers."""

    op: str
    operands: tuple[int, ...]
    settings: Settings = NO_SETTINGS


@dataclass(frozen=True, slots=True)
class Expression:
    inputs: int
    instructions: tuple[Instruction, ...]

    def __str__(self) -> str:
        lines = []
        for own in self.instructions:
            words = [f"${register}" for register in own.operands]
            words += [str(own.settings)] if own.settings != NO_SETTINGS else []
            lines.append(f"{own.op}({', '.join(words)})")
        return "; ".join(lines)

    __repr__ = __str__


class SumOfSettings(AxesSettings):
    """Those of a sum of an expression."""

    expression: Expression


def nodes_of(expression: Expression, operands: Sequence[TensorType]) -> tuple[list[Node], Node]:
    """The expression as plain nodes again: one stand-in leaf per operand, and the result."""
    registers = [Node("operand", (), type_) for type_ in operands]
    leaves = list(registers)
    for own in expression.instructions:
        sources = tuple(registers[register] for register in own.operands)
        type_ = op_named(own.op).infer([source.type for source in sources], own.settings)
        registers.append(Node(own.op, sources, type_, own.settings))
    return leaves, registers[-1]


def result_type(expression: Expression, operands: Sequence[TensorType]) -> TensorType:
    return nodes_of(expression, operands)[1].type


def evaluate(
    expression: Expression, operands: Sequence[TensorType], arrays: Sequence[Array], environment: Environment
) -> Array:
    """The plain meaning, operation by operation."""
    leaves, result = nodes_of(expression, operands)
    values: dict[Node, Array] = dict(zip(leaves, arrays, strict=True))
    ordered: list[Node] = []
    stack = [result]
    while stack:
        node = stack.pop()
        if node not in values and node not in ordered:
            pending = [source for source in node.inputs if source not in values and source not in ordered]
            stack.extend([node, *pending] if pending else [])
            if not pending:
                ordered.append(node)
                values[node] = op_named(node.op).reference(
                    [values[source] for source in node.inputs], node, environment
                )
    return values[result]


def operand_kind(operand: TensorType, result: TensorType) -> str | None:
    """How an operand goes with the result: 'full', 'scalar', 'channel', or None if a kernel's tail cannot read it.

    A kernel may compute many images at once, so what belongs to an image goes only with a result of its own shape, and
    a repeated operand does not belong to an image.
    """
    padded = (1,) * (len(result.shape) - len(operand.shape)) + operand.shape
    if padded == result.shape and operand.batched == result.batched:
        return "full"
    if operand.batched:
        return None
    if operand.size == 1:
        return "scalar"
    per_channel = bool(result.shape) and padded[-1] == result.shape[-1] and all(extent == 1 for extent in padded[:-1])
    return "channel" if per_channel else None


def summed_kind(base: str, operand: TensorType, summed: TensorType) -> str | None:
    """As `operand_kind`, for the operands of a sum. That of an image also reads what belongs to the image."""
    alone = base == "reduce_sum" and operand.shape != summed.shape
    return operand_kind(replace(operand, batched=False) if alone else operand, summed)
