"""A convolution over images."""

from __future__ import annotations

from typing import Any, Unpack

from planish.layers.base.common_arguments import NamedOptions
from planish.layers.convolution import Convolution


class Conv2D(Convolution):
    """`activation(conv(x, kernel) + bias)`. kernel: [kh, kw, channels / groups, filters].

    'valid' keeps windows that lie entirely inside the image; 'same' pads with zeros to ceil(size / stride) windows.

    `kernel_size`, `strides` and `dilation_rate`: (height, width) in pixels, or one number for both. `padding`: 'valid'
    or 'same'. `data_format`: 'channels_last' [n, height, width, channels] or 'channels_first'. `groups` divides
    channels and filters. `activation`: a name or a function. `use_bias`: whether there is a bias [filters].
    `kernel_initializer`, `bias_initializer`: the weights' first values. `kernel_regularizer`, `bias_regularizer`,
    `activity_regularizer`: penalties. `kernel_constraint` and `bias_constraint`: what each step makes of the new
    weights. `lora_rank` and `lora_alpha` are not supported. ValueError for images
    of another rank, or smaller than the kernel.

    >>> layer = keras.layers.Conv2D(32, (3, 3), activation="relu")
    >>> layer(np.ones((1, 28, 28, 1))).shape
    (1, 26, 26, 32)
    >>> layer.kernel.shape
    (3, 3, 1, 32)
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
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
        lora_rank: None = None,
        lora_alpha: None = None,
        **options: Unpack[NamedOptions],
    ) -> None:
        super().__init__(
            activation,
            use_bias,
            about_weights={
                "kernel": (kernel_initializer, kernel_regularizer, kernel_constraint),
                "bias": (bias_initializer, bias_regularizer, bias_constraint),
            },
            unsupported={"lora_rank": lora_rank, "lora_alpha": lora_alpha},
            activity_regularizer=activity_regularizer,
            **options,
        )
        self.take_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.take_filters(filters, groups)
