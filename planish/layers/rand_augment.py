"""Images changed by some of many layers, which are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers import arguments, augmentation
from planish.layers.augmentation import Augmentation, BoxOptions
from planish.layers.auto_contrast import AutoContrast
from planish.layers.equalization import Equalization
from planish.layers.layer import Shape
from planish.layers.random_brightness import RandomBrightness
from planish.layers.random_color_degeneration import RandomColorDegeneration
from planish.layers.random_contrast import RandomContrast
from planish.layers.random_posterization import RandomPosterization
from planish.layers.random_rotation import RandomRotation
from planish.layers.random_sharpness import RandomSharpness
from planish.layers.random_shear import RandomShear
from planish.layers.random_translation import RandomTranslation
from planish.layers.solarization import Solarization
from planish.layers.warping import Move, Places, Warp, Warping, warped

_Change = Callable[[Node], Node]


class RandAugment(Augmentation):
    """In training, an image is changed `num_ops` times, each time in one of eleven ways, which is drawn (Cubuk et al.,
    2019).

    The ways are those of RandomShear, RandomTranslation, RandomRotation, RandomBrightness, RandomColorDegeneration,
    RandomContrast, RandomSharpness, RandomPosterization, Solarization, AutoContrast and Equalization. `factor`: how
    strong they are, from 0 to 1; one number f stands for (0, f). Pixels are in `value_range`. `interpolation`:
    'bilinear' or 'nearest'. A layer with a `seed` draws the same at the same step in every run. `data_format`:
    'channels_last' or 'channels_first'.

    >>> keras.layers.RandAugment()(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    def __init__(
        self,
        value_range: tuple[float, float] = (0, 255),
        num_ops: int = 2,
        factor: float | tuple[float, float] = 0.5,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.value_range = pixels = augmentation.value_range(self.label, value_range)
        self.num_ops = arguments.integer(self.label, "num_ops", num_ops)
        self.factor = share = augmentation.factor_range(self.label, "factor", factor, 0.0, 1.0)
        self._moves: list[Warping] = [
            RandomShear(share, share, interpolation),
            RandomTranslation(share, share, interpolation=interpolation),
            RandomRotation(share, interpolation=interpolation),
        ]
        self._others: list[Augmentation] = [
            RandomBrightness(share, pixels),
            RandomColorDegeneration(share, pixels),
            RandomContrast(share, pixels),
            RandomSharpness(share, pixels),
            RandomPosterization(max(1, int(8 * share[1])), pixels),
            Solarization(share, share, pixels),
        ]
        self._certain = AutoContrast(pixels), Equalization(pixels)
        self.interpolation = self._moves[0].interpolation
        self.numbers_drawn = self.num_ops + sum(part.numbers_drawn for part in (*self._moves, *self._others))

    def check_map(self, shape: Shape) -> None:
        augmentation.require_colors(self, shape)
        self._moves[0].check_map(shape)

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        numbers = drawn[self.num_ops :]
        parts = dict(augmentation.shared_out([*self._moves, *self._others], numbers))
        moves = [part.move(x.shape, parts[part]) for part in self._moves]
        others: list[_Change] = [partial(part.transformed, drawn=parts[part]) for part in self._others]
        others += [self._certain[0].stretched, self._certain[1].equalized]
        count = len(moves) + len(others)
        for draw in drawn[: self.num_ops]:
            # a draw below one may round up to the number of ways
            way = primitives.minimum(primitives.floor(primitives.multiply(draw, float(count))), float(count - 1))
            x = self._changed_once(x, way, moves, others)
        return x

    def _changed_once(self, x: Node, way: Node, moves: Sequence[Move], others: Sequence[_Change]) -> Node:
        """The images after the way of that number. Pixels are read once for all moves, at places that differ."""
        read = warped(Warp(x, (_one_of(way, moves),), self._moves[0].reading))
        y = primitives.select(primitives.less(way, float(len(moves))), read, x)
        for number, change in enumerate(others, len(moves)):
            y = primitives.select(primitives.equal(way, float(number)), change(x), y)
        return y

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "value_range": self.value_range,
            "num_ops": self.num_ops,
            "factor": self.factor,
            "interpolation": self.interpolation,
        }


def _one_of(way: Node, moves: Sequence[Move]) -> Move:
    def move(places: Places) -> Places:
        moved = [each(places) for each in moves]
        x, y = moved[-1]
        for number, each in enumerate(moved[:-1]):
            chosen = primitives.equal(way, float(number))
            x, y = primitives.select(chosen, each.x, x), primitives.select(chosen, each.y, y)
        return Places(x, y)

    return move
