"""`keras.ops.image`: images in another size, with borders, in gray."""

from __future__ import annotations

from typing import Any

import numpy as np

from planish import config, primitives
from planish.graph.node import Node, dtype_of_numbers
from planish.ops import nodes, resized_nodes
from planish.ops.dtypes import Array, floating
from planish.ops.joining import pad
from planish.ops.linear_algebra import tensordot
from planish.ops.operation import IMAGE, Value, operation
from planish.ops.picking import get_item
from planish.ops.shapes import expand_dims
from planish.primitives.mistake import too_small


def _first(data_format: str | None) -> bool:
    return (data_format or config.image_data_format()) == "channels_first"


def _rank(images: Any, name: str) -> int:
    rank = nodes.rank(images) if isinstance(images, Node) else images.ndim
    if rank not in (3, 4):
        raise nodes.mistake(
            f"ops.image.{name} takes an image or a batch of images",
            expected="3 or 4 axes",
            received=nodes.full_shape(images) if isinstance(images, Node) else images.shape,
        )
    return rank


def _resize_of_nodes(
    images: Any,
    size: tuple[int, int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Node:
    from planish.utils import resizing

    node = nodes.node_of(images)
    _rank(node, "resize")
    resizing.check_interpolation(interpolation)
    _check_form(fill_mode, crop_to_aspect_ratio, pad_to_aspect_ratio)
    first, extents = _first(data_format), (int(size[0]), int(size[1]))
    moved = primitives.transpose(node, (1, 2, 0)) if first else node
    if crop_to_aspect_ratio:
        moved = resized_nodes.middle(moved, extents)
    elif pad_to_aspect_ratio:
        moved = resized_nodes.bordered(moved, extents, fill_value)
    resized = resized_nodes.resized(moved, extents, interpolation.lower(), antialias)
    return primitives.transpose(resized, (2, 0, 1)) if first else resized


def _check_form(fill_mode: str, crop_to_aspect_ratio: bool, pad_to_aspect_ratio: bool) -> None:
    if fill_mode != "constant" or (crop_to_aspect_ratio and pad_to_aspect_ratio):
        raise nodes.mistake(
            "ops.image.resize: these arguments do not go together",
            expected="fill_mode='constant', and one of crop_to_aspect_ratio and pad_to_aspect_ratio",
        )


@operation(IMAGE, nodes=_resize_of_nodes)
def resize(
    images: Value,
    size: tuple[int, int],
    interpolation: str = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    data_format: str | None = None,
) -> Any:
    """Images with `size` (height, width) pixels; `interpolation` is "bilinear", "nearest", "bicubic", "lanczos3" or
    "lanczos5". `antialias` averages over all pixels. Images of another shape are stretched, cropped or padded.

    >>> ops.image.resize(np.ones((2, 8, 6, 3)), (4, 4)).shape
    (2, 4, 4, 3)
    >>> ops.image.resize([[[0.0], [4.0]]], (1, 4), interpolation="nearest")[0, :, 0].tolist()
    [0.0, 0.0, 4.0, 4.0]
    """
    from planish.utils import resizing

    _rank(images, "resize")
    resizing.check_interpolation(interpolation)
    _check_form(fill_mode, crop_to_aspect_ratio, pad_to_aspect_ratio)
    batch = images if images.ndim == 4 else images[None]
    batch = np.moveaxis(batch, 1, -1) if _first(data_format) else batch
    made = []
    for image in batch:
        if crop_to_aspect_ratio:
            image = resizing.middle(image, size)
        elif pad_to_aspect_ratio:
            image = _padded(image, size, fill_value)
        made.append(resizing.resized(image, size, interpolation, antialias))
    result = _of_type(np.stack(made), images.dtype)
    result = np.moveaxis(result, -1, 1) if _first(data_format) else result
    return result if images.ndim == 4 else result[0]


def _of_type(resized: Array, dtype: np.dtype[Any]) -> Array:
    """In the type of the images: rounded, and kept between its bounds."""
    if dtype.kind not in "iu":
        return resized.astype(dtype)
    bounds = np.iinfo(dtype)
    return np.clip(np.round(resized), bounds.min, bounds.max).astype(dtype)


def _padded(image: Array, size: tuple[int, int], value: float) -> Array:
    """An image with a border, so that it has the form of `size`."""
    height, width = image.shape[:2]
    rows = max(height, int(np.float32(width * size[0]) / np.float32(size[1])))
    columns = max(width, int(np.float32(height * size[1]) / np.float32(size[0])))
    top, left = (rows - height) // 2, (columns - width) // 2
    borders = ((top, top), (left, left), (0, 0))
    return np.pad(image, borders, constant_values=value)


@operation(IMAGE, "RGBToGrayscale")
def rgb_to_grayscale(images: Value, data_format: str | None = None) -> Any:
    """One channel for three: 0.2989 red, 0.587 green, 0.114 blue. Images of one channel stay as they are."""
    axis = (-3 if _first(data_format) else -1) + _rank(images, "rgb_to_grayscale")
    shape = nodes.full_shape(images) if isinstance(images, Node) else images.shape
    if shape[axis] == 1:
        return images
    if shape[axis] != 3:
        raise nodes.mistake("ops.image.rgb_to_grayscale: images have 3 channels, or 1", received=shape)
    shares = np.array([0.2989, 0.5870, 0.1140], dtype_of_numbers())
    if isinstance(images, Node):
        return expand_dims(tensordot(images, shares, ([axis], [0])), axis)
    gray = np.tensordot(floating(images), shares.astype(floating(images).dtype), ([axis], [0]))
    return np.expand_dims(gray, axis).astype(images.dtype)


Widths = tuple[int, int, int, int]


def _rows_and_columns(images: Any, data_format: str | None, name: str) -> tuple[int, int, int]:
    """Where the rows are, and how many rows and columns there are."""
    rank = _rank(images, name)
    place = rank - 3 + _first(data_format)
    shape: Any = nodes.full_shape(images) if isinstance(images, Node) else images.shape
    return place, int(shape[place]), int(shape[place + 1])


def _parts(name: str, before: int | None, kept: int | None, behind: int | None, whole: int | None) -> list[int]:
    """What is before, kept and behind along an axis; together they are the whole. One of the four is not given."""
    given = [before, kept, behind, whole]
    if given.count(None) != 1:
        raise nodes.mistake(
            f"ops.image.{name}: two of the three numbers are given for each axis",
            expected="a number on one side and the target, or numbers on both sides",
            received=f"{4 - given.count(None) - 1} of them",
        )
    if whole is None:
        return [number for number in given if number is not None]
    rest = whole - sum(number for number in given[:3] if number is not None)
    return [rest if number is None else number for number in given[:3]]


@operation(IMAGE)
def crop_images(
    images: Value,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """Images without rows and columns at their edges; for each direction two of three numbers are given."""
    place, rows, columns = _rows_and_columns(images, data_format, "crop_images")
    top, height, _ = _parts("crop_images", top_cropping, target_height, bottom_cropping, rows)
    left, width, _ = _parts("crop_images", left_cropping, target_width, right_cropping, columns)
    if min(top, left, rows - top - height, columns - left - width) < 0 or min(height, width) < 1:
        raise too_small(
            "ops.image.crop_images: the images are too small",
            expected=f"something of {rows}x{columns} pixels",
            received=f"{height}x{width} from row {top} and column {left} on",
        )
    return get_item(images, (*[slice(None)] * place, slice(top, top + height), slice(left, left + width)))


@operation(IMAGE)
def pad_images(
    images: Value,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: str | None = None,
) -> Any:
    """Images with rows and columns of zeros around them; for each direction two of three numbers are given."""
    place, rows, columns = _rows_and_columns(images, data_format, "pad_images")
    down = _border(top_padding, rows, bottom_padding, target_height)
    along = _border(left_padding, columns, right_padding, target_width)
    rank = _rank(images, "pad_images")
    borders = [(0, 0)] * place + [down, along] + [(0, 0)] * (rank - place - 2)
    return pad(images, borders)


def _border(before: int | None, extent: int, behind: int | None, target: int | None) -> tuple[int, int]:
    first, _, last = _parts("pad_images", before, extent, behind, target)
    if min(first, last) < 0:
        raise nodes.mistake("ops.image.pad_images: a border is 0 pixels wide or more", received=(first, last))
    return first, last
