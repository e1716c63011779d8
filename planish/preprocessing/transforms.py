"""Changes of one image, an array of three axes: turned, shifted, sheared, zoomed, brighter, with other colours."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain
from planish.utils import array_to_img, img_to_array

Image = NDArray[Any]

FILL_MODES = (
    "constant",
    "grid-constant",
    "grid-mirror",
    "grid-wrap",
    "mirror",
    "nearest",
    "reflect",
    "wrap",
)
"""What lies beyond an image's edges, with SciPy's names."""


class Reading(NamedTuple):
    """The axes of an image, and how pixels are read between its own and outside of it."""

    row_axis: int
    col_axis: int
    channel_axis: int
    fill_mode: str
    cval: float
    order: int


class Affine(NamedTuple):
    """A change of an image: turned about its middle by degrees, shifted by pixels, sheared by degrees, zoomed."""

    theta: float = 0
    tx: float = 0
    ty: float = 0
    shear: float = 0
    zx: float = 1
    zy: float = 1

    def of(self, x: Image, reading: Reading) -> Image:
        """The image changed, in the same shape; itself if nothing is to change."""
        row_axis, col_axis, channel_axis, fill_mode, cval, order = reading
        _check_axes(x, row_axis, col_axis, channel_axis)
        check_fill_mode(fill_mode)
        steps = self._steps()
        if not steps:
            return x
        transform = _scipy_transform()
        # Matrices are of (x, y, 1) and turn about the middle; arrays are indexed by (row, column).
        across, down = (x.shape[axis] / 2 - 0.5 for axis in (col_axis, row_axis))
        matrix = _shift(across, down) @ reduce(np.matmul, steps) @ _shift(-across, -down)
        order_of_axes = [1, 0] if col_axis > row_axis else [0, 1]
        inner, offset = matrix[:2, :2][order_of_axes][:, order_of_axes], matrix[:2, 2][order_of_axes]
        channels = [
            transform(channel, inner, offset, order=order, mode=fill_mode, cval=cval)
            for channel in np.moveaxis(x, channel_axis, 0)
        ]
        return np.stack(channels, axis=channel_axis)

    def _steps(self) -> list[NDArray[np.float64]]:
        """The matrices of the parts that change anything, of points (x, y, 1)."""
        turn, lean = np.deg2rad(self.theta), np.deg2rad(self.shear)
        steps = [
            (self.theta != 0, [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]),
            (self.tx != 0 or self.ty != 0, _shift(self.tx, self.ty)),
            (self.shear != 0, [[1, -np.sin(lean), 0], [0, np.cos(lean), 0], [0, 0, 1]]),
            (self.zx != 1 or self.zy != 1, [[self.zx, 0, 0], [0, self.zy, 0], [0, 0, 1]]),
        ]
        return [np.array(matrix, np.float64) for acts, matrix in steps if acts]


def apply_affine_transform(
    x: Image,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> Image:
    """An image that is turned by `theta` degrees about its middle, shifted, sheared and zoomed, in the same size.

    `tx`, `ty`: the shift along the columns and along the rows, in pixels; `shear`: an angle in degrees; `zx`, `zy`: how
    many pixels of `x` become one, along columns and along rows (above 1 shows more of it). `row_axis`, `col_axis` and
    `channel_axis` are the axes of `x`; channels are the first or the last. `fill_mode` says what lies beyond the edges:
    'nearest', 'constant' (`cval`), 'reflect', 'wrap'; `order`: of the splines between pixels, 0 to 5.

    ImportError without SciPy; ValueError for wrong axes and names.

    >>> keras.preprocessing.image.apply_affine_transform(np.arange(3.0).reshape(1, 1, 3), tx=1)
    array([[[1., 2., 2.]]])
    """
    change = Affine(theta=theta, tx=tx, ty=ty, shear=shear, zx=zx, zy=zy)
    return change.of(x, Reading(row_axis, col_axis, channel_axis, fill_mode, cval, order))


def apply_channel_shift(x: Image, intensity: float, channel_axis: int = 0) -> Image:
    """The image `x` with `intensity` added to all of its values, which stay between its smallest and its largest.

    `channel_axis` changes nothing, as all channels change alike.

    >>> keras.preprocessing.image.apply_channel_shift(np.arange(3.0).reshape(1, 1, 3), 1)
    array([[[1., 2., 2.]]])
    """
    return np.clip(x + intensity, np.min(x), np.max(x))


def apply_brightness_shift(x: Image, brightness: float, scale: bool = True) -> Image:
    """The image `x`, of 1, 3 or 4 channels in the last axis, made `brightness` times as bright (0 is black), float32.

    With `scale`, its values are brought to 0-255 first. Without, values of 0-255 stay in that scale, whole numbers; an
    image with others is brought to 0-255 and back.

    >>> keras.preprocessing.image.apply_brightness_shift(np.full((1, 1, 3), 100), 2, scale=False)
    array([[[200., 200., 200.]]], dtype=float32)
    """
    from PIL import ImageEnhance

    least, most = float(np.min(x)), float(np.max(x))
    beyond = least < 0 or most > 255
    image = array_to_img(x, "channels_last", scale=beyond or scale)
    array = img_to_array(ImageEnhance.Brightness(image).enhance(brightness), "channels_last")
    return array / 255 * (most - least) + least if beyond and not scale else array


def random_rotation(
    x: Image,
    rg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Image:
    """An image turned by an angle between -`rg` and `rg` degrees, drawn from NumPy's global generator.

    `x`, `row_axis`, `col_axis`, `channel_axis`, `fill_mode`, `cval`: see `apply_affine_transform`, whose `order` is
    `interpolation_order`.

    >>> keras.preprocessing.image.random_rotation(np.ones((3, 8, 8)), 20).shape
    (3, 8, 8)
    """
    theta = np.random.uniform(-rg, rg)
    reading = Reading(row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return Affine(theta=theta).of(x, reading)


def random_shift(
    x: Image,
    wrg: float,
    hrg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Image:
    """An image shifted by up to `wrg` of its width and `hrg` of its height, drawn from NumPy's global generator.

    `x`, `row_axis`, `col_axis`, `channel_axis`, `fill_mode`, `cval`: see `apply_affine_transform`, whose `order` is
    `interpolation_order`.

    >>> keras.preprocessing.image.random_shift(np.ones((3, 8, 8)), 0.1, 0.1).shape
    (3, 8, 8)
    """
    down = np.random.uniform(-hrg, hrg) * x.shape[row_axis]
    across = np.random.uniform(-wrg, wrg) * x.shape[col_axis]
    reading = Reading(row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return Affine(tx=across, ty=down).of(x, reading)


def random_shear(
    x: Image,
    intensity: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Image:
    """An image sheared by an angle between -`intensity` and `intensity` degrees, drawn from NumPy's global generator.

    `x`, `row_axis`, `col_axis`, `channel_axis`, `fill_mode`, `cval`: see `apply_affine_transform`, whose `order` is
    `interpolation_order`.

    >>> keras.preprocessing.image.random_shear(np.ones((3, 8, 8)), 10).shape
    (3, 8, 8)
    """
    shear = np.random.uniform(-intensity, intensity)
    reading = Reading(row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return Affine(shear=shear).of(x, reading)


def random_zoom(
    x: Image,
    zoom_range: tuple[float, float],
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
) -> Image:
    """An image zoomed by two factors of `zoom_range`, (smallest, largest), drawn from NumPy's global generator.

    `x`, `row_axis`, `col_axis`, `channel_axis`, `fill_mode`, `cval`: see `apply_affine_transform`, whose `order` is
    `interpolation_order`.

    >>> keras.preprocessing.image.random_zoom(np.ones((3, 8, 8)), (0.8, 1.2)).shape
    (3, 8, 8)
    """
    least, most = pair("zoom_range", zoom_range)
    zx, zy = (1.0, 1.0) if least == most == 1 else np.random.uniform(least, most, 2).tolist()
    reading = Reading(row_axis, col_axis, channel_axis, fill_mode, cval, interpolation_order)
    return Affine(zx=zx, zy=zy).of(x, reading)


def random_channel_shift(x: Image, intensity_range: float, channel_axis: int = 0) -> Image:
    """`apply_channel_shift` of `x` by up to `intensity_range`, up or down, drawn from NumPy's global generator.

    `channel_axis` changes nothing, as all channels change alike.

    >>> keras.preprocessing.image.random_channel_shift(np.ones((3, 8, 8)), 10).shape
    (3, 8, 8)
    """
    return apply_channel_shift(x, np.random.uniform(-intensity_range, intensity_range), channel_axis)


def random_brightness(x: Image, brightness_range: tuple[float, float], scale: bool = True) -> Image:
    """`apply_brightness_shift` of `x` by a factor of `brightness_range`, (smallest, largest), drawn from NumPy's global
    generator; `scale` as there.

    >>> keras.preprocessing.image.random_brightness(np.ones((8, 8, 3)), (0.5, 1.5)).shape
    (8, 8, 3)
    """
    return apply_brightness_shift(x, np.random.uniform(*pair("brightness_range", brightness_range)), scale)


def pair(argument: str, value: Any) -> tuple[float, float]:
    """(smallest, largest) of a range. ValueError, naming the argument, for anything but two numbers."""
    if not isinstance(value, tuple | list | np.ndarray) or len(value) != 2 or not all(map(is_number, value)):
        raise ValueError(
            explain(what=f"{argument} is not two numbers", expected="such as (0.8, 1.2)", received=repr(value))
        )
    return float(value[0]), float(value[1])


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and bool(np.isfinite(value))


def check_fill_mode(fill_mode: Any) -> None:
    if fill_mode not in FILL_MODES:
        raise ValueError(
            explain(
                what=f"unknown fill_mode {fill_mode!r}",
                expected="one of " + ", ".join(map(repr, sorted(FILL_MODES))),
                remedy="fill_mode='nearest' repeats the pixels at the edge, 'constant' fills with cval",
            )
        )


def _shift(across: float, down: float) -> NDArray[np.float64]:
    return np.array([[1, 0, across], [0, 1, down], [0, 0, 1]], np.float64)


def _check_axes(x: Image, row_axis: int, col_axis: int, channel_axis: int) -> None:
    if np.ndim(x) != 3:
        raise ValueError(
            explain(what="this is not one image", expected="three axes: rows, columns, channels", received=np.shape(x))
        )
    axes = (row_axis, col_axis, channel_axis)
    if sorted(axes) != [0, 1, 2] or channel_axis == 1:
        raise ValueError(
            explain(
                what="row_axis, col_axis and channel_axis are not the three axes of an image",
                expected="0, 1 and 2, with channels in the first or the last axis",
                received=axes,
                remedy="row_axis=0, col_axis=1, channel_axis=2 for images of shape (height, width, channels)",
            )
        )


def _scipy_transform() -> Callable[..., Image]:
    try:
        from scipy.ndimage import affine_transform
    except ImportError:
        raise ImportError(
            explain(
                what="images are turned, shifted, sheared and zoomed by SciPy, which is missing",
                remedy="pip install 'planish[images]'",
            )
        ) from None
    transform: Callable[..., Image] = affine_transform
    return transform
