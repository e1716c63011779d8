"""Where the pixels of a kernel's result are: among the elements of the result, and in memory, where something may lie
between them."""

from __future__ import annotations

from dataclasses import dataclass

from planish.codegen.llvm.function import Function, Index
from planish.codegen.pieces.boxes import strides_of
from planish.codegen.pieces.kernel import Spec


@dataclass(frozen=True, slots=True)
class Element:
    """Its number in the flattened result, and its distance in memory from the first one, in elements."""

    number: Index
    stored: Index


class Pixels:
    """The pixels of a map that a kernel writes."""

    def __init__(self, f: Function, spec: Spec) -> None:
        self._f = f
        self._numbered, self._stored = tuple(strides_of(spec.shape)), spec.result_strides

    @property
    def apart(self) -> bool:
        """Whether something lies between them."""
        return self._stored != self._numbered

    def at(self, row: Index, column: Index, channel: Index) -> Element:
        return self.beyond(Element(0, 0), row, column, channel)

    def beyond(self, start: Element, rows: Index, columns: Index, channels: Index) -> Element:
        """The element so many rows, columns and channels further on."""
        number = self._moved(start.number, (rows, columns, channels), self._numbered)
        return Element(
            number, self._moved(start.stored, (rows, columns, channels), self._stored) if self.apart else number
        )

    def _moved(self, start: Index, steps: tuple[Index, ...], strides: tuple[int, ...] | list[int]) -> Index:
        f = self._f
        known = sum(step * stride for step, stride in zip(steps, strides, strict=True) if isinstance(step, int))
        for step, stride in zip(steps, strides, strict=True):
            start = start if isinstance(step, int) else f.add(start, f.multiply(step, stride))
        return f.add(start, known)
