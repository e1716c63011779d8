"""What layers with a kernel share: bias, activation, and the arguments about the two weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planish import activations, primitives
from planish.errors import explain
from planish.graph.node import Node
from planish.layers.base import arguments, weight_arguments
from planish.layers.base.activated import Activated
from planish.variable import Variable


class KernelLayer(Activated):
    """Base of layers with a kernel or two, perhaps a `bias`, and an `activation`."""

    bias_initializer: Any
    bias_regularizer: Any
    bias_constraint: Any

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name == "kernel" and not self.built:
                text = explain(
                    layer=self.label,
                    what="the layer has no `kernel` yet",
                    rule="weights are made when the shape of the input is known",
                    remedy="an Input(shape=...) in front, or build(input_shape)",
                )
                raise AttributeError(text, name=name, obj=self)
            return super().__getattr__(name)

    bias: Variable | None = None
    """Of the class, so that it is None again in a layer that forgets that it was built."""

    def __init__(
        self,
        activation: Any,
        use_bias: bool,
        *,
        unsupported: Mapping[str, Any] | None = None,
        about_weights: Mapping[str, Sequence[Any]],
        **options: Any,
    ) -> None:
        """`about_weights`: initializer, regularizer and constraint, as they were given, for "kernel", "bias", ...

        ValueError for an argument among the `unsupported` ones that is used.
        """
        super().__init__(**options)
        arguments.unsupported(self.label, **(unsupported or {}))
        self.activation = activation
        self.use_bias = arguments.flag(self.label, "use_bias", use_bias)
        self._about = tuple(about_weights)
        for name, given in about_weights.items():
            weight_arguments.take(self, name, *given)

    def make_bias(self, outputs: int) -> None:
        """Makes the bias [outputs], if there is one."""
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
            **weight_arguments.config(self, *self._about),
        }
