"""What DepthwiseConv1D and DepthwiseConv2D share, and what the separable ones have of it."""

from __future__ import annotations

from typing import Any

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments, weight_arguments
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Shape
from planish.layers.base.window_layer import WindowLayer
from planish.variable import Variable


class MultiplyingLayer(WindowLayer):
    """Base of layers that convolve each channel by itself, with `depth_multiplier` kernels."""

    depth_multiplier: int

    def take_multiplier(self, depth_multiplier: Any) -> None:
        self.depth_multiplier = arguments.integer(self.label, "depth_multiplier", depth_multiplier)

    def depthwise_shape(self, shape: Shape) -> tuple[int, ...]:
        """The shape of the kernel for such images."""
        return (*self.kernel_size, self.channels(shape), self.depth_multiplier)

    def by_channel(self, x: Node, kernel: Variable) -> Node:
        """The map [rows, columns, channels] as [.., .., channels * depth_multiplier]."""
        *_, channels, multiplier = kernel.shape
        window = self.as_pair(self.kernel_size)
        grouped = primitives.reshape(kernel.node, (*window, 1, channels * multiplier))
        return self.convolved(self.as_map(x), grouped, channels)


class DepthwiseConvolution(MultiplyingLayer):
    """Base of depthwise convolutions with a kernel [*window, channels, depth_multiplier]."""

    kernel: Variable

    def check_input(self, shape: Shape) -> None:
        self.check_rank(shape)
        if self.built:
            self.check_channels(shape, self.kernel.shape[-2], f"{type(self).__name__}({self.kernel_size})")
        self.check_span(shape)

    def span_remedy(self, usual: str) -> str:
        """Whoever gives filters first, as to other convolutions, has given a kernel of that size, and strides."""
        if max(self.strides) == 1:
            return usual
        size = self.strides[0] if len(set(self.strides)) == 1 else self.strides
        fresh = f"{type(self).__name__}({size})"
        return f"{fresh}, if {self.kernel_size[0]} was to be the filters: this layer has none\n{usual}"

    def create_weights(self, shape: Shape) -> None:
        self.kernel = weight_arguments.make(self, "kernel", self.depthwise_shape(shape), "depthwise")
        self.make_bias(self.channels(shape) * self.depth_multiplier)

    def call(self, x: Node, context: CallContext) -> Node:
        return self.finished(self.by_channel(x, self.kernel))

    def get_config(self) -> dict[str, Any]:
        own = {"depth_multiplier": self.depth_multiplier}
        return {**super().get_config(), **own, **self.window_layer_config()}
