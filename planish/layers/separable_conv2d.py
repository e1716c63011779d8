"""A convolution of each channel by itself, then one that mixes the channels, over images."""

from __future__ import annotations

from typing import Any, Unpack

from planish.layers.base.common_arguments import NamedOptions
from planish.layers.separable_convolution import SeparableConvolution


class SeparableConv2D(SeparableConvolution):
    """A depthwise convolution, then one of single pixels.

    depthwise_kernel: [kh, kw, channels, depth_multiplier]; pointwise_kernel: [1, 1, channels * depth_multiplier,
    filters].

    `kernel_size`, `strides`, `dilation_rate`: (height, width) in pixels, or one number for both. `padding`: 'valid' or
    'same'. `data_format`: 'channels_last' [n, height, width, channels] or 'channels_first'. `depth_multiplier`: how
    many channels each channel gives.

    `activation`: a name or a function. `use_bias`: whether there is a bias. `depthwise_initializer`,
    `depthwise_regularizer`, `depthwise_constraint`: the first values of the kernel, a penalty, and what each step
    makes of its new values; `bias_initializer`, `bias_regularizer`, `bias_constraint` likewise.
    `activity_regularizer`: a penalty on the output. `pointwise_initializer`, `pointwise_regularizer`,
    `pointwise_constraint`: the same of the other kernel. ValueError for images of another rank, or smaller than the
    kernel.

    >>> keras.layers.SeparableConv2D(8, 3)(np.ones((1, 28, 28, 3))).shape
    (1, 26, 26, 8)
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Unpack[NamedOptions],
    ) -> None:
        super().__init__(
            activation,
            use_bias,
            about_weights={
                "depthwise": (depthwise_initializer, depthwise_regularizer, depthwise_constraint),
                "pointwise": (pointwise_initializer, pointwise_regularizer, pointwise_constraint),
                "bias": (bias_initializer, bias_regularizer, bias_constraint),
            },
            activity_regularizer=activity_regularizer,
            **options,
        )
        self.take_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.take_filters(filters, depth_multiplier)
