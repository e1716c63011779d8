"""A fully connected layer."""

from __future__ import annotations

from typing import Any, Unpack

from planish import activations, initializers, primitives, regularizers
from planish.graph.node import Node
from planish.layers import arguments
from planish.layers.common_arguments import NamedOptions
from planish.layers.context import CallContext
from planish.layers.layer import Layer, Shape
from planish.variable import Variable


class Dense(Layer):
    """`activation(x @ kernel + bias)` on the last axis: [.., features] -> [.., units]. kernel: [features, units].

    `activation`: a name or a function. `use_bias`: whether there is a bias [units]. `kernel_initializer` and
    `bias_initializer`: the weights' first values. `kernel_regularizer`, `bias_regularizer` and `activity_regularizer`:
    penalties. `kernel_constraint`, `bias_constraint`, `lora_rank`, `lora_alpha` and `quantization_config` are not
    supported. ValueError for a number of features that the layer was not built for.

    >>> layer = keras.layers.Dense(10, activation="softmax")
    >>> layer(np.ones((2, 784))).shape
    (2, 10)
    >>> layer.kernel.shape
    (784, 10)
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: None = None,
        bias_constraint: None = None,
        lora_rank: None = None,
        lora_alpha: None = None,
        quantization_config: None = None,
        **options: Unpack[NamedOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **options)
        arguments.unsupported(
            self.label,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            lora_rank=lora_rank,
            lora_alpha=lora_alpha,
            quantization_config=quantization_config,
        )
        self.units = arguments.integer(self.label, "units", units)
        self.activation = activations.get(activation)
        self.use_bias = arguments.flag(self.label, "use_bias", use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel: Variable
        self.bias: Variable | None = None

    def check_input(self, shape: Shape) -> None:
        if not shape:
            raise self.mistake(
                "the input has no features", shape, expected="(None, features)", remedy="add an axis: x[:, None]"
            )
        if self.built and shape[-1] != self.kernel.shape[0]:
            raise self.built_for_another("features", self.kernel.shape[0], shape[-1], shape, f"Dense({self.units})")

    def create_weights(self, shape: Shape) -> None:
        self.kernel = self.add_weight(
            "kernel", (shape[-1], self.units), self.kernel_initializer, self.kernel_regularizer
        )
        if self.use_bias:
            self.bias = self.add_weight("bias", (self.units,), self.bias_initializer, self.bias_regularizer)

    def call(self, x: Node, context: CallContext) -> Node:
        y = primitives.dense(x, self.kernel.node)
        if self.bias is not None:
            y = primitives.add(y, self.bias.node)
        return activations.applied(self.activation, y)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
            "kernel_regularizer": regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": None,
            "bias_constraint": None,
        }
