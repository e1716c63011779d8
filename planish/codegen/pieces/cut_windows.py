"""Windows of a pool that are cut at the border of the map."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planish.codegen.llvm.function import Function, Index, Value
from planish.codegen.pieces.kernel import Spec
from planish.codegen.pieces.pool_windows import element_of
from planish.primitives.pooling import PoolSettings


class CutWindow:
    """The part of a window that is inside the map: rows and columns [first, last), and 1 / pixels."""

    def __init__(
        self, f: Function, spec: Spec, shape: tuple[int, ...], strides: Sequence[int], row: Index, column: Index
    ) -> None:
        self.f, self.strides = f, strides
        own = PoolSettings.of(spec)
        self.bounds = [
            self._cut(place, own.window[axis], own.strides[axis], own.padding[axis][0], shape[axis])
            for axis, place in enumerate((row, column))
        ]
        (top, bottom), (left, right) = self.bounds
        pixels = f.multiply(f.subtract(bottom, top), f.subtract(right, left))
        self.share: Value
        if isinstance(pixels, int):
            self.share = f.constant(1.0 / pixels)
        else:
            self.share = f.splat(f.let(f"fdiv {f.floats.llvm} {f.float_constant(1.0)}, {f.counted(pixels)}"))

    def _cut(self, place: Index, size: int, stride: int, before: int, extent: int) -> tuple[Index, Index]:
        start = self.f.subtract(self.f.multiply(place, stride), before)
        return self.f.larger(start, 0), self.f.smaller(self.f.add(start, size), extent)

    def over_pixels(
        self, channel: Index, carried: list[Value], body: Callable[[Index, list[Value]], list[Value]]
    ) -> list[Value]:
        """Loops over the window's pixels: `body` gets one's element and carried values, and gives their next values."""
        (top, bottom), (left, right) = self.bounds
        with self.f.loop(top, bottom, carried=carried) as row:
            with self.f.loop(left, right, carried=row.carried) as column:
                element = element_of(self.f, self.strides, row.index, column.index, channel)
                column.next(*body(element, column.carried))
            row.next(*column.results)
        return row.results
