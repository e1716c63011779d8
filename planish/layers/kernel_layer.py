"""What layers with a kernel share: bias, activation, and the arguments about the two weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planish import activations, primitives
from planish.graph.node import Node
from planish.layers import arguments, weight_arguments
from planish.layers.layer import Layer
from planish.variable import Variable


class KernelLayer(Layer):
    """Base of layers with a `kernel`, perhaps a `bias`, and an `activation`."""

    kernel_initializer: Any
    kernel_regularizer: Any
    kernel_constraint: Any
    bias_initializer: Any
    bias_regularizer: Any
    bias_constraint: Any

    def __init__(
        self,
        activation: Any,
        use_bias: bool,
        *,
        kernel: Sequence[Any],
        bias: Sequence[Any],
        unsupported: dict[str, Any],
        **options: Any,
    ) -> None:
        """`kernel` and `bias`: the initializer, the regularizer and the constraint of each, as they were given.

        ValueError for an argument among the `unsupported` ones that is used.
        """
        super().__init__(**options)
        arguments.unsupported(self.label, **unsupported)
        self.activation = activations.get(activation)
        self.use_bias = arguments.flag(self.label, "use_bias", use_bias)
        weight_arguments.take(self, "kernel", *kernel)
        weight_arguments.take(self, "bias", *bias)
        self.kernel: Variable
        self.bias: Variable | None = None

    def make_weights(self, kernel_shape: Sequence[int], outputs: int) -> None:
        """Makes the kernel, and the bias [outputs] if there is one."""
        self.kernel = weight_arguments.make(self, "kernel", kernel_shape)
        if self.use_bias:
            self.bias = weight_arguments.make(self, "bias", (outputs,))

    def biased(self, y: Node) -> Node:
        """`y` and the bias, if there is one."""
        return y if self.bias is None else primitives.add(y, self.bias.node)

    def weights_config(self) -> dict[str, Any]:
        """The shared arguments in Keras's serialized form."""
        return {
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **weight_arguments.config(self, "kernel", "bias"),
        }
