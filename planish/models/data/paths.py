"""The error about names of files where images belong."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from planish.errors import explain

OpenShape = Sequence[int | None]

_COLOURS = {1: "grayscale", 3: "rgb", 4: "rgba"}


def refuse_paths(x: Any, images: OpenShape) -> None:
    """TypeError if `x` is a path, or a list or array of paths; `images` is the shape that the model takes, if known.

    The remedy reads such files in that shape.
    """
    if isinstance(x, str | os.PathLike):
        path = os.fspath(x)
        received, remedy = f"{type(x).__name__} {str(x)!r}", _read_one(str(path), images)
    elif _are_paths(x):
        received = f"{len(x):,} of them, the first is {str(x[0])!r}"
        remedy = f"np.stack([{_image('path', images)} for path in x])"
    else:
        return
    raise TypeError(
        explain(
            what="`x` is the name of a file" if isinstance(x, str | os.PathLike) else "`x` holds names of files",
            expected="the images themselves, as an array",
            received=received,
            remedy=remedy,
        )
    )


def _are_paths(x: Any) -> bool:
    if isinstance(x, np.ndarray) and x.dtype.kind not in "UO":
        return False
    several = isinstance(x, list | tuple) or (isinstance(x, np.ndarray) and x.ndim == 1)
    return several and len(x) > 0 and all(isinstance(item, str | os.PathLike) for item in x)


def _read_one(path: str, images: OpenShape) -> str:
    if path.endswith((".npy", ".npz")):
        return f"np.load({path!r})" + ("" if path.endswith(".npy") else ", and one of the arrays in it")
    if os.path.isdir(path):
        return f"planish.utils.image_dataset_from_directory({path!r})"
    return f"{_image(repr(path), images)}[None]\nwith planish.utils's img_to_array and load_img"


def _image(path: str, images: OpenShape) -> str:
    """The code that reads one file in the shape that the model takes."""
    if len(images) == 3 and images[-1] not in _COLOURS and images[0] in _COLOURS:
        options = f", color_mode={_COLOURS[images[0]]!r}, target_size=({images[1]}, {images[2]})"
        return f"img_to_array(load_img({path}{options}), data_format='channels_first')"
    if len(images) == 3 and images[-1] in _COLOURS:
        options = f", color_mode={_COLOURS[images[-1]]!r}, target_size=({images[0]}, {images[1]})"
        return f"img_to_array(load_img({path}{options}))"
    if len(images) == 2:
        options = f", color_mode='grayscale', target_size=({images[0]}, {images[1]})"
        return f"img_to_array(load_img({path}{options}))[..., 0]"
    return f"img_to_array(load_img({path}, target_size=(height, width)))"
