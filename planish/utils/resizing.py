"""Images in another size, as `tf.image.resize` has them: pixels have their centres at halves.

    out[y, x] = sum over the taps of y and of x: weight of y * weight of x * image[row, column]

Sums and positions are float32, as there, so that the results agree to the last bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planish.errors import unknown_name
from planish.primitives.resampling import WEIGHTED, Taps, nearest, neighbours, taps

Image = NDArray[np.uint8] | NDArray[np.float32]
Floats = NDArray[np.float32]
Size = tuple[int, int]


INTERPOLATIONS = ("bilinear", "nearest", *WEIGHTED)


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
        rows, columns = map(nearest, old, size)
        return image[rows[:, None], columns].astype(np.float32)
    if interpolation == "bilinear" and not antialias:
        return image.astype(np.float32) if old == size and image.dtype == np.uint8 else _bilinear(image, size)
    for axis in (0, 1):
        image = _summed(image, taps(interpolation, antialias, old[axis], size[axis]), axis)
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


def _bilinear(image: Image, size: Size) -> Floats:
    """Columns first, then rows. Single numbers are picked from flat rows, which is several times faster than pixels."""
    (above, below, down), (left, right, along) = map(neighbours, image.shape[:2], size)
    channels = image.shape[2]
    firsts, seconds = ((places[:, None] * channels + np.arange(channels)).ravel() for places in (left, right))
    along = np.repeat(along, channels)

    def mixed(rows: Image) -> Floats:
        first, second = (rows.take(places, 1, mode="clip").astype(np.float32) for places in (firsts, seconds))
        return _between(first, second, along)

    lines = image.reshape(len(image), -1)
    if len(image) <= size[0]:
        every = mixed(lines)
        top, bottom = every[above], every[below]
    else:
        top, bottom = mixed(lines[above]), mixed(lines[below])
    return _between(top, bottom, down[:, None]).reshape(*size, channels)


def _between(first: Floats, second: Floats, share: Floats) -> Floats:
    """first + (second - first) * share, in the memory of `second`."""
    second -= first
    second *= share
    second += first
    return second


def _summed(image: Image, weighted: Taps, axis: int) -> Floats:
    """`image` with its axis 0 or 1 as the taps have it."""
    weights = weighted.weights.T.reshape(-1, len(weighted.weights), *(1,) * (2 - axis))
    parts = (np.take(image, places, axis) * weight for places, weight in zip(weighted.places.T, weights, strict=True))
    total: Floats = next(parts)
    for part in parts:
        total += part
    return total
