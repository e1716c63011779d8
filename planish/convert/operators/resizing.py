"""Maps in another size, in all the ways that ONNX counts pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import ops
from planish.convert.operators.site import MOST_NUMBERS, Site, operator
from planish.convert.operators.value import Value, channels_last, unmixed
from planish.convert.operators.windows import MOST
from planish.layers import UpSampling2D

Floats = NDArray[np.float64]


@operator("Resize")
def resize(site: Site) -> Value:
    value = site.value()
    sizes, scales = _sizes_and_scales(site, value)
    axes = [axis for axis in range(value.rank) if scales[axis] != 1 or sizes[axis] != (value.shape[axis] or 1)]
    if 0 in axes:
        raise site.mistake("planish keeps the images of a batch apart", received=f"{scales[0]} times as many images")
    value = unmixed(value, axes)
    mode = str(site.setting("mode", "nearest"))
    if mode not in _WEIGHTS or site.setting("antialias", 0):
        raise site.mistake("planish does not resize so", expected=[*_WEIGHTS], received=mode, remedy="antialias=0")
    upsampled = _upsampled(site, value, axes, sizes, scales, mode)
    if upsampled is not None:
        return upsampled
    for axis in axes:
        value = _along(site, value, axis, sizes[axis], scales[axis], mode)
    return value


def _sizes_and_scales(site: Site, value: Value) -> tuple[list[int], list[float]]:
    """For each axis of the network."""
    old = [extent or 1 for extent in value.shape]
    axes = [int(axis) % value.rank for axis in site.setting("axes", range(value.rank))]
    scales, sizes = site.bound(2), site.bound(3)
    wanted = scales if scales is not None else sizes
    if (
        wanted is None
        or wanted.size != len(axes)
        or str(site.setting("keep_aspect_ratio_policy", "stretch")) != "stretch"
    ):
        raise site.mistake("it does not say a size for each axis", expected=f"scales or sizes of {len(axes)} axes")
    of_all, result = [1.0] * value.rank, [*old]
    for axis, number in zip(axes, wanted.reshape(-1), strict=True):
        if not 0 <= number <= MOST:  # nor NaN
            raise site.mistake("a scale or a size cannot be", expected=f"0 to {MOST}", received=number)
        if scales is not None:
            of_all[axis] = float(number)
            result[axis] = math.floor(old[axis] * float(number))
        elif axis:
            of_all[axis], result[axis] = int(number) / old[axis], int(number)
    if max(result) > MOST or math.prod(result) > MOST_NUMBERS:
        raise site.too_large(result)
    if min(result) < 1:
        raise site.mistake("nothing is left of the map", received=tuple(result))
    return result, of_all


def _upsampled(
    site: Site, value: Value, axes: Sequence[int], sizes: list[int], scales: list[float], mode: str
) -> Value | None:
    """By a layer, if it computes the same: whole numbers of times, and pixels that are counted as Keras counts them."""
    images = value.rank == 4 and value.order == channels_last(4) and all(axis > 1 for axis in axes)
    if not images or any(scales[axis] != sizes[axis] / (value.shape[axis] or 1) or scales[axis] % 1 for axis in axes):
        return None
    times = (int(scales[2]), int(scales[3]))
    if mode == "nearest":
        places = [_nearest(site, value.shape[axis] or 1, sizes[axis], scales[axis]) for axis in (2, 3)]
        if all((found == np.arange(found.size) // each).all() for found, each in zip(places, times, strict=True)):
            return value.like(site.layer(UpSampling2D, times)(value.tensor))
    if mode == "linear" and site.setting("coordinate_transformation_mode", "half_pixel") == "half_pixel":
        return value.like(site.layer(UpSampling2D, times, interpolation="bilinear")(value.tensor))
    return None


def _along(site: Site, value: Value, axis: int, new: int, scale: float, mode: str) -> Value:
    old, place = value.shape[axis] or 1, value.place(axis)
    if mode == "nearest":
        places = _nearest(site, old, new, scale).astype(np.int32)
        return value.like(site.named(ops.take(value.tensor, places, axis=place)))
    shares = _WEIGHTS[mode](site, old, _coordinates(site, old, new, scale))
    letters = "abcdefgh"[: value.rank]
    subscripts = f"z{letters[place]},{letters}->{letters.replace(letters[place], 'z')}"
    return value.like(site.named(ops.einsum(subscripts, shares.astype(np.float32), value.tensor)))


def _coordinates(site: Site, old: int, new: int, scale: float) -> Floats:
    """Where each new pixel is among the old ones."""
    x, how = np.arange(new, dtype=np.float64), str(site.setting("coordinate_transformation_mode", "half_pixel"))
    if how == "half_pixel" or (how == "pytorch_half_pixel" and new > 1):
        return (x + 0.5) / scale - 0.5
    if how == "pytorch_half_pixel":
        return np.zeros(new)
    if how == "asymmetric":
        return x / scale
    if how == "align_corners":
        return x * ((old - 1) / (new - 1)) if new > 1 else np.zeros(new)
    if how == "half_pixel_symmetric":
        adjustment = new / (scale * old)
        return old / 2 * (1 - adjustment) + (x + 0.5) / scale - 0.5
    raise site.mistake("planish does not count pixels so", received=how)


def _nearest(site: Site, old: int, new: int, scale: float) -> NDArray[np.int64]:
    x, how = _coordinates(site, old, new, scale), str(site.setting("nearest_mode", "round_prefer_floor"))
    rounded = {
        "round_prefer_floor": lambda: np.ceil(x - 0.5),
        "round_prefer_ceil": lambda: np.floor(x + 0.5),
        "floor": lambda: np.floor(x),
        "ceil": lambda: np.ceil(x),
    }
    if how not in rounded:
        raise site.mistake("planish does not round so", expected=[*rounded], received=how)
    found: NDArray[np.int64] = np.clip(rounded[how](), 0, old - 1).astype(np.int64)
    return found


def _matrix(old: int, places: NDArray[Any], weights: Floats) -> Floats:
    """[new, old]: how much of each old pixel is in each new one; what lies outside is the pixel at the edge."""
    shares = np.zeros((len(places), old))
    np.add.at(shares, (np.arange(len(places))[:, None], np.clip(places, 0, old - 1)), weights)
    return shares


def _linear(site: Site, old: int, x: Floats) -> Floats:
    floor = np.floor(x)
    return _matrix(old, floor.astype(int)[:, None] + [0, 1], np.stack([1 - (x - floor), x - floor], 1))


def _cubic(site: Site, old: int, x: Floats) -> Floats:
    a = float(site.setting("cubic_coeff_a", -0.75))
    floor = np.floor(x)
    distance = np.abs((x - floor)[:, None] - [-1, 0, 1, 2])
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    weights = np.where(distance <= 1, near, far)
    places = floor.astype(int)[:, None] + [-1, 0, 1, 2]
    if site.setting("exclude_outside", 0):
        weights = np.where((places >= 0) & (places < old), weights, 0)
        weights = weights / weights.sum(1, keepdims=True)
    return _matrix(old, places, weights)


_WEIGHTS: dict[str, Any] = {"nearest": None, "linear": _linear, "cubic": _cubic}
