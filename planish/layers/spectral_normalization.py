"""A layer whose kernel is kept at spectral norm 1 (Miyato et al., 2018)."""

from __future__ import annotations

import math
from typing import Any, Unpack

from planish import initializers, primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer, Shape
from planish.layers.base.wrapper import Wrapper
from planish.variable import Variable

_LEAST_SQUARE = 1e-14


class SpectralNormalization(Wrapper):
    """`layer`, whose kernel is divided by its largest singular value at the beginning of each step of training.

    The kernel counts as a matrix with the outputs as its columns. The value is found by `power_iterations`, which go on
    from step to step in the weight `vector_u` [1, outputs]. The kernel keeps the quotient: as in Keras, the optimizer
    goes on from there. At inference, nothing is changed. ValueError for a layer without a kernel.

    >>> layer = keras.layers.SpectralNormalization(keras.layers.Dense(2, kernel_initializer="ones"), power_iterations=5)
    >>> print(np.round(layer(np.ones((1, 3)), training=True), 3))  # the kernel is [3, 2], its norm was sqrt(6)
    [[1.225 1.225]]
    """

    kernel: Variable
    vector_u: Variable

    def __init__(self, layer: Layer, power_iterations: int = 1, **options: Unpack[LayerOptions]) -> None:
        super().__init__(layer, **options)
        self.power_iterations = arguments.integer(self.label, "power_iterations", power_iterations)

    def check_input(self, shape: Shape) -> None:
        self.layer.check_input(shape)

    def create_weights(self, shape: Shape) -> None:
        super().create_weights(shape)
        kernel = getattr(self.layer, "kernel", None)
        if not isinstance(kernel, Variable) or not kernel.shape:
            raise self.mistake(
                f"{self.layer.label} has no kernel to be normalized",
                shape,
                expected="a layer with a `kernel`, such as Dense or Conv2D",
                remedy=f"{self.layer.label.partition(' ')[0]} without SpectralNormalization around it",
            )
        self.kernel = kernel
        start = initializers.TruncatedNormal(stddev=0.02)
        self.vector_u = self.add_weight("vector_u", (1, kernel.shape[-1]), start, trainable=False)

    def forget_build(self) -> None:
        """The layer's kernel is forgotten, too."""
        super().forget_build()
        vars(self).pop("kernel", None)

    def call(self, x: Node, context: CallContext) -> Node:
        if context.training:
            vector, kernel = self._normalized()
            context.update(self.vector_u, vector)
            context.update(self.kernel, kernel)
        y: Node = self.layer(x)
        return y

    def _normalized(self) -> tuple[Node, Node]:
        """The next `vector_u` and kernel; what is 0 stays as it is."""
        kernel, u = self.kernel.node, self.vector_u.node
        matrix = primitives.reshape(kernel, (math.prod(kernel.shape[:-1]), kernel.shape[-1]))
        for _ in range(self.power_iterations):
            v = _unit(_product(matrix, u, 1))
            u = _unit(_product(matrix, v, 0))
        largest = primitives.reduce_sum(primitives.multiply(_product(matrix, u, 1), v), [0, 1])
        size = primitives.reduce_max(primitives.absolute(matrix), [0, 1])
        changed = primitives.greater(size, 0.0)
        return (
            primitives.select(changed, u, self.vector_u.node),
            primitives.select(changed, primitives.divide(kernel, largest), kernel),
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "power_iterations": self.power_iterations}


def _product(matrix: Node, vector: Node, axis: int) -> Node:
    """matrix @ vector along an axis, with the matrix's two axes."""
    return primitives.reduce_sum(primitives.multiply(matrix, vector), [axis], keepdims=True)


def _unit(vector: Node) -> Node:
    """The vector divided by its length, as Keras has it: 0 stays 0."""
    square = primitives.reduce_sum(primitives.square(vector), [0, 1])
    return primitives.multiply(vector, primitives.rsqrt(primitives.maximum(square, _LEAST_SQUARE)))
