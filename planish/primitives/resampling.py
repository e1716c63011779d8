"""Which entries of a line make each entry of a line of another length, as `tf.image.resize` has them.

Entry i of `new` has its centre at (i + 1/2) * old / new in a line of `old` entries. Positions and weights are float32,
as there, so that results agree to the last bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


class Filter(NamedTuple):
    """A function of the distance from a pixel's centre, in pixels, which is zero beyond `radius`."""

    radius: float
    weight: Callable[[Floats], Floats]


class Taps(NamedTuple):
    """For each output, the n inputs that it is the sum of, `places` [out, n], and their `weights` [out, n]."""

    places: Places
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

WEIGHTED = ("bicubic", "area", *_FILTERS)
"""Interpolations that weigh several entries: those of `taps`. Without `antialias`, 'nearest' takes one, and 'bilinear'
the two `neighbours`."""

EXACT = ("bicubic", "area", "lanczos3", "lanczos5")
"""Those of them that leave a line of the same length as it is; the others smooth it."""


def nearest(old: int, new: int) -> Places:
    """The input that each output is."""
    places: Places = np.floor(centres(new) * ratio(old, new)).astype(np.int64)
    return places.clip(0, old - 1)


def neighbours(old: int, new: int) -> tuple[Places, Places, Floats]:
    """The inputs before and after each output, and how far the output is from the first."""
    places = centres(new) * ratio(old, new) - np.float32(0.5)
    before = np.floor(places)
    first = np.maximum(before, 0).astype(np.int64)
    second = np.minimum(np.ceil(places), old - 1).astype(np.int64)
    return first, second, places - before


def taps(interpolation: str, antialias: bool, old: int, new: int) -> Taps:
    """The entries that make each entry, and their weights, which add up to one."""
    if interpolation == "area":
        return _area(old, new)
    if interpolation == "bicubic" and not antialias:
        return _cubic(old, new)
    return _filtered(_SMOOTH[interpolation], antialias, old, new)


def _area(old: int, new: int) -> Taps:
    """Each output is the mean of the section of the input that it covers."""
    step = ratio(old, new)
    edges = np.arange(new + 1, dtype=np.float32) * step
    start, stop = edges[:-1, None], edges[1:, None]
    first, last = np.floor(start).astype(np.int64), np.ceil(stop).astype(np.int64)
    places = first + np.arange((last - first).max())
    covered = np.minimum(places + 1, stop) - np.maximum(places, start)
    return Taps(np.minimum(places, old - 1), np.maximum(covered, 0).astype(np.float32) / step)


def _cubic(old: int, new: int) -> Taps:
    places = centres(new) * ratio(old, new) - np.float32(0.5)
    before = np.floor(places)
    behind = np.rint((places - before) * _CUBIC_STEPS).astype(np.int64)
    steps = np.stack([behind + _CUBIC_STEPS, behind, _CUBIC_STEPS - behind, 2 * _CUBIC_STEPS - behind], axis=1)
    inputs = before.astype(np.int64)[:, None] + np.arange(-1, 3)
    weights = _keys((steps / _CUBIC_STEPS).astype(np.float32))
    return _normal(inputs, np.where((inputs < 0) | (inputs >= old), 0, weights), old)


def _filtered(kind: Filter, antialias: bool, old: int, new: int) -> Taps:
    step = np.float32(1 / (np.float32(new) / np.float32(old)))
    width = max(step, np.float32(1)) if antialias else np.float32(1)
    middles, reach = centres(new) * step, np.float32(kind.radius) * width
    first = np.ceil(middles - reach - np.float32(0.5)).clip(0, old - 1).astype(np.int64)
    last = np.floor(middles + reach - np.float32(0.5)).clip(0, old - 1).astype(np.int64)
    inputs = first[:, None] + np.arange((last - first).max() + 1)
    away = (inputs.astype(np.float32) + np.float32(0.5) - middles[:, None]) * (1 / width)
    return _normal(inputs, np.where(inputs > last[:, None], 0, kind.weight(away)), old)


def _normal(places: Places, weights: Floats, old: int) -> Taps:
    """Weights that sum to one, at positions that exist."""
    return Taps(places.clip(0, old - 1), (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))


def centres(new: int) -> Floats:
    return np.arange(new, dtype=np.float32) + np.float32(0.5)


def ratio(old: int, new: int) -> np.float32:
    """Entries of the old line for each of the new one."""
    return np.float32(old) / np.float32(new)
