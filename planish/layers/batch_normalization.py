"""Normalisation over the batch (Ioffe and Szegedy, 2015)."""

from __future__ import annotations

import math
from typing import Any, Unpack

from planish import initializers, primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.axes import MOST_AXES
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Shape
from planish.layers.base.scaled_layer import ScaledLayer
from planish.variable import Variable


class BatchNormalization(ScaledLayer):
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta` for every channel (`axis`, counted with the batch axis).

    In training, mean and variance are those of the batch, and the moving ones follow them by `1 - momentum`. At
    inference, or if the layer is frozen (`trainable = False`), they are the moving ones. Where several processes share
    a batch (`keras.distribution`), each takes them over its own images, as in Keras, and the moving ones follow the
    means of all; `synchronized`: they are those of the whole batch.

    `center` and `scale`: whether there are `beta` and `gamma`. `beta_initializer`, `gamma_initializer`,
    `moving_mean_initializer` and `moving_variance_initializer` give the first values of the weights [channels],
    `beta_regularizer` and `gamma_regularizer` are penalties, `beta_constraint` and `gamma_constraint` what each step
    makes of the new weights. `renorm`, `renorm_clipping` and `renorm_momentum` are not supported.

    >>> layer = keras.layers.BatchNormalization()
    >>> layer(np.ones((8, 4, 4, 3))).shape
    (8, 4, 4, 3)
    >>> [weight.shape for weight in layer.get_weights()]
    [(3,), (3,), (3,), (3,)]
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
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
        label = self.label
        arguments.unsupported(label, renorm=renorm, renorm_clipping=renorm_clipping)
        if isinstance(axis, (list, tuple)) and len(axis) == 1:
            (axis,) = axis  # the form in which Keras 2 saved it
        self.axis = arguments.integer(label, "axis", axis, least=-MOST_AXES)
        self.momentum = arguments.number(label, "momentum", momentum)
        self.synchronized = arguments.flag(label, "synchronized", synchronized)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.moving_mean: Variable
        self.moving_variance: Variable

    def check_input(self, shape: Shape) -> None:
        rank = len(shape) + 1
        if self.axis % rank == 0 or not -rank < self.axis < rank:
            raise self.mistake(
                f"axis {self.axis} is not an axis of the image",
                shape,
                expected=f"1 to {rank - 1}, or {1 - rank} to -1",
                remedy="axis=-1, where the channels are (axis=1 with data_format='channels_first')",
            )
        channels = shape[self._channel_axis(shape)]
        if self.built and channels != self.moving_mean.shape[0]:
            built = self.moving_mean.shape[0]
            raise self.built_for_another("channels", built, channels, shape, "BatchNormalization()")

    def create_weights(self, shape: Shape) -> None:
        per_channel = (shape[self._channel_axis(shape)],)
        self.make_gamma_and_beta(per_channel)
        self.moving_mean = self.add_weight("moving_mean", per_channel, self.moving_mean_initializer, trainable=False)
        self.moving_variance = self.add_weight(
            "moving_variance", per_channel, self.moving_variance_initializer, trainable=False
        )

    def call(self, x: Node, context: CallContext) -> Node:
        axis, last = self._channel_axis(x.shape), len(x.shape) - 1
        to_last = (*(i for i in range(last + 1) if i != axis), axis)
        moved = x if axis == last else primitives.transpose(x, to_last)
        if context.training and self.trainable:
            mean, variance = self._batch_statistics(moved, context)
        else:
            mean, variance = self.moving_mean.node, self.moving_variance.node
        y = self._normalized(moved, mean, variance)
        return y if axis == last else primitives.transpose(y, tuple(to_last.index(i) for i in range(last + 1)))

    def _batch_statistics(self, x: Node, context: CallContext) -> tuple[Node, Node]:
        """Mean and (biased) variance of every channel over the batch; the moving ones are updated."""
        axes = tuple(range(len(x.shape) - 1))
        own = context.shared and not self.synchronized
        summed = context.own_sum if own else primitives.batch_sum
        images = primitives.maximum(primitives.share_size(), 1.0) if own else primitives.batch_size()
        count = primitives.multiply(images, float(math.prod(x.shape[:-1])))
        mean = primitives.divide(summed(x, axes), count)
        variance = primitives.divide(summed(primitives.squared_deviation(x, mean), axes), count)
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            followed = primitives.multiply(_of_all(now) if own else now, 1.0 - self.momentum)
            context.update(moving, primitives.add(primitives.multiply(moving.node, self.momentum), followed))
        return mean, variance

    def _normalized(self, x: Node, mean: Node, variance: Node) -> Node:
        """x * scale + shift, where scale and shift are computed once per channel."""
        scale = primitives.rsqrt(primitives.add(variance, self.epsilon))
        if self.gamma is not None:
            scale = primitives.multiply(scale, self.gamma.node)
        shift = primitives.negative(primitives.multiply(mean, scale))
        if self.beta is not None:
            shift = primitives.add(shift, self.beta.node)
        return primitives.add(primitives.multiply(x, scale), shift)

    def _channel_axis(self, shape: Shape) -> int:
        """The axis of one image that holds the channels."""
        return self.axis % (len(shape) + 1) - 1

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            **self.scaled_config(),
            "moving_mean_initializer": initializers.serialize(self.moving_mean_initializer),
            "moving_variance_initializer": initializers.serialize(self.moving_variance_initializer),
            "synchronized": self.synchronized,
        }


def _of_all(statistic: Node) -> Node:
    """The mean over processes, each of which counts by its images."""
    weighted = primitives.multiply(statistic, primitives.share_size())
    return primitives.divide(primitives.total(weighted), primitives.batch_size())
