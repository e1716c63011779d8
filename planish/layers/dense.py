"""A fully connected layer."""

from __future__ import annotations

from typing import Any, Unpack

from planish import activations, primitives
from planish.graph.node import Node
from planish.layers.base import arguments, weight_arguments
from planish.layers.base.common_arguments import NamedOptions
from planish.layers.base.context import CallContext
from planish.layers.base.kernel_layer import KernelLayer
from planish.layers.base.layer import Shape


class Dense(KernelLayer):
    """`activation(x @ kernel + bias)` on the last axis: [.., features] -> [.., units]. kernel: [features, units].

    `activation`: a name or a function. `use_bias`: whether there is a bias [units]. `kernel_initializer` and
    `bias_initializer`: the weights' first values. `kernel_regularizer`, `bias_regularizer` and `activity_regularizer`:
    penalties. `kernel_constraint` and `bias_constraint`: what each step makes of the new weights. `lora_rank`,
    `lora_alpha` and `quantization_config` are not supported. ValueError for a number of features that the layer was not
    built for.

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
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: None = None,
        lora_alpha: None = None,
        quantization_config: None = None,
        **options: Unpack[NamedOptions],
    ) -> None:
        super().__init__(
            activation,
            use_bias,
            about_weights={
                "kernel": (kernel_initializer, kernel_regularizer, kernel_constraint),
                "bias": (bias_initializer, bias_regularizer, bias_constraint),
            },
            unsupported={
                "lora_rank": lora_rank,
                "lora_alpha": lora_alpha,
                "quantization_config": quantization_config,
            },
            activity_regularizer=activity_regularizer,
            **options,
        )
        self.units = arguments.integer(self.label, "units", units)

    def check_input(self, shape: Shape) -> None:
        if not shape:
            raise self.mistake(
                "the input has no features", shape, expected="(None, features)", remedy="add an axis: x[:, None]"
            )
        if self.built and shape[-1] != self.kernel.shape[0]:
            raise self.built_for_another("features", self.kernel.shape[0], shape[-1], shape, f"Dense({self.units})")

    def create_weights(self, shape: Shape) -> None:
        self.kernel = weight_arguments.make(self, "kernel", (shape[-1], self.units))
        self.make_bias(self.units)

    def call(self, x: Node, context: CallContext) -> Node:
        return activations.applied(self.activation, self.biased(primitives.dense(x, self.kernel.node)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, **self.weights_config()}
