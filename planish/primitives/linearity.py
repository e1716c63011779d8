"""In which operands an operation is linear: the rules that primitives share.

A rule gets, for each operand, whether it is linear in some x, and says whether the result is.
"""

from __future__ import annotations

from collections.abc import Sequence


def in_all(operands: Sequence[bool]) -> bool:
    """Sums, and what moves elements."""
    return True


def in_one(operands: Sequence[bool]) -> bool:
    """Products of several operands are linear in each of them alone."""
    return sum(operands) == 1


def in_first(operands: Sequence[bool]) -> bool:
    return not any(operands[1:])
