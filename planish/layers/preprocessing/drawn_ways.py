"""Ways in which images are changed, one of which is drawn for each image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.layer import Shape
from planish.layers.preprocessing.augmentation import Augmentation, Range
from planish.layers.preprocessing.auto_contrast import AutoContrast
from planish.layers.preprocessing.equalization import Equalization
from planish.layers.preprocessing.random_brightness import RandomBrightness
from planish.layers.preprocessing.random_color_degeneration import RandomColorDegeneration
from planish.layers.preprocessing.random_contrast import RandomContrast
from planish.layers.preprocessing.random_posterization import RandomPosterization
from planish.layers.preprocessing.random_rotation import RandomRotation
from planish.layers.preprocessing.random_sharpness import RandomSharpness
from planish.layers.preprocessing.random_shear import RandomShear
from planish.layers.preprocessing.random_translation import RandomTranslation
from planish.layers.preprocessing.solarization import Solarization
from planish.layers.preprocessing.warping import Move, Places, Warp, Warping, warped


class DrawnWays:
    """Those of RandAugment and AugMix: three that move pixels, four that change shades, and, if all are there, four
    that change colors and sharpness. With `idle`, images may also be left as they are.

    `factor`: how strong they are, from 0 to 1. Pixels are in `value_range`.
    """

    def __init__(
        self, factor: Range, value_range: Range, interpolation: str, *, colors: bool = True, idle: bool = False
    ) -> None:
        self._moves: list[Warping] = [
            RandomShear(factor, factor, interpolation),
            RandomTranslation(factor, factor, interpolation=interpolation),
            RandomRotation(factor, interpolation=interpolation),
        ]
        self._others: list[Augmentation] = [
            RandomPosterization(max(1, int(8 * factor[1])), value_range),
            Solarization(factor, factor, value_range),
        ]
        if colors:
            self._others += [
                RandomBrightness(factor, value_range),
                RandomColorDegeneration(factor, value_range),
                RandomContrast(factor, value_range),
                RandomSharpness(factor, value_range),
            ]
        self._certain = AutoContrast(value_range), Equalization(value_range)
        self._idle = idle
        self.interpolation = self._moves[0].interpolation
        self.numbers_drawn = 1 + max(part.numbers_drawn for part in (*self._moves, *self._others))

    def check_map(self, shape: Shape) -> None:
        self._moves[0].check_map(shape)

    def changed(self, x: Node, drawn: Sequence[Node]) -> Node:
        """The maps after the way that the first number says; all ways use the other numbers, since one happens.

        Pixels are read once for all moves, at places that differ.
        """
        draw, *numbers = drawn
        moves = [part.move(x.shape, numbers[: part.numbers_drawn]) for part in self._moves]
        others = self._changes(numbers)
        count = len(moves) + len(others) + self._idle
        # a draw below one may round up to the number of ways
        way = primitives.minimum(primitives.floor(primitives.multiply(draw, float(count))), float(count - 1))
        read = warped(Warp(x, (_one_of(way, moves),), self._moves[0].reading))
        y = primitives.select(primitives.less(way, float(len(moves))), read, x)
        for number, change in enumerate(others, len(moves)):
            y = primitives.select(primitives.equal(way, float(number)), change(x), y)
        return y

    def _changes(self, numbers: Sequence[Node]) -> list[Callable[[Node], Node]]:
        drawn: list[Callable[[Node], Node]] = [
            partial(part.transformed, drawn=numbers[: part.numbers_drawn]) for part in self._others
        ]
        return [*drawn, self._certain[0].stretched, self._certain[1].equalized]


def _one_of(way: Node, moves: Sequence[Move]) -> Move:
    def move(places: Places) -> Places:
        moved = [each(places) for each in moves]
        x, y = moved[-1]
        for number, each in enumerate(moved[:-1]):
            chosen = primitives.equal(way, float(number))
            x, y = primitives.select(chosen, each.x, x), primitives.select(chosen, each.y, y)
        return Places(x, y)

    return move
