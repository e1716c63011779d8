"""What SeparableConv1D and SeparableConv2D share."""

from __future__ import annotations

from typing import Any

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments, weight_arguments
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Shape
from planish.layers.depthwise_convolution import MultiplyingLayer
from planish.variable import Variable


class SeparableConvolution(MultiplyingLayer):
    """Base of depthwise convolutions that one of single pixels follows."""

    depthwise_kernel: Variable
    pointwise_kernel: Variable

    def take_filters(self, filters: Any, depth_multiplier: Any) -> None:
        self.filters = arguments.integer(self.label, "filters", filters)
        self.take_multiplier(depth_multiplier)

    def check_input(self, shape: Shape) -> None:
        self.check_rank(shape)
        if self.built:
            fresh = f"{type(self).__name__}({self.filters}, {self.kernel_size})"
            self.check_channels(shape, self.depthwise_kernel.shape[-2], fresh)
        self.check_span(shape)

    def create_weights(self, shape: Shape) -> None:
        depthwise = self.depthwise_shape(shape)
        pointwise = (*(1,) * self.rank, depthwise[-2] * depthwise[-1], self.filters)
        self.depthwise_kernel = weight_arguments.make(self, "depthwise_kernel", depthwise, "depthwise")
        self.pointwise_kernel = weight_arguments.make(self, "pointwise_kernel", pointwise, "pointwise")
        self.make_bias(self.filters)

    def call(self, x: Node, context: CallContext) -> Node:
        mixed = primitives.conv2d(self.by_channel(x, self.depthwise_kernel), self.as_kernel(self.pointwise_kernel))
        return self.finished(mixed)

    def get_config(self) -> dict[str, Any]:
        own = {"depth_multiplier": self.depth_multiplier, "filters": self.filters}
        return {**super().get_config(), **own, **self.window_layer_config()}
