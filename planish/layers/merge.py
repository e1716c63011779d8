"""Layers that make one tensor of several, and the functions that call them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.errors import explain
from planish.graph.node import Node
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.layer import Layer, Shape


class Merge(Layer):
    """What the merging layers share: a list of at least one tensor, and NumPy's broadcasting without the batch axis."""

    needed = ""
    """For messages: the arguments that the layer cannot be made without."""

    always_built = True

    def __init__(self, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)

    def check_input(self, shape: Any) -> None:
        self.require_list(shape)
        joined: Shape = shape[0]
        for other in shape[1:]:
            joined = self._broadcast(joined, other, shape)

    def require_list(self, shape: Any, count: int | None = None) -> None:
        """ValueError unless the layer was called on a list of tensors; `count` is how many it takes."""
        several = isinstance(shape, list | tuple) and bool(shape) and all(isinstance(s, tuple) for s in shape)
        if several and count in (None, len(shape)):
            return
        raise ValueError(
            explain(
                layer=self.label,
                what="the layer takes a list of tensors",
                expected="a list of tensors" if count is None else f"a list of {count} tensors",
                received=f"{len(shape)} tensors" if several else f"one tensor, of shape {(None, *shape)}",
                remedy=f"{type(self).__name__}({self.needed})([a, b])",
            )
        )

    def _broadcast(self, a: Shape, b: Shape, every: Sequence[Shape]) -> Shape:
        long, short = (a, b) if len(a) >= len(b) else (b, a)
        ones = long[: len(long) - len(short)]
        pairs = [*zip(long[len(ones) :], short, strict=True)]
        if any(x != y and 1 not in (x, y) for x, y in pairs):
            raise self.shapes_differ("these shapes do not go together", "extents are equal, or one of them is 1", every)
        return (*ones, *(y if x == 1 else x for x, y in pairs))

    def shapes_differ(self, what: str, rule: str, every: Sequence[Shape]) -> ValueError:
        """The error about tensors that cannot be merged."""
        return ValueError(
            explain(
                layer=self.label,
                what=what,
                rule=rule,
                received=" and ".join(str((None, *shape)) for shape in every),
                remedy="layers in front that make the shapes equal, such as Conv2D(filters, 1, strides=...) or Reshape",
            )
        )

    def call(self, inputs: Any) -> Node:
        return self.merged([*inputs])

    def merged(self, nodes: list[Node]) -> Node:
        """What the layer makes of the tensors."""
        rank = max(len(node.shape) for node in nodes)
        widened = [primitives.reshape(node, (*[1] * (rank - len(node.shape)), *node.shape)) for node in nodes]
        return functools.reduce(self.of_two, widened)

    def of_two(self, a: Node, b: Node) -> Node:
        """What the layer makes of two tensors."""
        raise NotImplementedError(f"{self.label} defines no of_two(a, b)")


class Add(Merge):
    """The sum of all tensors of a list, element by element.

    >>> print(keras.layers.Add()([np.ones((1, 2)), np.ones((1, 2))]))
    [[2. 2.]]
    """

    def of_two(self, a: Node, b: Node) -> Node:
        return primitives.add(a, b)


class Subtract(Merge):
    """The first of two tensors minus the second, element by element. ValueError for another number of tensors.

    >>> print(keras.layers.Subtract()([np.ones((1, 2)), np.ones((1, 2))]))
    [[0. 0.]]
    """

    def check_input(self, shape: Any) -> None:
        self.require_list(shape, 2)
        super().check_input(shape)

    def of_two(self, a: Node, b: Node) -> Node:
        return primitives.subtract(a, b)


class Multiply(Merge):
    """The product of all tensors of a list, element by element.

    >>> print(keras.layers.Multiply()([np.full((1, 2), 2.0), np.full((1, 2), 3.0)]))
    [[6. 6.]]
    """

    def of_two(self, a: Node, b: Node) -> Node:
        return primitives.multiply(a, b)


class Average(Merge):
    """The mean of all tensors of a list, element by element.

    >>> print(keras.layers.Average()([np.zeros((1, 2)), np.ones((1, 2))]))
    [[0.5 0.5]]
    """

    def merged(self, nodes: list[Node]) -> Node:
        return primitives.divide(super().merged(nodes), float(len(nodes)))

    def of_two(self, a: Node, b: Node) -> Node:
        return primitives.add(a, b)


class Maximum(Merge):
    """The largest of the tensors of a list, element by element.

    >>> print(keras.layers.Maximum()([np.zeros((1, 2)), np.ones((1, 2))]))
    [[1. 1.]]
    """

    def of_two(self, a: Node, b: Node) -> Node:
        return primitives.maximum(a, b)


class Minimum(Merge):
    """The smallest of the tensors of a list, element by element.

    >>> print(keras.layers.Minimum()([np.zeros((1, 2)), np.ones((1, 2))]))
    [[0. 0.]]
    """

    def of_two(self, a: Node, b: Node) -> Node:
        return primitives.minimum(a, b)


def add(inputs: Any, **kwargs: Unpack[LayerOptions]) -> Any:
    """The sum of all tensors of a list: see `Add`.

    `inputs`: a list of tensors. `kwargs`: options of the layer.

    >>> print(keras.layers.add([np.ones((1, 2)), np.ones((1, 2))]))
    [[2. 2.]]
    """
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Unpack[LayerOptions]) -> Any:
    """The first of two tensors minus the second: see `Subtract`.

    `inputs`: a list of two tensors. `kwargs`: options of the layer.

    >>> print(keras.layers.subtract([np.ones((1, 2)), np.ones((1, 2))]))
    [[0. 0.]]
    """
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Unpack[LayerOptions]) -> Any:
    """The product of all tensors of a list: see `Multiply`.

    `inputs`: a list of tensors. `kwargs`: options of the layer.

    >>> print(keras.layers.multiply([np.ones((1, 2)), np.ones((1, 2))]))
    [[1. 1.]]
    """
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Unpack[LayerOptions]) -> Any:
    """The mean of all tensors of a list: see `Average`.

    `inputs`: a list of tensors. `kwargs`: options of the layer.

    >>> print(keras.layers.average([np.zeros((1, 2)), np.ones((1, 2))]))
    [[0.5 0.5]]
    """
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Unpack[LayerOptions]) -> Any:
    """The largest of the tensors of a list: see `Maximum`.

    `inputs`: a list of tensors. `kwargs`: options of the layer.

    >>> print(keras.layers.maximum([np.zeros((1, 2)), np.ones((1, 2))]))
    [[1. 1.]]
    """
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Unpack[LayerOptions]) -> Any:
    """The smallest of the tensors of a list: see `Minimum`.

    `inputs`: a list of tensors. `kwargs`: options of the layer.

    >>> print(keras.layers.minimum([np.zeros((1, 2)), np.ones((1, 2))]))
    [[0. 0.]]
    """
    return Minimum(**kwargs)(inputs)
