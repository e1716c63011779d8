"""A convolution in the opposite direction, over images."""

from __future__ import annotations

from typing import Any, Unpack

from planish.layers.base.common_arguments import NamedOptions
from planish.layers.transposed_convolution import TransposedConvolution


class Conv2DTranspose(TransposedConvolution):
    """Each pixel is spread by the kernel: maps become larger. kernel: [kh, kw, filters, channels].

    Sizes: 'same' gives size * stride; 'valid' size * stride + max(span of the kernel - stride, 0). With
    `output_padding`, smaller than the strides, (size - 1) * stride + span + output_padding, for 'same' less 2 * (span
    // 2).

    `kernel_size`, `strides`, `dilation_rate`: (height, width) in pixels, or one number for both. `padding`: 'valid' or
    'same'. `data_format`: 'channels_last' [n, height, width, channels] or 'channels_first'.

    `activation`: a name or a function. `use_bias`: whether there is a bias. `kernel_initializer`,
    `kernel_regularizer`, `kernel_constraint`: the first values of the kernel, a penalty, and what each step makes of
    its new values; `bias_initializer`, `bias_regularizer`, `bias_constraint` likewise. `activity_regularizer`: a
    penalty on the output. ValueError for images of another rank.

    >>> keras.layers.Conv2DTranspose(8, 3, strides=2, padding="same")(np.ones((1, 28, 28, 3))).shape
    (1, 56, 56, 8)
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        output_padding: int | tuple[int, int] | None = None,
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
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
        self.take_filters(filters, output_padding)
