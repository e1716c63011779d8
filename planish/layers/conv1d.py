"""A convolution over sequences."""

from __future__ import annotations

from typing import Any, Unpack

from planish.layers.base.common_arguments import NamedOptions
from planish.layers.convolution import Convolution


class Conv1D(Convolution):
    """`activation(conv(x, kernel) + bias)` over steps. kernel: [size, channels / groups, filters].

    'valid' keeps windows that lie entirely inside the sequence; 'same' pads with zeros to ceil(steps / stride)
    windows; 'causal' pads in front only, so that no step sees later ones.

    `kernel_size`, `strides`, `dilation_rate`: numbers of steps. `padding`: as above. `data_format`: 'channels_last'
    [n, steps, channels] or 'channels_first'. `groups` divides channels and filters.

    `activation`: a name or a function. `use_bias`: whether there is a bias. `kernel_initializer`,
    `kernel_regularizer`, `kernel_constraint`: the first values of the kernel, a penalty, and what each step makes of
    its new values; `bias_initializer`, `bias_regularizer`, `bias_constraint` likewise. `activity_regularizer`: a
    penalty on the output. ValueError for sequences of another rank, or smaller than the kernel.

    >>> keras.layers.Conv1D(32, 3, padding="causal")(np.ones((1, 28, 3))).shape
    (1, 28, 32)
    """

    rank = 1
    paddings = ("valid", "same", "causal")

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int],
        strides: int | tuple[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int] = 1,
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
