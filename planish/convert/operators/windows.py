"""Windows over maps, as convolutions and pools have them: their settings, and borders."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from planish import ops
from planish.convert.operators.site import MOST_NUMBERS, Site
from planish.convert.operators.value import Value, by_value
from planish.layers import (
    Cropping1D,
    Cropping2D,
    Cropping3D,
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)

Extents = tuple[int, ...]

MOST = 1 << 16
"""Pixels of a border, a stride or a dilation."""

LOWEST = -3.4028234663852886e38
"""Never wins a maximum of 32-bit floats, and can be written to a file, as infinity cannot."""

_ZEROS = {1: ZeroPadding1D, 2: ZeroPadding2D, 3: ZeroPadding3D}
_CROPPINGS = {1: Cropping1D, 2: Cropping2D, 3: Cropping3D}


@dataclass(frozen=True)
class Window:
    """`before` and `behind` are the borders of each axis of space; a negative one cuts off."""

    extents: Extents
    strides: Extents
    dilations: Extents
    before: Extents
    behind: Extents

    @property
    def spans(self) -> Extents:
        """From the first tap to the last, with what is between."""
        return tuple((extent - 1) * rate + 1 for extent, rate in zip(self.extents, self.dilations, strict=True))

    def counts(self, sizes: Sequence[int]) -> Extents:
        """How many windows there are along each axis."""
        whole = [size + first + last for size, first, last in zip(sizes, self.before, self.behind, strict=True)]
        parts = zip(whole, self.spans, self.strides, strict=True)
        return tuple((size - span) // stride + 1 for size, span, stride in parts)

    @property
    def borders(self) -> list[tuple[int, int]]:
        return list(zip(self.before, self.behind, strict=True))

    def keras_padding(self, sizes: Sequence[int]) -> str | None:
        """'valid' or 'same', if the borders are those that a layer makes for it; None if they are others."""
        if not any(self.before + self.behind):
            return "valid"
        missing = same_borders(sizes, self.spans, self.strides)
        return "same" if self.borders == [(width // 2, width - width // 2) for width in missing] else None

    def reaching_end(self, sizes: Sequence[int]) -> Window:
        """With `ceil_mode`: a last window may reach beyond the border, if it begins before it."""
        behind = []
        for place, size in enumerate(sizes):
            span, stride = self.spans[place], self.strides[place]
            first, last = self.before[place], self.behind[place]
            count = -(-(size + first + last - span) // stride) + 1
            count -= (count - 1) * stride >= size + first
            behind.append(max((count - 1) * stride + span - size - first, last))
        return replace(self, behind=tuple(behind))


def same_borders(sizes: Sequence[int], spans: Sequence[int], strides: Sequence[int]) -> list[int]:
    """How much border each axis needs for ceil(size / stride) windows."""
    parts = zip(sizes, spans, strides, strict=True)
    return [max((-(-size // stride) - 1) * stride + span - size, 0) for size, span, stride in parts]


def window_of(site: Site, sizes: Sequence[int], extents: Sequence[int]) -> Window:
    """The window that an operator's settings describe, over a map of these sizes."""
    rank = len(sizes)
    strides, dilations = numbers(site, "strides", 1, rank), numbers(site, "dilations", 1, rank)
    pads = numbers(site, "pads", 0, 2 * rank)
    window = Window(tuple(map(int, extents)), strides, dilations, pads[:rank], pads[rank:])
    window = _by_itself(site, window, sizes)
    if len(window.extents) == rank and math.prod(map(sum, window.borders)) > MOST_NUMBERS:
        raise site.too_large(window.before + window.behind)
    if len(window.extents) != rank or min(window.extents) < 1 or min(window.counts(sizes)) < 1:
        raise site.mistake(
            "windows do not fit the map",
            expected=f"at least {window.spans} pixels with the borders",
            received=f"{tuple(sizes)} pixels, borders of {window.before} before and {window.behind} behind",
        )
    return window


def numbers(site: Site, name: str, default: int, count: int) -> Extents:
    """A setting with a number for each axis of space. ValueError if there are others."""
    found = tuple(int(number) for number in site.setting(name, (default,) * count))
    least = {"pads": -MOST, "output_padding": 0}.get(name, 1)
    if len(found) != count or min(found, default=1) < least or max(map(abs, found), default=1) > MOST:
        raise site.mistake(f"{name} do not fit the map", expected=f"{count} numbers, {least} to {MOST}", received=found)
    return found


def _by_itself(site: Site, window: Window, sizes: Sequence[int]) -> Window:
    """With the borders that `auto_pad` asks for."""
    how = str(site.setting("auto_pad", "NOTSET"))
    if how in ("NOTSET", ""):
        return window
    none = (0,) * len(sizes)
    if how == "VALID":
        return replace(window, before=none, behind=none)
    if how not in ("SAME_UPPER", "SAME_LOWER"):
        raise site.mistake("there is no such padding", expected="SAME_UPPER, SAME_LOWER or VALID", received=how)
    missing = same_borders(sizes, window.spans, window.strides)
    less, more = tuple(width // 2 for width in missing), tuple(width - width // 2 for width in missing)
    return (
        replace(window, before=less, behind=more) if how == "SAME_UPPER" else replace(window, before=more, behind=less)
    )


def bordered(site: Site, value: Value, borders: Sequence[tuple[int, int]], fill: float = 0.0) -> Value:
    """A map, channels last, with a border around it, or with pixels cut off where a border is negative."""
    cut = [(max(-first, 0), max(-last, 0)) for first, last in borders]
    added = [(max(first, 0), max(last, 0)) for first, last in borders]
    rank = len(borders)
    if any(map(any, cut)):
        value = value.like(site.layer(_CROPPINGS[rank], _argument(cut), suffix="crop")(value.tensor))
    if not any(map(any, added)):
        return value
    if fill == 0:
        return value.like(site.layer(_ZEROS[rank], _argument(added), suffix="pad")(value.tensor))
    widths = ((0, 0), *added, (0, 0))
    return value.like(site.named(ops.pad(value.tensor, widths, constant_values=fill), "pad"))


def _argument(borders: Sequence[tuple[int, int]]) -> tuple[int, int] | tuple[tuple[int, int], ...]:
    return tuple(borders) if len(borders) > 1 else borders[0]


def cropped(site: Site, value: Value, borders: Sequence[tuple[int, int]]) -> Value:
    return bordered(site, value, [(-first, -last) for first, last in borders])


def taps_inside(site: Site, window: Window, sizes: Sequence[int], padded: Window | None) -> np.ndarray[Any, Any]:
    """The share of each window's taps that count: those in the map, or in the map and the borders of `padded`."""
    shares = []
    for place, count in enumerate(window.counts(sizes)):
        low = -padded.before[place] if padded else 0
        high = sizes[place] + (padded.behind[place] if padded else 0)
        starts = np.arange(count)[:, None] * window.strides[place] - window.before[place]
        places = starts + np.arange(window.extents[place]) * window.dilations[place]
        shares.append(((places >= low) & (places < high)).mean(1))
    whole: np.ndarray[Any, Any] = functools.reduce(np.multiply.outer, shares)
    if (whole == 0).any():
        raise site.mistake("a window lies outside of the map", received=f"{math.prod(sizes)} pixels")
    return whole


def scaled_by_window(site: Site, value: Value, factors: np.ndarray[Any, Any]) -> Value:
    """Each pixel of a map, times a number of its own."""
    by_pixel = by_value(factors.astype(np.float32)[None, None], value)
    return value.like(site.named(ops.multiply(value.tensor, by_pixel), "share"))
