"""Images moved, turned, stretched and sheared: each pixel of the result is read at a place of the image.

A layer says where: a function of coordinates, x to the right and y down, pixel centres at whole numbers. Layers that
follow one another become one reading: the coordinates go through all of them, the last layer's first, and pixels are
read once, from the image that the first layer took.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Unpack

import numpy as np

from planish import primitives
from planish.errors import explain
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.context import CallContext
from planish.layers.base.image import from_channels_last, to_channels_last
from planish.layers.base.layer import Shape
from planish.layers.preprocessing.augmentation import Augmentation, BoxOptions

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")
MOST_PIXELS = 2**24
"""Places of pixels are counted in f32."""


class Places(NamedTuple):
    """Coordinates of one pixel, or of many: f32[N, ...] both."""

    x: Node
    y: Node


Move = Callable[[Places], Places]
"""Where each place of the result is in the image, which may be outside of it."""


class Reading(NamedTuple):
    """How pixels are read between the image's own, and outside of it."""

    fill_mode: str
    fill_value: float
    interpolation: str


class Warp(NamedTuple):
    """What a chain of layers does to `source` (height, width, channels): the first layer's move first."""

    source: Node
    moves: tuple[Move, ...]
    reading: Reading | None
    """None: the moves lead from pixels to pixels, so that any way of reading gives the same."""

    def then(self, move: Move, reading: Reading | None) -> Warp | None:
        """This chain with one more layer; None if that one reads in another way."""
        if self.reading is None or reading is None or self.reading == reading:
            return Warp(self.source, (*self.moves, move), self.reading or reading)
        return None


def chained(context: CallContext, x: Node, maps: Node, move: Move, reading: Reading | None) -> Warp:
    """The chain that ends in a layer called on `x`, whose maps with the channels last are `maps`."""
    before = context.warps.get(x)
    longer = None if before is None else before.then(move, reading)
    return longer or Warp(maps, (move,), reading)


def warped(warp: Warp) -> Node:
    """The pixels of the source at the places that the chain leads to: f32[N, height, width, channels]."""
    assert warp.reading is not None
    shape, reading = warp.source.shape, warp.reading
    places, inside = _grid(shape), None
    for move in reversed(warp.moves[1:]):
        places = move(places)
        if reading.fill_mode == "constant":
            within = _within(places, shape)
            inside = within if inside is None else primitives.logical_and(inside, within)
        places = _filled(places, shape, reading.fill_mode)
    places = _filled(warp.moves[0](places), shape, reading.fill_mode)
    flat = primitives.reshape(warp.source, (shape[0] * shape[1], shape[2]))
    read = _nearest if reading.interpolation == "nearest" else _bilinear
    y = read(flat, places, shape, reading.fill_value)
    if inside is not None:
        y = primitives.select(_column(inside), y, reading.fill_value)
    return primitives.reshape(y, shape)


def _grid(shape: Shape) -> Places:
    rows, columns = np.indices(shape[:2], np.float32)
    return Places(primitives.table(columns.ravel()), primitives.table(rows.ravel()))


def _within(places: Places, shape: Shape) -> Node:
    """Whether places are nearer to a pixel of the image than to one outside of it."""
    found = [
        primitives.logical_and(primitives.greater_equal(place, -0.5), primitives.less(place, extent - 0.5))
        for place, extent in zip(places, (shape[1], shape[0]), strict=True)
    ]
    return primitives.logical_and(*found)


def _filled(places: Places, shape: Shape, mode: str) -> Places:
    fill = _FILLS[mode]
    return Places(fill(places.x, shape[1]), fill(places.y, shape[0]))


def _clamped(place: Node, extent: int) -> Node:
    return primitives.minimum(primitives.maximum(place, 0.0), float(extent - 1))


def _reflected(place: Node, extent: int) -> Node:
    """The image, mirrored, the image again, and so on: [dcba|abcd|dcba]."""
    around = primitives.remainder(place, 2.0 * extent)
    back = primitives.subtract(2.0 * extent - 1.0, around)
    return _clamped(primitives.select(primitives.less(around, float(extent)), around, back), extent)


def _mirrored(place: Node, extent: int) -> Node:
    """The same without the pixels of the edge twice: [dcb|abcd|cba]."""
    if extent == 1:
        return _clamped(place, extent)
    whole = 2.0 * (extent - 1)
    around = primitives.remainder(place, whole)
    return _clamped(primitives.minimum(around, primitives.subtract(whole, around)), extent)


def _wrapped(place: Node, extent: int) -> Node:
    """The image again and again, as TensorFlow has it: whole widths are counted in steps from centre to centre."""
    if extent == 1:
        return _clamped(place, extent)
    step = float(extent - 1)
    below = primitives.add(primitives.floor(primitives.divide(primitives.negative(place), step)), 1.0)
    above = primitives.negative(primitives.floor(primitives.divide(place, step)))
    beyond = primitives.select(primitives.greater(place, step), above, 0.0)
    widths = primitives.select(primitives.less(place, 0.0), below, beyond)
    return _clamped(primitives.add(place, primitives.multiply(widths, float(extent))), extent)


