"""A folder of class folders of images, as batches to train with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish import random_seed
from planish.errors import explain, unknown_name
from planish.output import show
from planish.utils.folders import class_folders, images_in, require_folder
from planish.utils.image_batches import ImageFolder
from planish.utils.image_reader import ImageReader

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""The usual endings of image files, for messages; `folders.images_in` knows all that Pillow reads."""

__all__ = ["ENDINGS", "ImageFolder", "image_dataset_from_directory"]

Size = int | Sequence[int]

_LABEL_MODES = ("int", "categorical", "binary")
_SUBSETS = ("training", "validation", "both")


class Listed(NamedTuple):
    """Files, the class of each, and the names of the classes; no classes if labels are not wanted."""

    paths: list[str]
    labels: NDArray[np.int32] | None
    class_names: list[str] | None


@overload
def image_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: Literal["inferred"] | ArrayLike | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Size = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    *,
    validation_split: float,
    subset: Literal["both"],
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
    antialias: bool = False,
) -> list[ImageFolder]: ...


@overload
def image_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: Literal["inferred"] | ArrayLike | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Size = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: Literal["training", "validation"] | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
    antialias: bool = False,
) -> ImageFolder: ...


def image_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: Literal["inferred"] | ArrayLike | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Size = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
    antialias: bool = False,
) -> ImageFolder | list[ImageFolder]:
    """The images of a folder whose sub-folders are the classes: batches of float32 [n, height, width, channels].

    Arguments, values, order and split are those of Keras on TensorFlow; docs/images.md has what is different.

    * `labels`: 'inferred' from the sub-folders; a class for each file, in the order of their paths; or None.
    * `label_mode`: 'int' (i32 [n]), 'categorical' (f32 [n, classes]), 'binary' (f32 [n, 1]) or None (images only).
    * `class_names`: the sub-folders that are classes, in their order; by default all, sorted.
    * `batch_size`: None gives one image at a time.
    * `shuffle`, `seed`: the files in random order, another one in each epoch.
    * `validation_split` with `subset`: 'training' or 'validation' gives one of two parts (use the same `seed` for
      both), 'both' a list of the two.
    * `interpolation`: 'bilinear', 'nearest', 'bicubic', 'area', 'lanczos3', 'lanczos5', 'gaussian', 'mitchellcubic';
      `antialias` averages over all pixels of an image that becomes smaller.
    * `crop_to_aspect_ratio` cuts, `pad_to_aspect_ratio` adds zeros, where an image has another shape than `image_size`.

    ValueError for wrong arguments and for a folder without images; FileNotFoundError for one that does not exist.

        train, test = image_dataset_from_directory(
            "photos", image_size=(64, 64), validation_split=0.2, subset="both", seed=1
        )

    `directory`: a path. `color_mode`: 'grayscale', 'rgb' or 'rgba'. `data_format`: of the images. `follow_links`:
    whether folders behind links are read. `verbose`: whether the number of files is said. `format` is 'tf'.

    >>> import os
    >>> for name in ("cat", "dog"):
    ...     os.makedirs(f"pictures/{name}")
    ...     keras.utils.save_img(f"pictures/{name}/0.png", np.zeros((8, 8, 3)))
    >>> data = keras.utils.image_dataset_from_directory("pictures", image_size=(8, 8), verbose=False)
    >>> data.class_names
    ['cat', 'dog']
    """
    _check_format(format)
    reader = ImageReader(
        image_size, color_mode, interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio, antialias, data_format
    )
    _check_batch_size(batch_size)
    _check_split(validation_split, subset, shuffle, seed)
    if label_mode not in (*_LABEL_MODES, None):
        raise ValueError(unknown_name("label_mode", label_mode, _LABEL_MODES))
    root = os.path.expanduser(os.fspath(directory))
    found = _listed(root, None if label_mode is None else labels, class_names, follow_links)
    _check_label_mode(label_mode, found)
    chosen = _checked_seed(seed) if shuffle else None
    if verbose:
        show(_told(found))

    def part(rows: NDArray[np.int64], shuffled: bool) -> ImageFolder:
        return ImageFolder(
            [found.paths[row] for row in rows],
            None if found.labels is None else found.labels[rows],
            found.class_names,
            reader=reader,
            label_mode=label_mode,
            batch_size=batch_size,
            seed=chosen if shuffled else None,
        )

    parts = {
        name: part(rows, shuffle and not (subset == "both" and name == "validation"))
        for name, rows in _parts(_file_order(len(found.paths), chosen), validation_split, subset).items()
    }
    for name, data in parts.items():
        if verbose and subset is not None:
            show(f"Using {len(data.file_paths)} files for {name}.")
    return list(parts.values()) if subset == "both" else next(iter(parts.values()))


def _listed(root: str, labels: Any, class_names: Sequence[str] | None, follow_links: bool) -> Listed:
    if isinstance(labels, str) and labels == "inferred":
        names = _class_names(root, class_names)
        files = [images_in(os.path.join(root, name), follow_links) for name in names]
        paths = [path for found in files for path in found]
        indices = np.repeat(np.arange(len(names), dtype=np.int32), [len(found) for found in files])
        return _not_empty(root, Listed(paths, indices, names))
    if class_names is not None:
        raise ValueError(
            explain(
                what="class_names go with labels that are inferred from sub-folders",
                received=f"class_names={list(class_names)!r} with labels={labels!r}",
                remedy="leave class_names out",
            )
        )
    require_folder(root)
    paths = images_in(root, follow_links)
    given = None if labels is None else _given(labels, len(paths), root)
    return _not_empty(root, Listed(paths, given, None if given is None else [str(label) for label in np.unique(given)]))


