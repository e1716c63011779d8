"""PyTorch's layers on tensors of any rank."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from planish import activations, primitives
from planish.graph.node import Node
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Shape
from planish.layers.flatten import Flatten
from planish.structure.mirrored import FIRST, Mirrored


class Joined(Mirrored, Flatten):
    """PyTorch's Flatten: all pixels of the first channel come first."""

    order = FIRST

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name, data_format=FIRST)

    def call(self, x: Node, context: CallContext) -> Node:
        return primitives.reshape(x, (math.prod(x.shape),))


class Reshaped(Mirrored):
    """Another shape; `shape_for` gives it for the input's (both without the batch axis)."""

    def __init__(self, kind: str, name: str, *, shape_for: Callable[[Shape], Shape]) -> None:
        super().__init__(kind, name)
        self.shape_for = shape_for

    def call(self, x: Node, context: CallContext) -> Node:
        return primitives.reshape(x, self.shape_for(x.shape))


class Product(Mirrored):
    """Linear, on the last axis. `features` is None where PyTorch would find it out by itself."""

    def __init__(self, kind: str, name: str, *, features: int | None, units: int, bias: bool) -> None:
        super().__init__(kind, name)
        self.features, self.units, self.bias = features, units, bias

    def check_input(self, shape: Shape) -> None:
        if not shape or self.features not in (None, shape[-1]):
            received = shape[-1] if shape else "none"
            raise self.mistake(
                "the input has another number of features than the module was made for",
                shape,
                expected=f"{self.features} (in_features)",
                received=received,
                remedy=f"nn.Linear({received}, {self.units}), or nn.LazyLinear({self.units})" if shape else None,
            )

    def create_weights(self, shape: Shape) -> None:
        self.kernel = self.add_weight("weight", (shape[-1], self.units), "zeros")
        if self.bias:
            self.add_weight("bias", (self.units,), "zeros")

    def call(self, x: Node, context: CallContext) -> Node:
        return primitives.dense(x, self.kernel.node)


class Pointwise(Mirrored):
    """Something done to every number by itself, with parameters of the shapes `weights`."""

    def __init__(self, kind: str, name: str, *, weights: Sequence[Shape] = (), channels: int | None = None) -> None:
        super().__init__(kind, name)
        self.weight_shapes, self.channels = tuple(weights), channels

    def check_input(self, shape: Shape) -> None:
        if self.channels is not None and shape[:1] != (self.channels,):
            raise self.mistake(
                "the input has another number of channels than the module was made for",
                shape,
                expected=self.channels,
                received=shape[0] if shape else "none",
            )

    def create_weights(self, shape: Shape) -> None:
        for number, each in enumerate(self.weight_shapes):
            self.add_weight(f"weight_{number}", each, "zeros")

    def call(self, x: Node, context: CallContext) -> Node:
        return primitives.tanh(x)


class SoftmaxAlong(Mirrored):
    """Softmax and its kin along an axis, counted with the batch axis."""

    def __init__(self, kind: str, name: str, *, axis: int) -> None:
        super().__init__(kind, name)
        self.axis = axis

    def call(self, x: Node, context: CallContext) -> Node:
        y: Node = activations.softmax(x, self.axis)
        return y


class Averaged(Mirrored):
    """The mean over some axes, counted with the batch axis."""

    def __init__(self, kind: str, name: str, *, axes: Sequence[int], keepdims: bool) -> None:
        super().__init__(kind, name)
        self.axes, self.keepdims = tuple(axes), keepdims

    def call(self, x: Node, context: CallContext) -> Node:
        rank = len(x.shape) + 1
        return primitives.reduce_mean(x, [axis % rank - 1 for axis in self.axes], keepdims=self.keepdims)


class Normalized(Mirrored):
    """Numbers beside others of the same image: the axes from `first` on, and before `last`, are mixed. Both are counted
    with the batch axis."""

    def __init__(
        self, kind: str, name: str, *, first: int, last: int | None = None, weights: Sequence[Shape] = ()
    ) -> None:
        super().__init__(kind, name)
        self.first, self.last, self.weight_shapes = first, last, tuple(weights)

    def create_weights(self, shape: Shape) -> None:
        for number, each in enumerate(self.weight_shapes):
            self.add_weight(f"weight_{number}", each, "zeros")

    def call(self, x: Node, context: CallContext) -> Node:
        rank = len(x.shape)
        end = rank if self.last is None else self.last - 1
        means = primitives.reduce_mean(x, range(self.first % (rank + 1) - 1, end), keepdims=True)
        return primitives.subtract(x, means)


class Moved(Mirrored):
    """The same numbers at other places, or some of them. `function` takes and gives nodes, and counts axes with the
    batch axis."""

    def __init__(self, kind: str, name: str, *, function: Callable[[Node], Any]) -> None:
        super().__init__(kind, name)
        self.function = function

    def call(self, x: Node, context: CallContext) -> Node:
        y: Node = self.function(x)
        return y
