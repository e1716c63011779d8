"""A convolution over volumes."""

from __future__ import annotations

from typing import Any, Unpack

from planish.graph.node import Node
from planish.layers import volumes
from planish.layers.base.common_arguments import NamedOptions
from planish.layers.base.context import CallContext
from planish.layers.base.image import last_shape, to_channels_last
from planish.layers.base.layer import Shape
from planish.layers.convolution import Convolution
from planish.primitives.volume_convolution import volume_convolution


class Conv3D(Convolution):
    """`activation(conv(x, kernel) + bias)` over planes, rows and columns. kernel: [kd, kh, kw, channels / groups,
    filters].

    'valid' keeps windows that lie entirely inside the volume; 'same' pads with zeros to ceil(size / stride) windows.

    `kernel_size`, `strides`, `dilation_rate`: (depth, height, width) in voxels, or one number for all three.
    `padding`: as above. `data_format`: 'channels_last' [n, depth, height, width, channels] or 'channels_first'.
    `groups` divides channels and filters.

    `activation`: a name or a function. `use_bias`: whether there is a bias. `kernel_initializer`,
    `kernel_regularizer`, `kernel_constraint`: the first values of the kernel, a penalty, and what each step makes of
    its new values; `bias_initializer`, `bias_regularizer`, `bias_constraint` likewise. `activity_regularizer`: a
    penalty on the output. ValueError for volumes of another rank, or smaller than the kernel.

    >>> keras.layers.Conv3D(8, 3, padding="same")(np.ones((1, 9, 16, 16, 2))).shape
    (1, 9, 16, 16, 8)
    """

    rank = 3

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int, int],
        strides: int | tuple[int, int, int] = (1, 1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int, int] = (1, 1, 1),
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Unpack[NamedOptions],
    ) -> None:
        super().__init__(
            activation,
            use_bias,
            about_weights={
                "kernel": (kernel_initializer, kernel_regularizer, kernel_constraint),
                "bias": (bias_initializer, bias_regularizer, bias_constraint),
            },
            activity_regularizer=activity_regularizer,
            **options,
        )
        self.take_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.take_filters(filters, groups)

    def call(self, x: Node, context: CallContext) -> Node:
        last = to_channels_last(x, self.data_format)
        depth, rows, columns = volumes.borders(self.padding, last.shape[:3], self._spans(), self.strides)
        own = {"strides": self.strides, "dilation": self.dilation_rate}
        y = volume_convolution(last, self.kernel.node, borders=(depth, rows, columns), groups=self.groups, **own)
        return self.finished(y)

    def arithmetic(self, shape: Shape) -> str:
        """How many windows there are along each axis, written out."""
        size = last_shape(shape, self.data_format)[:-1]
        return volumes.arithmetic(self.padding, size, self._spans(), self.strides)
