"""Where an element of a kernel's result is: among the others, and in memory, where something may lie between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from planish.codegen.llvm.function import Index

Strides = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """Its `number` in the flattened result; `apart` has its distance from the first one, in elements, by the distances
    along the axes of values whose elements are further apart."""

    number: Index
    apart: Mapping[Strides, Index] = field(default_factory=dict)

    def at(self, strides: Strides | None) -> Index:
        """Its distance from the first one in a value with such strides; None: without anything in between."""
        return self.number if strides is None else self.apart[strides]