def _as_it_is(place: Node, extent: int) -> Node:
    return place


_FILLS: dict[str, Callable[[Node, int], Node]] = {
    "reflect": _reflected,
    "mirror": _mirrored,
    "wrap": _wrapped,
    "nearest": _clamped,
    "constant": _as_it_is,
}


def _column(x: Node) -> Node:
    """One entry for each pixel, beside its channels."""
    return primitives.reshape(x, (*x.shape, 1))


def _pixel(flat: Node, x: Node, y: Node, shape: Shape, fill: float) -> Node:
    """The pixels of whole coordinates; `fill` for those outside."""
    column, row = _clamped(x, shape[1]), _clamped(y, shape[0])
    pixels = primitives.take(flat, primitives.add(primitives.multiply(row, float(shape[1])), column), 0)
    inside = primitives.logical_and(primitives.equal(column, x), primitives.equal(row, y))
    return primitives.select(_column(inside), pixels, fill)


def _nearest(flat: Node, places: Places, shape: Shape, fill: float) -> Node:
    x, y = (
        primitives.trunc(primitives.add(place, primitives.select(primitives.less(place, 0.0), -0.5, 0.5)))
        for place in places
    )
    return _pixel(flat, x, y, shape, fill)


def _bilinear(flat: Node, places: Places, shape: Shape, fill: float) -> Node:
    x, y = (primitives.floor(place) for place in places)
    along, down = (_column(primitives.subtract(place, low)) for place, low in zip(places, (x, y), strict=True))
    right, below = primitives.add(x, 1.0), primitives.add(y, 1.0)
    upper = _mixed(_pixel(flat, x, y, shape, fill), _pixel(flat, right, y, shape, fill), along)
    lower = _mixed(_pixel(flat, x, below, shape, fill), _pixel(flat, right, below, shape, fill), along)
    return _mixed(upper, lower, down)


def _mixed(first: Node, second: Node, share: Node) -> Node:
    """`first` where `share` is 0, `second` where it is 1; what has no share does not count, infinite or not."""
    return primitives.add(
        primitives.multiply(first, primitives.subtract(1.0, share)),
        primitives.select(primitives.equal(share, 0.0), 0.0, primitives.multiply(second, share)),
    )


class Warping(Augmentation):
    """A layer that reads each pixel of its result at a place of the image that `move` says."""

    fill_modes: tuple[str, ...] = FILL_MODES

    def __init__(
        self,
        fill_mode: str,
        fill_value: float,
        interpolation: str,
        seed: int | None,
        data_format: str | None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.fill_mode = arguments.choice(self.label, "fill_mode", fill_mode, self.fill_modes)
        self.fill_value = arguments.number(self.label, "fill_value", fill_value)
        self.interpolation = arguments.choice(self.label, "interpolation", interpolation, INTERPOLATIONS)

    def check_map(self, shape: Shape) -> None:
        if shape[0] * shape[1] > MOST_PIXELS:
            raise ValueError(
                explain(
                    layer=self.label,
                    what="the images are too large",
                    expected=f"at most {MOST_PIXELS:,} pixels",
                    received=f"{shape[0]} x {shape[1]}",
                    remedy="put Resizing(height, width) in front of the layer",
                )
            )

    def call(self, x: Node, context: CallContext) -> Node:
        if not context.training:
            return x
        maps = to_channels_last(x, self.data_format)
        warp = chained(context, x, maps, self.move(maps.shape, self.draws(context)), self.reading)
        y = from_channels_last(warped(warp), self.data_format)
        context.warps[y] = warp
        return y

    @property
    def reading(self) -> Reading:
        return Reading(self.fill_mode, self.fill_value, self.interpolation)

    def move(self, shape: Shape, drawn: Sequence[Node]) -> Move:
        """Where the pixels of the result are in images of the shape (height, width, channels)."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "fill_mode": self.fill_mode,
            "fill_value": self.fill_value,
            "interpolation": self.interpolation,
        }


def matrix(a0: Node, a1: Node, b0: Node, b1: Node, centre: tuple[float, float]) -> Move:
    """x' = a0 x + a1 y and y' = b0 x + b1 y, measured from the centre (x, y), which stays where it is."""

    def move(places: Places) -> Places:
        x, y = (primitives.subtract(place, middle) for place, middle in zip(places, centre, strict=True))
        return Places(
            primitives.add(primitives.add(primitives.multiply(a0, x), primitives.multiply(a1, y)), centre[0]),
            primitives.add(primitives.add(primitives.multiply(b0, x), primitives.multiply(b1, y)), centre[1]),
        )

    return move
