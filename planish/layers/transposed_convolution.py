"""What Conv1DTranspose and Conv2DTranspose share."""

from __future__ import annotations

from typing import Any

from planish.graph.node import Node
from planish.layers.base import arguments, weight_arguments
from planish.layers.base.context import CallContext
from planish.layers.base.image import last_shape
from planish.layers.base.layer import Shape
from planish.layers.base.window_layer import WindowLayer
from planish.primitives.transposed_convolution import transposed_convolution, transposed_size
from planish.variable import Variable


class TransposedConvolution(WindowLayer):
    """Base of transposed convolutions with a kernel [*window, filters, channels]."""

    kernel: Variable

    def take_filters(self, filters: Any, output_padding: Any) -> None:
        """Checks and keeps the other arguments. ValueError if they do not go with those about windows."""
        self.filters = arguments.integer(self.label, "filters", filters)
        self.output_padding = self._checked(output_padding)
        self.refuse_strides_with_dilation()

    def _checked(self, output_padding: Any) -> tuple[int, ...] | None:
        if output_padding is None:
            return None
        more = arguments.extents(self.label, "output_padding", output_padding, self.rank, least=0)
        if any(extra >= stride for extra, stride in zip(more, self.strides, strict=True)):
            expected = f"less than the strides {self.strides} along each axis"
            most = tuple(min(extra, stride - 1) for extra, stride in zip(more, self.strides, strict=True))
            raise arguments.wrong_argument(
                self.label, "output_padding", expected, output_padding, f"output_padding={most}"
            )
        return more

    def check_input(self, shape: Shape) -> None:
        self.check_rank(shape)
        if self.built:
            fresh = f"{type(self).__name__}({self.filters}, {self.kernel_size})"
            self.check_channels(shape, self.kernel.shape[-1], fresh)
        if min(self._size(shape)) < 1:
            raise self.mistake(
                "the result has no pixels",
                shape,
                rule="padding='same' with output_padding cuts half of the kernel's span off at each side",
                expected="a result of one pixel or more",
                received=f"a size of {self._size(shape)[-self.rank :]}",
                remedy="leave output_padding out, or padding='valid'",
            )

    def _size(self, shape: Shape) -> tuple[int, int]:
        window, strides, dilation, more = self._settings()
        size = self.as_pair(last_shape(shape, self.data_format)[:-1])
        return transposed_size(size, window, strides, dilation, more, self.padding)

    def _settings(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int] | None]:
        more = None if self.output_padding is None else self.as_pair(self.output_padding, rows=0)
        window, strides, dilation = map(self.as_pair, (self.kernel_size, self.strides, self.dilation_rate))
        return window, strides, dilation, more

    def create_weights(self, shape: Shape) -> None:
        kernel_shape = (*self.kernel_size, self.filters, self.channels(shape))
        self.kernel = weight_arguments.make(self, "kernel", kernel_shape)
        self.make_bias(self.filters)

    def call(self, x: Node, context: CallContext) -> Node:
        _, strides, dilation, more = self._settings()
        kernel = self.as_kernel(self.kernel)
        return self.finished(transposed_convolution(self.as_map(x), kernel, strides, self.padding, more, dilation))

    def get_config(self) -> dict[str, Any]:
        own = {"filters": self.filters, "output_padding": self.output_padding}
        return {**super().get_config(), **own, **self.window_layer_config()}
