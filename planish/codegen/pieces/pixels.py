"""Which elements the pixels of a kernel's result are, and where they are in memory: something may lie between them, and
between those that the result's tail reads."""

from __future__ import annotations

from planish.codegen.llvm.function import Function, Index
from planish.codegen.pieces.boxes import strides_of
from planish.codegen.pieces.element import Element, Strides
from planish.codegen.pieces.kernel import Spec


class Pixels:
    """The pixels of a map that a kernel writes."""

    def __init__(self, f: Function, spec: Spec) -> None:
        self._f = f
        self._numbered: Strides = tuple(strides_of(spec.shape))
        self._stored = None if spec.result_strides == self._numbered else spec.result_strides
        self._apart = [own for own in dict.fromkeys((self._stored, *spec.extra_strides)) if own is not None]

    def stored(self, element: Element) -> Index:
        """Its distance in memory from the first one, in elements."""
        return element.at(self._stored)

    def at(self, row: Index, column: Index, channel: Index) -> Element:
        return self.beyond(Element(0, dict.fromkeys(self._apart, 0)), row, column, channel)

    def beyond(self, start: Element, rows: Index, columns: Index, channels: Index) -> Element:
        """The element so many rows, columns and channels further on."""
        steps = rows, columns, channels
        apart = {strides: self._moved(start.at(strides), steps, strides) for strides in self._apart}
        return Element(self._moved(start.number, steps, self._numbered), apart)

    def _moved(self, start: Index, steps: tuple[Index, ...], strides: Strides) -> Index:
        f = self._f
        known = sum(step * stride for step, stride in zip(steps, strides, strict=True) if isinstance(step, int))
        for step, stride in zip(steps, strides, strict=True):
            start = start if isinstance(step, int) else f.add(start, f.multiply(step, stride))
        return f.add(start, known)
