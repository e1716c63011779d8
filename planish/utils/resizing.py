"""Images in another size, as `tf.image.resize` has them: pixels have their centres at halves.

    out[y, x] = sum over the taps of y and of x: weight of y * weight of x * image[row, column]

Sums and positions are float32, as there, so that the results agree to the last bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planish.errors import unknown_name

Image = NDArray[np.uint8] | NDArray[np.float32]
Floats = NDArray[np.float32]
Size = tuple[int, int]


class Filter(NamedTuple):
    """A function of the distance from a pixel's centre, in pixels, which is zero beyond `radius`."""

    radius: float
    weight: Callable[[Floats], Floats]


class Taps(NamedTuple):
    """For each output, the n inputs that it is the sum of, `places` [out, n], and their `weights` [out, n]."""

    places: NDArray[np.int64]
    weights: Floats


def _lanczos(radius: int) -> Filter:
    return Filter(radius, lambda x: (np.sinc(x) * np.sinc(x / radius) * (np.abs(x) <= radius)).astype(np.float32))


def _triangle(x: Floats) -> Floats:
    inside: Floats = np.clip(1 - np.abs(x), 0, None)
    return inside


def _gaussian(x: Floats) -> Floats:
    return np.where(np.abs(x) < 1.5, np.exp(-2 * x * x), 0).astype(np.float32)  # three standard deviations of 1/2


def _keys(x: Floats) -> Floats:
    x = np.abs(x)
    outer = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x >= 2, 0, np.where(x >= 1, outer, ((1.5 * x - 2.5) * x) * x + 1)).astype(np.float32)


def _mitchell(x: Floats) -> Floats:
    x = np.abs(x)
    outer = (((-7 / 18) * x + 2) * x - 10 / 3) * x + 16 / 9
    inner = (((7 / 6) * x - 2) * x) * x + 8 / 9
    return np.where(x >= 2, 0, np.where(x >= 1, outer, inner)).astype(np.float32)


_FILTERS = {
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
    "gaussian": Filter(1.5, _gaussian),
    "mitchellcubic": Filter(2, _mitchell),
}
_SMOOTH = {"bilinear": Filter(1, _triangle), "bicubic": Filter(2, _keys)} | _FILTERS
"""What is widened for images that become smaller, so that no pixel is left out."""

_CUBIC_STEPS = 1024
"""TensorFlow's cubic takes its weights from a table with so many entries per pixel."""

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "area", *_FILTERS)


def check_interpolation(name: str) -> str:
    """The name in small letters; ValueError if there is none like it."""
    if not isinstance(name, str) or name.lower() not in INTERPOLATIONS:
        raise ValueError(unknown_name("interpolation", name, INTERPOLATIONS))
    return name.lower()


def resized(image: Image, size: Size, interpolation: str = "bilinear", antialias: bool = False) -> Floats:
    """`image` [h, w, c] with `size` (height, width) as float32.

    With `antialias`, an image that becomes smaller is averaged over all of its pixels instead of sampled; 'nearest' and
    'area' do not change.
    """
    old = image.shape[:2]
    if interpolation == "nearest":
        rows, columns = map(_nearest, old, size)
        return image[rows[:, None], columns].astype(np.float32)
    if interpolation == "bilinear" and not antialias:
        return _bilinear(image, size)
    for axis in (0, 1):
        image = _summed(image, _taps(interpolation, antialias, old[axis], size[axis]), axis)
    return image.astype(np.float32, copy=False)


def middle(image: Image, size: Size) -> Image:
    """The largest part of the middle of an image that has the shape of `size`: a view."""
    height, width = image.shape[:2]
    kept_height = max(1, min(height, int(np.float32(width * size[0]) / np.float32(size[1]))))
    kept_width = max(1, min(width, int(np.float32(height * size[1]) / np.float32(size[0]))))
    top, left = (height - kept_height) // 2, (width - kept_width) // 2
    return image[top : top + kept_height, left : left + kept_width]


def padded(image: Image, size: Size, interpolation: str = "bilinear", antialias: bool = False) -> Floats:
    """The whole of an image, as large as it can be in `size`, with zeros around it."""
    old, new = (np.array(shape, np.float32) for shape in (image.shape[:2], size))
    inner = old / (old / new).max()
    height, width = (max(1, int(length)) for length in inner)
    top, left = (max(0, int(length)) for length in (new - inner) / np.float32(2))
    result = np.zeros((*size, image.shape[2]), np.float32)
    result[top : top + height, left : left + width] = resized(image, (height, width), interpolation, antialias)
    return result


