"""What Conv1D and Conv2D share: filters over all channels, or over groups of them."""

from __future__ import annotations

from typing import Any

from planish.graph.node import Node
from planish.layers.base import arguments, weight_arguments
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Shape
from planish.layers.base.window_layer import WindowLayer
from planish.variable import Variable


class Convolution(WindowLayer):
    """Base of convolutions with a kernel [*window, channels / groups, filters]."""

    kernel: Variable

    def take_filters(self, filters: Any, groups: Any) -> None:
        """Checks and keeps the arguments about filters. ValueError if they do not go with the others."""
        self.filters = arguments.integer(self.label, "filters", filters)
        self.groups = arguments.integer(self.label, "groups", groups)
        if self.filters % self.groups:
            raise arguments.wrong_argument(
                self.label,
                "groups",
                f"a divisor of the {self.filters} filters",
                self.groups,
                "change filters or groups",
            )
        self.refuse_strides_with_dilation()

    def check_input(self, shape: Shape) -> None:
        self.check_rank(shape)
        channels = self.channels(shape)
        if channels % self.groups:
            divisors = [count for count in range(1, channels + 1) if not channels % count and not self.filters % count]
            raise self.mistake(
                f"{channels} channels cannot be split into {self.groups} groups",
                shape,
                expected=f"channels that are a multiple of {self.groups}",
                received=f"{channels} channels",
                remedy="groups=" + " or ".join(map(str, divisors)),
            )
        if self.built:
            fresh = f"{type(self).__name__}({self.filters}, {self.kernel_size})"
            self.check_channels(shape, self.kernel.shape[-2] * self.groups, fresh)
        self.check_span(shape)

    def create_weights(self, shape: Shape) -> None:
        kernel_shape = (*self.kernel_size, self.channels(shape) // self.groups, self.filters)
        self.kernel = weight_arguments.make(self, "kernel", kernel_shape)
        self.make_bias(self.filters)

    def call(self, x: Node, context: CallContext) -> Node:
        return self.finished(self.convolved(self.as_map(x), self.as_kernel(self.kernel), self.groups))

    def get_config(self) -> dict[str, Any]:
        own = {"filters": self.filters, **self.window_config(), "groups": self.groups}
        return {**super().get_config(), **own, **self.window_layer_config()}