def _class_names(root: str, asked: Sequence[str] | None) -> list[str]:
    found = class_folders(root)
    if not found:
        raise ValueError(
            explain(
                what=f"{root!r} has no sub-folders",
                expected="a sub-folder of images for each class: cat/, dog/",
                remedy="labels=None reads images without classes",
            )
        )
    names = found if asked is None else list(asked)
    if not set(names) <= set(found) or len(set(names)) < len(names) or not names:
        raise ValueError(
            explain(
                what=f"class_names are not sub-folders of {root!r}, each once",
                expected=f"{found}, or some of them",
                received=names,
            )
        )
    return names


def _given(labels: Any, count: int, root: str) -> NDArray[np.int32]:
    """Labels that the caller has: one whole number for each file."""
    array = np.asarray(labels)
    if isinstance(labels, str) or array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(
            explain(
                what="labels are not a whole number for each file",
                expected="'inferred', None, or a list of class indices in the order of the files' paths",
                received=repr(labels) if isinstance(labels, str) else f"shape {array.shape}, dtype {array.dtype}",
                remedy="to turn names into class indices: np.unique(names, return_inverse=True)[1]"
                if array.dtype.kind in "UO" and array.ndim == 1
                else None,
            )
        )
    if len(array) != count:
        raise ValueError(
            explain(
                what=f"there are more or fewer labels than images in {root!r}",
                expected=f"{count:,} labels, one for each image",
                received=f"{len(array):,}",
                remedy="labels='inferred' takes the classes from the sub-folders",
            )
        )
    return array.astype(np.int32)


def _not_empty(root: str, listed: Listed) -> Listed:
    if not listed.paths:
        raise ValueError(
            explain(
                what=f"there are no images in {root!r}",
                expected="files named " + ", ".join(ENDINGS) + ", or as another format that Pillow reads",
            )
        )
    return listed


def _told(found: Listed) -> str:
    files = f"Found {len(found.paths)} files"
    return f"{files}." if found.class_names is None else f"{files} belonging to {len(found.class_names)} classes."


def _file_order(count: int, seed: int | None) -> NDArray[np.int64]:
    """The order in which Keras has the files for this seed."""
    rows = np.arange(count)
    if seed is not None:
        np.random.RandomState(seed).shuffle(rows)
    return rows


def _parts(rows: NDArray[np.int64], split: float | None, subset: str | None) -> dict[str, NDArray[np.int64]]:
    if not split or subset is None:
        return {"": rows}
    first = len(rows) - int(split * len(rows))
    parts = {"training": rows[:first], "validation": rows[first:]}
    wanted = parts if subset == "both" else {subset: parts[subset]}
    empty = next((name for name, chosen in wanted.items() if not len(chosen)), None)
    if empty is not None:
        raise ValueError(
            explain(
                what=f"there are no images left for {empty}",
                received=f"validation_split={split} of {len(rows):,} images",
                remedy=f"validation_split={1 / len(rows):.2g} or more" if len(rows) > 1 else "more images",
            )
        )
    return wanted


def _check_format(format: str) -> None:
    if format != "tf":
        raise ValueError(
            explain(
                what=f"format {format!r} is another library's data set",
                expected="'tf': a data set of planish's own, with the methods of tf.data's",
                remedy="leave format out",
            )
        )


def _check_batch_size(size: Any) -> None:
    if size is not None and (not isinstance(size, int | np.integer) or isinstance(size, bool) or size < 1):
        raise ValueError(
            explain(
                what="batch_size is a whole number",
                expected="1 or more, or None for one image at a time",
                received=repr(size),
            )
        )


def _check_split(split: float | None, subset: str | None, shuffle: bool, seed: int | None) -> None:
    if bool(split) != (subset is not None):
        raise ValueError(explain(what="validation_split and subset go together", received=f"{split!r} and {subset!r}"))
    if not split:
        return
    if subset not in _SUBSETS:
        raise ValueError(unknown_name("subset", subset, _SUBSETS))
    if not 0 < split < 1:
        raise ValueError(
            explain(
                what="validation_split is a part of 1",
                expected="above 0, below 1",
                received=split,
                remedy="validation_split=0.2 for a fifth of the images",
            )
        )
    if shuffle and seed is None and subset != "both":
        raise ValueError(
            explain(
                what="without a seed, the two parts would overlap",
                remedy="give both the same seed: seed=1, or shuffle=False",
            )
        )


def _check_label_mode(label_mode: str | None, found: Listed) -> None:
    if found.labels is None or found.class_names is None:
        return
    count = len(found.class_names)
    if label_mode == "binary" and count != 2:
        raise ValueError(
            explain(
                what="label_mode 'binary' is for two classes",
                received=f"{count}: {found.class_names}",
                remedy="label_mode='categorical', or class_names=[...] with two of them",
            )
        )
    if label_mode != "int" and not 0 <= found.labels.min() <= found.labels.max() < count:
        raise ValueError(
            explain(
                what=f"label_mode {label_mode!r} needs labels that count from 0",
                expected=f"0 to {count - 1}, as there are {count} different ones",
                received=f"{found.labels.min()} to {found.labels.max()}",
                remedy="np.unique(labels, return_inverse=True)[1], or label_mode='int'",
            )
        )


def _checked_seed(seed: Any) -> int:
    if seed is None:
        return random_seed.next_seed()
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or not 0 <= seed < 2**32:
        raise ValueError(explain(what="seed is a whole number", expected="0 to 2**32 - 1", received=repr(seed)))
    return int(seed)
