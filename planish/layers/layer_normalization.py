"""Normalization of each image by itself (Ba, Kiros and Hinton, 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives, warned
from planish.graph.node import Node
from planish.layers.base import axes
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Shape
from planish.layers.base.scaled_layer import ScaledLayer

_REMEDY = "axis=-1 for the features of each place, axis=[1, 2, 3] for a whole map"


class LayerNormalization(ScaledLayer):
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta`, with mean and variance along `axis`: one axis or several,
    counted with the batch axis. `gamma` and `beta` have the sizes of these axes.

    `center` and `scale`: whether there are `beta` and `gamma`. `beta_initializer` and `gamma_initializer` give their
    first values, `beta_regularizer` and `gamma_regularizer` are penalties, `beta_constraint` and `gamma_constraint`
    what each step makes of the new weights. `rms_scaling`, which Keras no longer recommends, leaves the mean and `beta`
    out. ValueError for images without these axes.

    >>> layer = keras.layers.LayerNormalization()
    >>> print(np.round(layer(np.array([[1.0, 2.0, 3.0]])), 3))
    [[-1.224  0.     1.224]]
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        *,
        rms_scaling: bool = False,
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
        self.axis = axes.checked(self.label, axis)
        self.rms_scaling = bool(rms_scaling)
        if rms_scaling:
            warned.warn(
                f"{self.label}: rms_scaling=True divides by the standard deviation, and not by the root mean square; "
                "use RMSNormalization for the latter"
            )

    def check_input(self, shape: Shape) -> None:
        places = axes.of_images(self, self.axis, shape, _REMEDY)
        sizes = tuple(shape[place] for place in places)
        if self.weight_shape not in (None, sizes):
            raise self.mistake(
                "the layer was built for other sizes",
                shape,
                expected=f"{self.weight_shape} along axis {self.axis}",
                received=sizes,
                remedy=f"a new layer in place of {self.label}: LayerNormalization(axis={self.axis})",
            )

    def create_weights(self, shape: Shape) -> None:
        self.axis = sorted(axes.as_list(self.axis))  # as Keras has it from here on
        sizes = [shape[place] for place in axes.of_images(self, self.axis, shape, _REMEDY)]
        self.make_gamma_and_beta(sizes)

    @property
    def has_gamma(self) -> bool:
        return self.scale or self.rms_scaling

    @property
    def has_beta(self) -> bool:
        return self.center and not self.rms_scaling

    def call(self, x: Node, context: CallContext) -> Node:
        places = axes.of_images(self, self.axis, x.shape, _REMEDY)
        mean = primitives.reduce_mean(x, places, keepdims=True)
        variance = primitives.reduce_mean(primitives.squared_deviation(x, mean), places, keepdims=True)
        apart = x if self.rms_scaling else primitives.subtract(x, mean)
        y = primitives.multiply(apart, primitives.rsqrt(primitives.add(variance, self.epsilon)))
        return self.scaled(y, axes.beside(x.shape, places))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "rms_scaling": self.rms_scaling, **self.scaled_config()}
