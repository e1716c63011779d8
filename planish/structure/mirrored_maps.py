"""PyTorch's layers on maps: convolutions, pools and borders, of sequences, images and volumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.context import CallContext
from planish.layers.base.image import as_map, from_channels_last, from_map, to_channels_last, told
from planish.layers.base.layer import Shape
from planish.primitives.arranging import pad
from planish.primitives.conv2d import conv2d_settings
from planish.primitives.conv2d_input_grad import conv2d_input_grad
from planish.primitives.slice_axis import slice_axis
from planish.primitives.slice_strided import slice_strided
from planish.primitives.table import table
from planish.primitives.take import take
from planish.primitives.volume_convolution import volume_convolution
from planish.structure.mirrored import FIRST, Mirrored

Extents = tuple[int, ...]
Sides = tuple[tuple[int, int], ...]
"""Before and behind, for each axis of space."""

_AXES = {1: ("",), 2: ("rows ", "columns "), 3: ("depth ", "rows ", "columns ")}
_LARGER = {1: "longer sequences", 2: "larger images", 3: "larger volumes"}


def _spans(window: Extents, dilation: Extents) -> Extents:
    return tuple((size - 1) * rate + 1 for size, rate in zip(window, dilation, strict=True))


def _times(extents: Extents) -> str:
    return "x".join(map(str, extents))


def _pair(values: Extents, first: int = 1) -> tuple[int, int]:
    """A number for rows and one for columns: a sequence is a map of one row."""
    rows, columns = (first, *values) if len(values) == 1 else values
    return rows, columns


class Convolution(Mirrored):
    """Conv1d, Conv2d, Conv3d. `channels` is None where PyTorch would find it out by itself."""

    data_format = FIRST

    def __init__(
        self,
        kind: str,
        name: str,
        *,
        channels: int | None,
        filters: int,
        kernel_size: Extents,
        strides: Extents,
        padding: Sides,
        dilation: Extents,
        groups: int,
        bias: bool,
    ) -> None:
        super().__init__(kind, name)
        self.channels, self.filters, self.kernel_size = channels, filters, kernel_size
        self.strides, self.padding, self.dilation = strides, padding, dilation
        self.groups, self.bias = groups, bias

    @property
    def rank(self) -> int:
        return len(self.kernel_size)

    def check_input(self, shape: Shape) -> None:
        self.check_map(shape, self.rank, self.channels)
        spans = _spans(self.kernel_size, self.dilation)
        whole = [extent + sum(sides) for extent, sides in zip(shape[1:], self.padding, strict=True)]
        if any(span > extent for span, extent in zip(spans, whole, strict=True)):
            raise self.mistake(
                f"the kernel spans {told(spans)}, more than the {_times(shape[1:])} of its padded input",
                shape,
                remedy=f"use padding, a smaller kernel, {_LARGER[self.rank]}, or fewer poolings before this layer",
            )

    def create_weights(self, shape: Shape) -> None:
        self.kernel = self.add_weight("weight", (*self.kernel_size, shape[0] // self.groups, self.filters), "zeros")
        if self.bias:
            self.add_weight("bias", (self.filters,), "zeros")

    def call(self, x: Node, context: CallContext) -> Node:
        x = to_channels_last(x, FIRST)
        if self.rank == 3:
            depth, rows, columns = self.padding
            return from_channels_last(
                volume_convolution(
                    x, self.kernel.node, self.strides, (depth, rows, columns), self.dilation, self.groups
                ),
                FIRST,
            )
        kernel = self.kernel.node
        kernel = kernel if self.rank == 2 else primitives.reshape(kernel, (1, *kernel.shape))
        rows, columns = ((0, 0), *self.padding) if self.rank == 1 else self.padding
        strides, dilation = _pair(self.strides), _pair(self.dilation)
        y = primitives.conv2d(as_map(x), kernel, strides, (rows, columns), dilation, self.groups)
        return from_channels_last(from_map(y, self.rank), FIRST)

    def arithmetic(self, shape: Shape) -> str:
        """How many windows there are, along each axis of a volume."""
        if self.rank < 3:
            return ""
        return _windows(shape[1:], self.padding, _spans(self.kernel_size, self.dilation), self.strides)


def _windows(size: Shape, sides: Sides, spans: Extents, strides: Extents) -> str:
    parts = []
    axes = _AXES[len(size)]
    for axis, extent, (before, behind), span, stride in zip(axes, size, sides, spans, strides, strict=True):
        around = f" + {before} + {behind}" if before + behind else ""
        count = (extent + before + behind - span) // stride + 1
        parts.append(f"{axis}floor(({extent}{around} - {span}) / {stride}) + 1 = {count}")
    return ", ".join(parts)


class TransposedConvolution(Mirrored):
    """ConvTranspose1d and ConvTranspose2d. `more` is what `output_padding` adds."""

    data_format = FIRST

    def __init__(
        self,
        kind: str,
        name: str,
        *,
        channels: int,
        filters: int,
        kernel_size: Extents,
        strides: Extents,
        padding: Sides,
        more: Extents,
        dilation: Extents,
        groups: int,
        bias: bool,
    ) -> None:
        super().__init__(kind, name)
        self.channels, self.filters, self.kernel_size = channels, filters, kernel_size
        self.strides, self.padding, self.more, self.dilation = strides, padding, more, dilation
        self.groups, self.bias = groups, bias

    def check_input(self, shape: Shape) -> None:
        self.check_map(shape, len(self.kernel_size), self.channels)
        if min(self._size(shape[1:])) < 1:
            raise self.mistake(
                "the result has no pixels",
                shape,
                rule="padding is cut off the result",
                received=f"padding={tuple(before for before, _ in self.padding)}",
                remedy="padding=0",
            )

    def _size(self, size: Shape) -> Extents:
        spans = _spans(self.kernel_size, self.dilation)
        parts = zip(size, self.strides, spans, self.padding, self.more, strict=True)
        return tuple((extent - 1) * stride + span - sum(cut) + more for extent, stride, span, cut, more in parts)

    def create_weights(self, shape: Shape) -> None:
        filters = self.filters // self.groups
        self.kernel = self.add_weight("weight", (*self.kernel_size, filters, self.channels), "zeros")
        if self.bias:
            self.add_weight("bias", (self.filters,), "zeros")

    def call(self, x: Node, context: CallContext) -> Node:
        rank = len(self.kernel_size)
        kernel = self.kernel.node
        kernel = kernel if rank == 2 else primitives.reshape(kernel, (1, *kernel.shape))
        sides = ((0, 0), *self.padding) if rank == 1 else self.padding
        settings = conv2d_settings(_pair(self.strides), sides, _pair(self.dilation), self.groups)
        size = _pair(self._size(x.shape[1:]))
        y = conv2d_input_grad(as_map(to_channels_last(x, FIRST)), kernel, (*size, self.filters), settings)
        return from_channels_last(from_map(y, rank), FIRST)


class Pool(Mirrored):
    """Maxima and means of windows. With `ceil`, windows that begin inside the map count, too."""

    data_format = FIRST

    def __init__(
        self,
        kind: str,
        name: str,
        *,
        largest: bool,
        window: Extents,
        strides: Extents,
        padding: Extents,
        dilation: Extents,
        ceil: bool,
    ) -> None:
        super().__init__(kind, name)
        self.pool = primitives.max_pool2d if largest else primitives.average_pool2d
        self.window, self.strides, self.padding = window, strides, padding
        self.dilation, self.ceil = dilation, ceil

    def check_input(self, shape: Shape) -> None:
        rank = len(self.window)
        self.check_map(shape, rank)
        spans, sides = _spans(self.window, self.dilation), self._every_side(shape[1:])
        if any(span > extent + sum(side) for span, extent, side in zip(spans, shape[1:], sides, strict=True)):
            raise self.mistake(
                f"pooling windows of {_times(self.window)} leave nothing of {told(shape[1:])}",
                shape,
                remedy=f"use padding, smaller windows, {_LARGER[rank]}, or fewer poolings before this layer",
            )

    def call(self, x: Node, context: CallContext) -> Node:
        x = to_channels_last(x, FIRST)
        sides = self._every_side(x.shape[:-1])
        if not self._in_one():
            for axis, side in enumerate(sides):
                x = self._along(x, axis, side)
            return from_channels_last(x, FIRST)
        rows, columns = ((0, 0), *sides) if len(sides) == 1 else sides
        y = self.pool(as_map(x), _pair(self.window), _pair(self.strides), (rows, columns))
        return from_channels_last(from_map(y, len(sides)), FIRST)

    def _in_one(self) -> bool:
        """Whether one operation has such windows: those of volumes, and with gaps, are made along one axis after
        another."""
        return len(self.window) < 3 and max(self.dilation) == 1

    def _along(self, x: Node, axis: int, side: tuple[int, int]) -> Node:
        """Windows along one axis, perhaps with gaps: the taps of all windows, one after another."""
        span = _spans(self.window, self.dilation)[axis]
        bordered = pad(x, [side if each == axis else (0, 0) for each in range(len(x.shape))])
        counts, starts, steps = [*bordered.shape], [0] * len(x.shape), [1] * len(x.shape)
        counts[axis] = (bordered.shape[axis] - span) // self.strides[axis] + 1
        steps[axis] = self.strides[axis]
        total: Node | None = None
        for tap in range(self.window[axis]):
            starts[axis] = tap * self.dilation[axis]
            part = slice_strided(bordered, starts, counts, steps)
            total = part if total is None else primitives.add(total, part)
        assert total is not None
        return total

    def _every_side(self, size: Shape) -> Sides:
        return tuple(self._sides(axis, extent) for axis, extent in enumerate(size))

    def _sides(self, axis: int, extent: int) -> tuple[int, int]:
        """Padding before and after: with `ceil`, as much more as the last window lacks, if it begins in the map."""
        side, stride = self.padding[axis], self.strides[axis]
        span = _spans(self.window, self.dilation)[axis]
        missing = (span - extent - 2 * side) % stride if self.ceil else 0
        begins = extent + 2 * side + missing - span
        return side, side + (missing if begins < extent + side else 0)

    def arithmetic(self, shape: Shape) -> str:
        """How many windows there are, where no single operation says it."""
        if self._in_one():
            return ""
        return _windows(shape[1:], self._every_side(shape[1:]), _spans(self.window, self.dilation), self.strides)


class AdaptivePool(Mirrored):
    """`size` windows a side, None for as many as there are pixels; without a size, one window of everything."""

    data_format = FIRST

    def __init__(self, kind: str, name: str, *, largest: bool, size: tuple[int | None, ...] | None) -> None:
        super().__init__(kind, name)
        self.pool = primitives.max_pool2d if largest else primitives.average_pool2d
        self.size = size

    def check_input(self, shape: Shape) -> None:
        if self.size is not None or len(shape) not in (2, 4):
            self.check_map(shape, 2 if self.size is None else len(self.size))

    def _counts(self, size: Shape) -> Extents:
        if self.size is None:
            return (1,) * len(size)
        return tuple(extent if count is None else count for count, extent in zip(self.size, size, strict=True))

    def call(self, x: Node, context: CallContext) -> Node:
        for axis, count in enumerate(self._counts(x.shape[1:]), 1):
            x = x if count == x.shape[axis] else primitives.adaptive_pool(x, axis, count, self.pool)
        return x

    def arithmetic(self, shape: Shape) -> str:
        """How many windows there are: no rule gives that; it is the module's argument."""
        extents, _, unit = told(shape[1:]).partition(" ")
        windows = " x ".join(map(str, self._counts(shape[1:])))
        return f"{windows} windows for {extents.replace('x', ' x ')} {unit}"


