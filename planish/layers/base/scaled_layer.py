"""What normalizations share: a scale `gamma` and an offset `beta`, each of which may be left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments, weight_arguments
from planish.layers.base.layer import Layer, Shape
from planish.variable import Variable


class ScaledLayer(Layer):
    """Base of layers that give `gamma * x + beta` for an `x` of mean 0 and variance 1."""

    beta_initializer: Any
    beta_regularizer: Any
    beta_constraint: Any
    gamma_initializer: Any
    gamma_regularizer: Any
    gamma_constraint: Any

    gamma: Variable | None = None
    beta: Variable | None = None
    """Of the class, so that they are None again in a layer that forgets that it was built."""

    def __init__(
        self, epsilon: float, center: bool, scale: bool, *, beta: Sequence[Any], gamma: Sequence[Any], **options: Any
    ) -> None:
        """`beta` and `gamma`: the initializer, the regularizer and the constraint of each, as they were given."""
        super().__init__(**options)
        self.epsilon = arguments.number(self.label, "epsilon", epsilon, 0.0)
        self.center = arguments.flag(self.label, "center", center)
        self.scale = arguments.flag(self.label, "scale", scale)
        weight_arguments.take(self, "beta", *beta)
        weight_arguments.take(self, "gamma", *gamma)

    def make_gamma_and_beta(self, shape: Sequence[int]) -> None:
        """Makes those that there are, of the shape."""
        if self.has_gamma:
            self.gamma = weight_arguments.make(self, "gamma", shape)
        if self.has_beta:
            self.beta = weight_arguments.make(self, "beta", shape)

    @property
    def has_gamma(self) -> bool:
        return self.scale

    @property
    def has_beta(self) -> bool:
        return self.center

    @property
    def weight_shape(self) -> Shape | None:
        """The shape of `gamma` and `beta`; None if there is neither, or not yet."""
        weight = self.beta if self.gamma is None else self.gamma
        return None if weight is None else weight.shape

    def scaled(self, x: Node, shape: Shape) -> Node:
        """`gamma * x + beta`, both reshaped to broadcast with an image."""
        if self.gamma is not None:
            x = primitives.multiply(x, primitives.reshape(self.gamma.node, shape))
        return x if self.beta is None else primitives.add(x, primitives.reshape(self.beta.node, shape))

    def scaled_config(self) -> dict[str, Any]:
        """The shared arguments in Keras's serialized form."""
        return {
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **weight_arguments.config(self, "beta", "gamma"),
        }