def _nearest(old: int, new: int) -> NDArray[np.int64]:
    """The input that each output is."""
    places: NDArray[np.int64] = np.floor(_centres(new) * _ratio(old, new)).astype(np.int64)
    return places.clip(0, old - 1)


def _bilinear(image: Image, size: Size) -> Floats:
    (above, below, down), (left, right, along) = map(_neighbours, image.shape[:2], size)
    along = along[:, None]

    def mixed(rows: NDArray[np.int64]) -> Floats:
        first, second = (image[rows[:, None], columns].astype(np.float32) for columns in (left, right))
        return first + (second - first) * along

    top = mixed(above)
    return top + (mixed(below) - top) * down[:, None, None]


def _neighbours(old: int, new: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """The inputs before and after each output, and how far the output is from the first."""
    places = _centres(new) * _ratio(old, new) - np.float32(0.5)
    before = np.floor(places)
    first = np.maximum(before, 0).astype(np.int64)
    second = np.minimum(np.ceil(places), old - 1).astype(np.int64)
    return first, second, places - before


def _taps(interpolation: str, antialias: bool, old: int, new: int) -> Taps:
    if interpolation == "area":
        return _area(old, new)
    if interpolation == "bicubic" and not antialias:
        return _cubic(old, new)
    return _filtered(_SMOOTH[interpolation], antialias, old, new)


def _area(old: int, new: int) -> Taps:
    """Each output is the mean of the section of the input that it covers."""
    ratio = _ratio(old, new)
    edges = np.arange(new + 1, dtype=np.float32) * ratio
    start, stop = edges[:-1, None], edges[1:, None]
    first, last = np.floor(start).astype(np.int64), np.ceil(stop).astype(np.int64)
    places = first + np.arange((last - first).max())
    covered = np.minimum(places + 1, stop) - np.maximum(places, start)
    return Taps(np.minimum(places, old - 1), np.maximum(covered, 0).astype(np.float32) / ratio)


def _cubic(old: int, new: int) -> Taps:
    places = _centres(new) * _ratio(old, new) - np.float32(0.5)
    before = np.floor(places)
    behind = np.rint((places - before) * _CUBIC_STEPS).astype(np.int64)
    steps = np.stack([behind + _CUBIC_STEPS, behind, _CUBIC_STEPS - behind, 2 * _CUBIC_STEPS - behind], axis=1)
    inputs = before.astype(np.int64)[:, None] + np.arange(-1, 3)
    weights = _keys((steps / _CUBIC_STEPS).astype(np.float32))
    return _normal(inputs, np.where((inputs < 0) | (inputs >= old), 0, weights), old)


def _filtered(kind: Filter, antialias: bool, old: int, new: int) -> Taps:
    ratio = np.float32(1 / (np.float32(new) / np.float32(old)))
    width = max(ratio, np.float32(1)) if antialias else np.float32(1)
    centres, reach = _centres(new) * ratio, np.float32(kind.radius) * width
    first = np.ceil(centres - reach - np.float32(0.5)).clip(0, old - 1).astype(np.int64)
    last = np.floor(centres + reach - np.float32(0.5)).clip(0, old - 1).astype(np.int64)
    inputs = first[:, None] + np.arange((last - first).max() + 1)
    away = (inputs.astype(np.float32) + np.float32(0.5) - centres[:, None]) * (1 / width)
    return _normal(inputs, np.where(inputs > last[:, None], 0, kind.weight(away)), old)


def _normal(places: NDArray[np.int64], weights: Floats, old: int) -> Taps:
    """Weights that sum to one, at positions that exist."""
    return Taps(places.clip(0, old - 1), (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))


def _summed(image: Image, taps: Taps, axis: int) -> Floats:
    """`image` with its axis 0 or 1 as the taps have it."""
    weights = taps.weights.T.reshape(-1, len(taps.weights), *(1,) * (2 - axis))
    parts = (np.take(image, places, axis) * weight for places, weight in zip(taps.places.T, weights, strict=True))
    total: Floats = next(parts)
    for part in parts:
        total += part
    return total


def _centres(new: int) -> Floats:
    return np.arange(new, dtype=np.float32) + np.float32(0.5)


def _ratio(old: int, new: int) -> np.float32:
    """Inputs an output."""
    return np.float32(old) / np.float32(new)