class Padded(Mirrored):
    """Borders: before and behind, by axes that are counted with the batch axis. Negative ones cut off."""

    data_format = FIRST

    def __init__(self, kind: str, name: str, *, sides: Mapping[int, tuple[int, int]]) -> None:
        super().__init__(kind, name)
        self.sides = dict(sides)

    def _widths(self, rank: int) -> list[tuple[int, int]]:
        widths = [(0, 0)] * rank
        for axis, side in self.sides.items():
            widths[axis % (rank + 1) - 1] = side
        return widths

    def call(self, x: Node, context: CallContext) -> Node:
        widths = self._widths(len(x.shape))
        y = pad(x, [(max(before, 0), max(behind, 0)) for before, behind in widths])
        for axis, (before, behind) in enumerate(widths):
            if min(before, behind) < 0:
                y = slice_axis(y, axis, max(-before, 0), y.shape[axis] - max(-behind, 0))
        return y

    def arithmetic(self, shape: Shape) -> str:
        """What is added to each axis, or cut off."""
        names = ("channels ", *_AXES[len(shape) - 1])
        parts = zip(names, shape, self._widths(len(shape)), strict=True)
        told = [(name, extent, *side) for name, extent, side in parts if any(side)]
        equations = {
            f"{extent} {_signed(first)} {_signed(last)} = {extent + first + last}" for _, extent, first, last in told
        }
        if len(equations) == 1:
            return equations.pop()
        return ", ".join(
            f"{name}{extent} {_signed(first)} {_signed(last)} = {extent + first + last}"
            for name, extent, first, last in told
        )


