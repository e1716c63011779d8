"""Products of two tensors, summed along an axis of each."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.axes import MOST_AXES
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.merge import Merge

_EPSILON = 1e-12  # Keras's, under the root of the sum of squares


class Dot(Merge):
    """Sums of products along one axis of each of two tensors; for two batches of vectors [n, k], [n, 1].

    `axes`: one axis for both, or an axis of each, counted with the batch axis. `normalize`: whether vectors along the
    axes are divided by their length first, which gives cosines. ValueError if the axes differ in length.

    >>> print(keras.layers.Dot(axes=1)([np.ones((1, 3)), np.ones((1, 3))]))
    [[3.]]
    """

    needed = "axes=1"

    def __init__(self, axes: int | tuple[int, int], normalize: bool = False, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        pair = axes if isinstance(axes, list | tuple) else (axes, axes)
        if len(pair) != 2:
            raise arguments.wrong_argument(self.label, "axes", "one axis, or one of each tensor", axes)
        self._pair = tuple(arguments.integer(self.label, "axes", axis, least=-MOST_AXES) for axis in pair)
        self.axes = axes
        self.normalize = arguments.flag(self.label, "normalize", normalize)

    def check_input(self, shape: Any) -> None:
        self.require_list(shape, 2)
        for axis, of_one in zip(self._pair, shape, strict=True):
            rank = len(of_one) + 1
            if axis % rank == 0 or not -rank < axis < rank:
                raise self.mistake(
                    f"axis {axis} is not an axis of one image",
                    of_one,
                    expected=f"1 to {rank - 1}, or {1 - rank} to -1",
                    remedy="axes=-1, the last axis of both",
                )
        first, second = self._places(shape[0], shape[1])
        if shape[0][first] != shape[1][second]:
            rule = f"axis {self._pair[0]} of the first is as long as axis {self._pair[1]} of the second"
            raise self.shapes_differ("these tensors have no product along these axes", rule, shape)

    def _places(self, a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, int]:
        """The axes of one image."""
        return self._pair[0] % (len(a) + 1) - 1, self._pair[1] % (len(b) + 1) - 1

    def merged(self, nodes: list[Node]) -> Node:
        a, b = nodes
        first, second = self._places(a.shape, b.shape)
        if self.normalize:
            a, b = _of_length_one(a, first), _of_length_one(b, second)
        product = primitives.contract(a, b, ((first,), (second,)))
        return product if product.shape else primitives.reshape(product, (1,))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


def _of_length_one(x: Node, axis: int) -> Node:
    squares = primitives.reduce_sum(primitives.square(x), (axis,), True)
    return primitives.multiply(x, primitives.rsqrt(primitives.maximum(squares, _EPSILON)))


def dot(inputs: Any, axes: int | tuple[int, int] = -1, **kwargs: Any) -> Any:
    """Sums of products along an axis of each of two tensors: see `Dot`.

    `inputs`: a list of two tensors. `axes`: one axis for both, or an axis of each. `kwargs`: `normalize`, and options
    of the layer.

    >>> print(keras.layers.dot([np.ones((1, 3)), np.ones((1, 3))]))
    [[3.]]
    """
    return Dot(axes=axes, **kwargs)(inputs)
