"""Images of all shapes in one size, without being stretched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish.errors import explain
from planish.utils.image_reader import channels_first, checked_size
from planish.utils.resizing import check_interpolation, middle, resized


def smart_resize(
    x: ArrayLike,
    size: Sequence[int],
    interpolation: str = "bilinear",
    data_format: str = "channels_last",
    **kwargs: Any,
) -> NDArray[Any]:
    """The largest part of the middle of an image (or of each of a batch) that has the shape of `size`, in that size.

    `x`: [height, width, channels] or [n, height, width, channels], or as `data_format` has it; `size`: (height, width);
    `interpolation`: 'bilinear', 'nearest', 'bicubic', 'lanczos3', 'lanczos5', and the others of
    `image_dataset_from_directory`. Float32; 'nearest' keeps the type. `kwargs`: 'backend_module', which changes
    nothing.

    ValueError for anything but images.

    >>> keras.utils.smart_resize(np.zeros((40, 60, 3)), (8, 8)).shape
    (8, 8, 3)
    """
    unknown = next((name for name in kwargs if name != "backend_module"), None)
    if unknown is not None:
        raise TypeError(explain(what=f"smart_resize has no argument {unknown!r}"))
    target, name = checked_size(size, "size"), check_interpolation(interpolation)
    first = channels_first(data_format)
    images = np.asarray(x)
    if images.ndim not in (3, 4) or not images.size or images.dtype.kind not in "biuf":
        raise ValueError(
            explain(
                what="smart_resize takes an image or a batch of images",
                expected="shape (height, width, channels) or (n, height, width, channels)",
                received=f"shape {images.shape}, dtype {images.dtype}",
            )
        )
    last = np.moveaxis(images, -3, -1) if first else images
    each = [_resized(image, target, name) for image in (last if last.ndim == 4 else [last])]
    result = np.stack(each) if last.ndim == 4 else each[0]
    return np.moveaxis(result, -1, -3) if first else result


def _resized(image: NDArray[Any], size: tuple[int, int], interpolation: str) -> NDArray[Any]:
    kept = middle(image if image.dtype == np.uint8 else image.astype(np.float32), size)
    result = resized(kept, size, interpolation)
    return result.astype(image.dtype) if interpolation == "nearest" else result
