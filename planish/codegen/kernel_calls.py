"""What the functions of kernels are called with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from planish.codegen.llvm.function import Index, Pointer
from planish.graph.node import Node


@dataclass(frozen=True, slots=True)
class Covered:
    """What one call of a kernel covers, see `pieces/kernel.py`; nothing where kernels of its kind are not told."""

    beside: Pointer = "null"
    image: Index = 0
    count: Index = 0
    item: Index = 0
    order: Pointer = "null"
    left: Index = 0
    alarm: Pointer = "null"
    grains: tuple[Index, Index] | None = None


def parameters_of(sources: Mapping[Node, Pointer], results: Mapping[Node, Pointer]) -> list[str]:
    """The parameters of a function."""
    readonly = [f"ptr nocapture readonly {pointer}" for pointer in sources.values()]
    return readonly + [f"ptr nocapture {pointer}" for pointer in results.values()]


def sources_of(group: list[Node]) -> list[Node]:
    """What the nodes read, each once."""
    return list(dict.fromkeys(source for node in group for source in node.inputs))