def _signed(number: int) -> str:
    return f"{'-' if number < 0 else '+'} {abs(number)}"


class Resized(Mirrored):
    """A map in another size. Each pixel is made of `taps` neighbours along each axis; with `aligned`, the corners of
    both maps are the same."""

    data_format = FIRST

    def __init__(
        self, kind: str, name: str, *, size_for: Callable[[Extents], Extents], taps: int, aligned: bool
    ) -> None:
        super().__init__(kind, name)
        self.size_for, self.taps, self.aligned = size_for, taps, aligned

    def call(self, x: Node, context: CallContext) -> Node:
        for axis, size in enumerate(self.size_for(x.shape[1:]), 1):
            x = self._along(x, axis, size)
        return x

    def _along(self, x: Node, axis: int, size: int) -> Node:
        extent = x.shape[axis]
        first = np.floor(self._centres(extent, size)).astype(int) - (self.taps - 1) // 2
        total: Node | None = None
        for tap in range(self.taps):
            part = take(x, table(np.clip(first + tap, 0, extent - 1)), axis)
            total = part if total is None else primitives.add(total, part)
        assert total is not None
        return total

    def _centres(self, extent: int, size: int) -> np.ndarray[Any, Any]:
        """Where each pixel lies on the map that there was."""
        places = np.arange(size, dtype=float)
        if self.taps == 1:
            return places * extent / size
        if self.aligned:
            return places * ((extent - 1) / max(size - 1, 1))
        return (places + 0.5) * extent / size - 0.5

    def arithmetic(self, shape: Shape) -> str:
        """From which size to which."""
        return f"{_times(shape[1:])} pixels become {_times(self.size_for(shape[1:]))}"
