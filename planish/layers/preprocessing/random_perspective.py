"""Images seen from another side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.draws import between
from planish.layers.base.layer import Shape
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import BoxOptions
from planish.layers.preprocessing.warping import Move, Places, Warping


class RandomPerspective(Warping):
    """In training, the corners of an image are moved to other places, and its lines stay straight.

    `factor`: the probability; of two numbers, it is drawn between them for each image, and one number f stands for
    (0, f). `scale`, from 0 to 1: how far corners move, up to half of it as a share of their distance from the upper
    left corner, which stays. `fill_value` is what is outside of the image; `interpolation`, 'bilinear' or 'nearest',
    says what is between pixels. A layer with a `seed` draws the same at the same step in every run. `data_format`:
    'channels_last' or 'channels_first'.

    >>> keras.layers.RandomPerspective()(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    numbers_drawn = 6

    def __init__(
        self,
        factor: float | tuple[float, float] = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: int | None = None,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__("constant", fill_value, interpolation, seed, data_format, **options)
        self.factor = augmentation.factor_range(self.label, "factor", factor, 0.0, 1.0)
        self.scale = arguments.number(self.label, "scale", scale, 0.0)
        if self.scale > 1.0:
            raise arguments.wrong_argument(self.label, "scale", "a number from 0 to 1", scale)

    def move(self, shape: Shape, drawn: Sequence[Node]) -> Move:
        chance, draw, *rest = drawn
        half = self.scale / 2
        changed = augmentation.by_chance(draw, chance, self.factor)
        right, below, far_right, far_below = (primitives.add(between(each, -half, half), 1.0) for each in rest)
        across = _Sides(shape[1] - 1, right, far_right)
        down = _Sides(shape[0] - 1, below, far_below)
        return seen(across, down, changed)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "factor": self.factor, "scale": self.scale}
        del config["fill_mode"]
        return config


class _Sides:
    """How an extent of the image becomes that of the side at the upper left corner, and of the one opposite."""

    def __init__(self, extent: int, near: Node, far: Node) -> None:
        self.extent, self.near, self.far = extent, near, far

    def slant(self, other: _Sides) -> Node:
        """By how much the divisor grows with each step along the other side."""
        if not other.extent:
            return primitives.constant(0.0)
        grown = primitives.subtract(primitives.divide(self.far, self.near), 1.0)
        return primitives.divide(grown, primitives.multiply(other.far, float(other.extent)))


def seen(across: _Sides, down: _Sides, changed: Node) -> Move:
    """Where the image is read that has its corners at the ends of the sides, if it is `changed`.

    With the corners (0, 0), (p, 0), (0, q), (r, s) of what was (0, 0), (w, 0), (0, h), (w, h):
        divisor = 1 + (s / q - 1) / r * x + (r / p - 1) / s * y
        x' = x * (w * (s / q - 1) / r + w / p) / divisor, and y' likewise
    """
    by_x, by_y = down.slant(across), across.slant(down)

    def move(places: Places) -> Places:
        slants = primitives.add(primitives.multiply(by_x, places.x), primitives.multiply(by_y, places.y))
        divisor = primitives.add(slants, 1.0)
        found = []
        for place, side, slant in ((places.x, across, by_x), (places.y, down, by_y)):
            factor = primitives.add(primitives.multiply(slant, float(side.extent)), primitives.divide(1.0, side.near))
            read = primitives.divide(primitives.multiply(place, factor), divisor)
            outside = primitives.select(primitives.equal(divisor, 0.0), -2.0, read)  # no place of the image
            found.append(primitives.select(changed, outside, place))
        return Places(*found)

    return move
