"""Tensors joined along an axis."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.axes import MOST_AXES
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.merge import Merge


class Concatenate(Merge):
    """All tensors of a list, one after another along `axis` (counted with the batch axis).

    ValueError if they differ in another axis, or if the axis is the batch's.

    >>> keras.layers.Concatenate()([np.ones((1, 4, 4, 3)), np.ones((1, 4, 4, 5))]).shape
    (1, 4, 4, 8)
    """

    def __init__(self, axis: int = -1, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.axis = arguments.integer(self.label, "axis", axis, least=-MOST_AXES)

    def check_input(self, shape: Any) -> None:
        self.require_list(shape)
        rank = len(shape[0]) + 1
        if any(len(other) + 1 != rank for other in shape):
            raise self.shapes_differ("tensors of different ranks cannot be joined", "all have the same rank", shape)
        if self.axis % rank == 0 or not -rank < self.axis < rank:
            raise self.mistake(
                f"axis {self.axis} is not an axis of one image",
                shape[0],
                expected=f"1 to {rank - 1}, or {1 - rank} to -1",
                remedy="axis=-1, where the channels are",
            )
        place = self.axis % rank - 1
        if len({(*other[:place], *other[place + 1 :]) for other in shape}) != 1:
            rule = f"they may differ only along axis {self.axis}"
            raise self.shapes_differ(f"these tensors cannot be joined along axis {self.axis}", rule, shape)

    def merged(self, nodes: list[Node]) -> Node:
        if len(nodes) == 1:
            return nodes[0]
        return primitives.concatenate(nodes, self.axis % (len(nodes[0].shape) + 1) - 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def concatenate(inputs: Any, axis: int = -1, **kwargs: Unpack[LayerOptions]) -> Any:
    """All tensors of a list, one after another along `axis`: see `Concatenate`.

    `inputs`: a list of tensors. `kwargs`: options of the layer.

    >>> keras.layers.concatenate([np.ones((1, 3)), np.ones((1, 5))]).shape
    (1, 8)
    """
    return Concatenate(axis=axis, **kwargs)(inputs)
