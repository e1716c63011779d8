"""Normalization of each image in groups of channels (Wu and He, 2018)."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments, axes
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Shape
from planish.layers.base.scaled_layer import ScaledLayer

_REMEDY = "axis=-1, where the channels are (axis=1 with data_format='channels_first')"


class GroupNormalization(ScaledLayer):
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta`, with mean and variance of each image's group of channels.

    `groups`: how many; -1 makes one of each channel. `axis`: where the channels are, counted with the batch axis.
    `gamma` and `beta` are [channels]; `center` and `scale` say whether there are `beta` and `gamma`. `beta_initializer`
    and `gamma_initializer` give their first values, `beta_regularizer` and `gamma_regularizer` are penalties,
    `beta_constraint` and `gamma_constraint` what each step makes of the new weights. ValueError for channels that
    cannot be split into so many groups.

    >>> layer = keras.layers.GroupNormalization(groups=2)
    >>> print(np.round(layer(np.array([[1.0, 3.0, 20.0, 40.0]])), 2))
    [[-1.  1. -1.  1.]]
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(
            epsilon,
            center,
            scale,
            beta=(beta_initializer, beta_regularizer, beta_constraint),
            gamma=(gamma_initializer, gamma_regularizer, gamma_constraint),
            **options,
        )
        self.groups = arguments.integer(self.label, "groups", groups, least=-1)
        if self.groups == 0:
            expected = "an integer, 1 or more, or -1 for a group of each channel"
            raise arguments.wrong_argument(self.label, "groups", expected, groups)
        checked = axes.checked(self.label, axis)
        if not isinstance(checked, int):
            raise arguments.wrong_argument(self.label, "axis", "one axis: where the channels are", axis)
        self.axis = checked

    def check_input(self, shape: Shape) -> None:
        (place,) = axes.of_images(self, self.axis, shape, _REMEDY)
        channels = shape[place]
        if self.weight_shape is not None and self.weight_shape != (channels,):
            fresh = f"GroupNormalization({self.groups})"
            raise self.built_for_another("channels", self.weight_shape[0], channels, shape, fresh)
        if self.groups > 0 and channels % self.groups:
            raise self.mistake(
                f"{channels} channels cannot be split into {self.groups} groups",
                shape,
                expected=f"channels that are a multiple of {self.groups}",
                received=f"{channels} channels",
                remedy="groups=" + " or ".join(str(n) for n in range(1, channels + 1) if channels % n == 0),
            )

    def create_weights(self, shape: Shape) -> None:
        (place,) = axes.of_images(self, self.axis, shape, _REMEDY)
        if self.groups == -1:
            self.groups = shape[place]  # as Keras has it from here on
        self.make_gamma_and_beta([shape[place]])

    def call(self, x: Node, context: CallContext) -> Node:
        (place,) = axes.of_images(self, self.axis, x.shape, _REMEDY)
        mean = self._of_groups(x, place)
        variance = self._of_groups(primitives.squared_deviation(x, mean), place)
        factor = primitives.rsqrt(primitives.add(variance, self.epsilon))
        y = primitives.multiply(primitives.subtract(x, mean), factor)
        return self.scaled(y, axes.beside(x.shape, [place]))

    def _of_groups(self, x: Node, place: int) -> Node:
        """The mean of each channel's group, to be broadcast with `x`: first that of each channel, along all others."""
        others = [axis for axis in range(len(x.shape)) if axis != place]
        mean = primitives.reduce_mean(x, others, keepdims=True) if others else x
        channels = x.shape[place]
        if self.groups == channels:
            return mean
        grouped = primitives.reshape(mean, (self.groups, channels // self.groups))
        alike = primitives.broadcast_to(primitives.reduce_mean(grouped, [1], keepdims=True), grouped.shape)
        return primitives.reshape(alike, mean.shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "groups": self.groups, "axis": self.axis, **self.scaled_config()}
