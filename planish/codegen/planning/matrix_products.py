"""How the product of the matrices of an image can be computed."""

from __future__ import annotations

from dataclasses import replace

from planish.codegen.kernels import matmul as matmul_kernel
from planish.codegen.planning.candidate import Candidate, Problem, always
from planish.graph.node import Node
from planish.primitives.matmul import turned
from planish.primitives.registry import make

TURNED_ELEMENTS = 2  # that a transposition moves in a cycle


def _extents(problem: Problem) -> tuple[int, int, int]:
    """Rows and columns of the first operand, columns of the second."""
    a, b = problem.node.inputs[:2]
    rows, inner = a.shape[-2:]
    return rows, inner, b.shape[-1]


def _straight_cycles(problem: Problem) -> float:
    rows, inner, columns = _extents(problem)
    return matmul_kernel.cycles(rows, columns, problem.target.lanes, problem.target.registers) * inner


def _turned_cycles(problem: Problem) -> float:
    rows, inner, columns = _extents(problem)
    moved = rows * inner + inner * columns + rows * columns
    each = matmul_kernel.cycles(columns, rows, problem.target.lanes, problem.target.registers)
    return each * inner + moved / TURNED_ELEMENTS


def _why_not_turned(problem: Problem) -> str | None:
    return "what follows element by element reads the result as it is" if problem.node.op == "fused" else None


def _lower_to_turned(problem: Problem) -> Node:
    a, b = problem.node.inputs[:2]
    return replace(turned(make("matmul", [turned(b), turned(a)])), layers=problem.node.layers)


MATMUL = [
    Candidate(
        "matmul",
        "matrices of an image",
        "columns of the second matrix are in the lanes",
        always,
        _straight_cycles,
        lambda problem: problem.node,
    ),
    Candidate(
        "matmul",
        "matrices of an image, transposed",
        "rows of the first matrix fill the lanes that few columns would leave empty",
        _why_not_turned,
        _turned_cycles,
        _lower_to_turned,
    ),
]
