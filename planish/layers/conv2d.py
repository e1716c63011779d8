"""A convolution over images."""

from __future__ import annotations

from typing import Any, Unpack

from planish import activations, primitives, regularizers
from planish.graph.node import Node
from planish.layers import arguments, misfits
from planish.layers.common_arguments import NamedOptions
from planish.layers.context import CallContext
from planish.layers.image import axes_of, from_channels_last, last_shape, reach, to_channels_last, window_padding
from planish.layers.kernel_layer import KernelLayer
from planish.layers.layer import Shape


class Conv2D(KernelLayer):
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
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
            unsupported={"lora_rank": lora_rank, "lora_alpha": lora_alpha},
            activity_regularizer=activity_regularizer,
            **options,
        )
        label = self.label
        self.filters = arguments.integer(label, "filters", filters)
        self.kernel_size = arguments.pair(label, "kernel_size", kernel_size)
        self.strides = arguments.pair(label, "strides", strides)
        self.padding = arguments.choice(label, "padding", padding, ("valid", "same"))
        self.data_format = arguments.data_format(label, data_format)
        self.dilation_rate = arguments.pair(label, "dilation_rate", dilation_rate)
        self.groups = arguments.integer(label, "groups", groups)
        self._check_combinations()

    def _check_combinations(self) -> None:
        if self.filters % self.groups:
            raise arguments.wrong_argument(
                self.label,
                "groups",
                f"a divisor of the {self.filters} filters",
                self.groups,
                "change filters or groups",
            )
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise arguments.wrong_argument(
                self.label,
                "dilation_rate",
                f"1 where strides are more than 1 (strides={self.strides})",
                self.dilation_rate,
            )

    def check_input(self, shape: Shape) -> None:
        self.require_rank(shape, 3, axes_of(self.data_format))
        *size, channels = last_shape(shape, self.data_format)
        if channels % self.groups:
            divisors = [count for count in range(1, channels + 1) if not channels % count and not self.filters % count]
            raise self.mistake(
                f"{channels} channels cannot be split into {self.groups} groups",
                shape,
                expected=f"channels that are a multiple of {self.groups}",
                received=f"{channels} channels",
                remedy="groups=" + " or ".join(map(str, divisors)),
            )
        if self.built and channels != self.kernel.shape[2] * self.groups:
            fresh = f"Conv2D({self.filters}, {self.kernel_size})"
            raise self.built_for_another("channels", self.kernel.shape[2] * self.groups, channels, shape, fresh)
        rows, columns = reach(self.kernel_size, self.dilation_rate)
        if self.padding == "valid" and (rows > size[0] or columns > size[1]):
            smaller = tuple(map(min, self.kernel_size, size))
            raise self.mistake(
                f"the kernel spans {rows}x{columns} pixels, more than the {size[0]}x{size[1]} of its input",
                shape,
                expected=f"a map of {rows}x{columns} or more",
                received=f"{size[0]}x{size[1]}",
                **misfits.too_small(
                    self.data_format, shape, f"padding='same', or kernel_size={smaller}, or larger images"
                ),
            )

    def create_weights(self, shape: Shape) -> None:
        channels = last_shape(shape, self.data_format)[-1]
        self.make_weights((*self.kernel_size, channels // self.groups, self.filters), self.filters)

    def call(self, x: Node, context: CallContext) -> Node:
        x = to_channels_last(x, self.data_format)
        padding = window_padding(self.padding, x.shape[:2], self.kernel_size, self.strides, self.dilation_rate)
        y = primitives.conv2d(x, self.kernel.node, self.strides, padding, self.dilation_rate, self.groups)
        return self._activated(self.biased(y))

    def _activated(self, y: Node) -> Node:
        """A function of single elements may come before the channels move back; others need the user's order of the
        axes."""
        if activations.is_elementwise(self.activation):
            return from_channels_last(activations.applied(self.activation, y), self.data_format)
        return activations.applied(self.activation, from_channels_last(y, self.data_format))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "groups": self.groups,
            **self.weights_config(),
            "activity_regularizer": regularizers.serialize(self.activity_regularizer),
        }
