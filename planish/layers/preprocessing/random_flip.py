"""Images mirrored at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.context import CallContext
from planish.layers.base.image import from_channels_last, to_channels_last
from planish.layers.preprocessing.augmentation import Augmentation, BoxOptions
from planish.layers.preprocessing.warping import Move, Places, chained, warped

_AXES = {"horizontal": (1,), "vertical": (0,), "horizontal_and_vertical": (0, 1)}


class RandomFlip(Augmentation):
    """In training, each image is mirrored with probability one half.

    `mode`: 'horizontal' (left and right), 'vertical' (up and down) or 'horizontal_and_vertical' (both at once, as in
    Keras 3).

    A layer with a `seed` draws the same at the same step in every run.

    `data_format`: 'channels_last' [n, height, width, channels] or 'channels_first'.

    >>> keras.layers.RandomFlip()(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.mode = arguments.choice(self.label, "mode", mode, (*_AXES,))

    def call(self, x: Node, context: CallContext) -> Node:
        if not context.training:
            return x
        maps, axes = to_channels_last(x, self.data_format), _AXES[self.mode]
        (draw,) = self.draws(context)
        flips = primitives.less_equal(draw, 0.5)
        move = _mirror(flips, [float(extent - 1) for extent in maps.shape[:2]], axes)
        y = from_channels_last(primitives.select(flips, primitives.flip(maps, axes), maps), self.data_format)
        warp = chained(context, x, maps, move, None)
        if len(warp.moves) > 1 and warp.reading is not None:
            y = from_channels_last(warped(warp), self.data_format)
        context.warps[y] = warp
        return y

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode}


def _mirror(flips: Node, last: Sequence[float], axes: tuple[int, ...]) -> Move:
    def mirrored(place: Node, axis: int) -> Node:
        turned = primitives.subtract(last[axis], place)
        return primitives.select(flips, turned, place) if axis in axes else place

    return lambda places: Places(mirrored(places.x, 1), mirrored(places.y, 0))
