"""What part of an image a number saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain
from planish.flattening.axes import axis_names, channels_from_end, pixel_axes
from planish.flattening.reach import bounds, trace_back
from planish.graph.node import Node
from planish.primitives.regions import Region


@dataclass(frozen=True, slots=True)
class Window:
    """The smallest box of an image that holds every pixel that can reach a number.

    `shape` is the image's, without the batch axis; `slices` has a half-open slice for each of its axes, inside the
    image: `image[window.slices]`. `unclipped` has the ranges that strides, windows and padding give by themselves: they
    go beyond the image where padding was read, and may begin below zero.

    `data_format`: of the image.

    >>> image = keras.Input((28, 28, 1))
    >>> model = keras.Sequential([image, keras.layers.Conv2D(2, 3), keras.layers.Flatten(name="flat")])
    >>> model.flatten_map("flat").receptive_field(0).rows
    slice(0, 3, None)
    """

    shape: tuple[int, ...]
    data_format: str
    slices: tuple[slice, ...]
    unclipped: tuple[range, ...]
    _regions: tuple[Region, ...] = field(repr=False)

    @property
    def rows(self) -> slice:
        """Half-open, inside the image. ValueError if what the model takes has no rows and columns."""
        return self.slices[self._pixel_axes[0]]

    @property
    def columns(self) -> slice:
        """Half-open, inside the image. ValueError if what the model takes has no rows and columns."""
        return self.slices[self._pixel_axes[1]]

    @property
    def unclipped_rows(self) -> range:
        return self.unclipped[self._pixel_axes[0]]

    @property
    def unclipped_columns(self) -> range:
        return self.unclipped[self._pixel_axes[1]]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Which elements of the image reach the number: of the image's shape, with the holes that dilation leaves."""
        mask = np.zeros(self.shape, dtype=bool)
        for region in self._regions:
            mask[np.ix_(*(sorted(places) for places in region))] = True
        return mask

    @property
    def _pixel_axes(self) -> tuple[int, int]:
        axes = pixel_axes(len(self.shape), self.data_format)
        if axes is None:
            raise ValueError(
                explain(
                    what="the model takes vectors: they have no rows and columns",
                    input_shape=(None, *self.shape),
                    remedy="window.slices has a slice for every axis of the input",
                )
            )
        return axes

    def __str__(self) -> str:
        """Such as "rows 4-13, columns 0-9 of 28x28" (the last ones included)."""
        rank = len(self.shape)
        if not self._regions:
            return "nothing of the image"
        axes = pixel_axes(rank, self.data_format) or tuple(range(rank))
        names = channels_from_end(axis_names(rank, self.data_format), self.data_format)
        spans = [f"{names[axis]}s {self.slices[axis].start}-{self.slices[axis].stop - 1}" for axis in axes]
        return ", ".join(spans) + " of " + "x".join(str(self.shape[axis]) for axis in axes)


def window_of(
    node: Node, position: tuple[int, ...], image: Node, data_format: str, through: Sequence[Node] | None = None
) -> Window:
    """The window of one element of `node` in `image`, an input of its graph; along paths through nodes if given."""
    start = tuple(frozenset({place}) for place in position)
    exact = trace_back(node, start, image, clipped=True, through=through)
    spread = trace_back(node, start, image, clipped=False, through=through)
    rank = len(image.shape)
    return Window(
        image.shape,
        data_format,
        tuple(slice(span.start, span.stop) for span in bounds(exact, rank)),
        bounds(spread, rank),
        tuple(exact),
    )
