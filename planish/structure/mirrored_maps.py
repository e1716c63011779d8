"""PyTorch's layers on maps: convolutions, pools and borders."""

from __future__ import annotations

from collections.abc import Callable

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.context import CallContext
from planish.layers.base.image import Padding, Pair, from_channels_last, reach, to_channels_last
from planish.layers.base.layer import Shape
from planish.structure.mirrored import FIRST, Mirrored


class Convolution(Mirrored):
    """Conv2d. `channels` is None where PyTorch would find it out by itself."""

    data_format = FIRST

    def __init__(
        self,
        kind: str,
        name: str,
        *,
        channels: int | None,
        filters: int,
        kernel_size: Pair,
        strides: Pair,
        padding: Padding,
        dilation: Pair,
        groups: int,
        bias: bool,
    ) -> None:
        super().__init__(kind, name)
        self.channels, self.filters, self.kernel_size = channels, filters, kernel_size
        self.strides, self.padding, self.dilation = strides, padding, dilation
        self.groups, self.bias = groups, bias

    def check_input(self, shape: Shape) -> None:
        self.check_map(shape, self.channels)
        rows, columns = reach(self.kernel_size, self.dilation)
        if rows > shape[1] + sum(self.padding[0]) or columns > shape[2] + sum(self.padding[1]):
            raise self.mistake(
                f"the kernel spans {rows}x{columns} pixels, more than the {shape[1]}x{shape[2]} of its padded input",
                shape,
                remedy="use padding, a smaller kernel, larger images, or fewer poolings before this layer",
            )

    def create_weights(self, shape: Shape) -> None:
        self.kernel = self.add_weight("weight", (*self.kernel_size, shape[0] // self.groups, self.filters), "zeros")
        if self.bias:
            self.add_weight("bias", (self.filters,), "zeros")

    def call(self, x: Node, context: CallContext) -> Node:
        x = to_channels_last(x, FIRST)
        y = primitives.conv2d(x, self.kernel.node, self.strides, self.padding, self.dilation, self.groups)
        return from_channels_last(y, FIRST)


class Pool(Mirrored):
    """MaxPool2d and AvgPool2d. With `ceil`, windows that begin inside the map count, too."""

    data_format = FIRST

    def __init__(
        self,
        kind: str,
        name: str,
        *,
        pool: Callable[..., Node],
        window: Pair,
        strides: Pair,
        padding: Pair,
        ceil: bool,
    ) -> None:
        super().__init__(kind, name)
        self.pool, self.window, self.strides, self.padding, self.ceil = pool, window, strides, padding, ceil

    def check_input(self, shape: Shape) -> None:
        self.check_map(shape)
        if any(self.window[axis] > shape[1 + axis] + sum(self._sides(axis, shape[1 + axis])) for axis in (0, 1)):
            raise self.mistake(
                f"pooling windows of {self.window[0]}x{self.window[1]} leave nothing of {shape[1]}x{shape[2]} pixels",
                shape,
                remedy="use padding, smaller windows, larger images, or fewer poolings before this layer",
            )

    def call(self, x: Node, context: CallContext) -> Node:
        x = to_channels_last(x, FIRST)
        rows, columns = (self._sides(axis, x.shape[axis]) for axis in (0, 1))
        return from_channels_last(self.pool(x, self.window, self.strides, (rows, columns)), FIRST)

    def _sides(self, axis: int, extent: int) -> Pair:
        """Padding before and after: with `ceil`, as much more as the last window lacks, if it begins in the map."""
        side, window, stride = self.padding[axis], self.window[axis], self.strides[axis]
        missing = (window - extent - 2 * side) % stride if self.ceil else 0
        begins = extent + 2 * side + missing - window
        return side, side + (missing if begins < extent + side else 0)


class AdaptivePool(Mirrored):
    """AdaptiveAvgPool2d and AdaptiveMaxPool2d: `size` windows a side, None for as many as there are pixels."""

    data_format = FIRST

    def __init__(self, kind: str, name: str, *, pool: Callable[..., Node], size: tuple[int | None, int | None]) -> None:
        super().__init__(kind, name)
        self.pool, self.size = pool, size

    def check_input(self, shape: Shape) -> None:
        self.check_map(shape)

    def call(self, x: Node, context: CallContext) -> Node:
        for axis, count in ((1, self.size[0]), (2, self.size[1])):
            x = x if count is None else primitives.adaptive_pool(x, axis, count, self.pool)
        return x

    def arithmetic(self, shape: Shape) -> str:
        """How many windows there are: no rule gives that; it is the module's argument."""
        rows, columns = (extent if count is None else count for count, extent in zip(self.size, shape[1:], strict=True))
        return f"{rows} x {columns} windows for {shape[1]} x {shape[2]} pixels"


class Padded(Mirrored):
    """ZeroPad2d and ConstantPad2d."""

    data_format = FIRST

    def __init__(self, kind: str, name: str, *, padding: Padding) -> None:
        super().__init__(kind, name)
        self.padding = padding

    def check_input(self, shape: Shape) -> None:
        self.check_map(shape)

    def call(self, x: Node, context: CallContext) -> Node:
        return from_channels_last(primitives.pad2d(to_channels_last(x, FIRST), self.padding), FIRST)
