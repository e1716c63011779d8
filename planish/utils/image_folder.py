"""A folder of class folders of images, as batches to train with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain, unknown_name
from planish.output import show
from planish.utils.images import CHANNELS, img_to_array, load_img
from planish.utils.labels import to_categorical

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
"""How the names of image files end, in any case; other files are left alone."""

Batch = tuple[NDArray[np.uint8], NDArray[Any]] | NDArray[np.uint8]

_LABEL_MODES = ("int", "categorical", "binary")


class ImageFolder:
    """Batches of images and labels, read from files as they are asked for: `fit(folder)`, `for x, y in folder`.

    Images are uint8 [n, height, width, channels] with values 0-255. Labels follow `label_mode`. Files are in the order
    of their paths, or of `shuffle`, drawn anew for each epoch.
    """

    def __init__(
        self,
        file_paths: Sequence[str],
        labels: Sequence[int],
        class_names: Sequence[str],
        *,
        label_mode: str | None,
        color_mode: str,
        batch_size: int,
        image_size: tuple[int, int],
        interpolation: str,
        keep_aspect_ratio: bool,
        shuffle: np.random.Generator | None,
    ) -> None:
        self.file_paths = list(file_paths)
        self.class_names = list(class_names)
        self.batch_size = batch_size
        self.image_shape = (*image_size, CHANNELS[color_mode])
        self._labels = np.array(labels, dtype=np.int32)
        self._label_mode = label_mode
        self._settings: dict[str, Any] = {
            "color_mode": color_mode,
            "target_size": image_size,
            "interpolation": interpolation,
            "keep_aspect_ratio": keep_aspect_ratio,
        }
        self._shuffle = shuffle
        self._order = np.arange(len(self.file_paths))
        self.on_epoch_end()

    def __len__(self) -> int:
        """Number of batches."""
        return -(-len(self.file_paths) // self.batch_size)

    def __getitem__(self, batch: int) -> Batch:
        """One batch of the present order; IndexError beyond the last."""
        if not -len(self) <= batch < len(self):
            raise IndexError(f"batch {batch} of {len(self)}")
        start = batch % len(self) * self.batch_size
        return self._rows(self._order[start : start + self.batch_size])

    def __iter__(self) -> Iterator[Batch]:
        for batch in range(len(self)):
            yield self[batch]
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        """Draws a new order."""
        if self._shuffle is not None:
            self._order = self._shuffle.permutation(len(self.file_paths))

    def arrays(self) -> Batch:
        """All images and labels at once, in the order of `file_paths`."""
        return self._rows(np.arange(len(self.file_paths)))

    def _rows(self, rows: NDArray[np.int64]) -> Batch:
        images = np.empty((len(rows), *self.image_shape), dtype=np.uint8)
        for place, row in enumerate(rows):
            images[place] = img_to_array(load_img(self.file_paths[row], **self._settings), dtype=np.uint8)
        if self._label_mode is None:
            return images
        labels = self._labels[rows]
        if self._label_mode == "categorical":
            return images, to_categorical(labels, len(self.class_names)).astype(np.float32)
        return images, labels.astype(np.float32)[:, None] if self._label_mode == "binary" else labels


def image_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: str | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int = 32,
    image_size: tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    verbose: bool = False,
) -> ImageFolder:
    """The images of a folder whose sub-folders are the classes, in the order of their names or of `class_names`.

    `label_mode`: 'int' (i32 [n]), 'categorical' (f32 [n, classes]), 'binary' (f32 [n, 1], two classes) or None (images
    only). `validation_split` with `subset` ('training' or 'validation') gives one of two parts; use the same `seed` for
    both. ValueError for a folder without images, FileNotFoundError for one that does not exist.
    """
    root = os.path.expanduser(os.fspath(directory))
    inferred = labels is not None
    if labels not in ("inferred", None):
        raise ValueError(unknown_name("labels", labels, ("inferred",)))
    if label_mode not in (*_LABEL_MODES, None):
        raise ValueError(unknown_name("label_mode", label_mode, _LABEL_MODES))
    names = _class_names(root, class_names) if inferred else [""]
    if label_mode == "binary" and len(names) != 2:
        raise ValueError(explain(what="label_mode 'binary' is for two classes", received=f"{len(names)}: {names}"))
    paths, indices = _listed(root, names, follow_links)
    random = np.random.default_rng(seed) if shuffle else None
    rows = np.arange(len(paths)) if random is None else random.permutation(len(paths))
    rows = _part(rows, validation_split, subset, repeatable=not shuffle or seed is not None)
    if verbose:
        show(f"Found {len(paths)} files belonging to {len(names)} classes; using {len(rows)}.")
    return ImageFolder(
        [paths[row] for row in rows],
        [indices[row] for row in rows],
        names,
        label_mode=label_mode if inferred else None,
        color_mode=color_mode,
        batch_size=batch_size,
        image_size=image_size,
        interpolation=interpolation,
        keep_aspect_ratio=crop_to_aspect_ratio,
        shuffle=random,
    )


def class_folders(root: str) -> list[str]:
    """The names of the folders in a folder, sorted."""
    with os.scandir(root) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))


def _class_names(root: str, asked: Sequence[str] | None) -> list[str]:
    found = class_folders(root)
    if not found:
        raise ValueError(
            explain(what=f"{root!r} has no sub-folders", expected="a sub-folder of images for each class: cat/, dog/")
        )
    if asked is None:
        return found
    if sorted(asked) != found:
        raise ValueError(
            explain(what=f"class_names are not the sub-folders of {root!r}", expected=found, received=list(asked))
        )
    return list(asked)


def _listed(root: str, names: Sequence[str], follow_links: bool) -> tuple[list[str], list[int]]:
    """The image files of each class folder and of the folders in it, in the order of their paths; and their classes."""
    paths: list[str] = []
    indices: list[int] = []
    for index, name in enumerate(names):
        found = images_in(os.path.join(root, name), follow_links)
        paths += found
        indices += [index] * len(found)
    if not paths:
        raise ValueError(explain(what=f"there are no images in {root!r}", expected="files named " + ", ".join(ENDINGS)))
    return paths, indices


def images_in(root: str, follow_links: bool = False) -> list[str]:
    """The image files of a folder and of the folders in it, in the order of their paths."""
    return sorted(
        os.path.join(folder, file)
        for folder, _, files in os.walk(root, followlinks=follow_links)
        for file in files
        if file.lower().endswith(ENDINGS) and not file.startswith(".")
    )


def _part(rows: NDArray[np.int64], split: float | None, subset: str | None, repeatable: bool) -> NDArray[np.int64]:
    if (split is None) != (subset is None):
        raise ValueError(explain(what="validation_split and subset go together", received=f"{split!r} and {subset!r}"))
    if split is None:
        return rows
    if subset not in ("training", "validation"):
        raise ValueError(unknown_name("subset", subset, ("training", "validation")))
    if not 0 < split < 1:
        raise ValueError(explain(what="validation_split is a part of 1", expected="above 0, below 1", received=split))
    if not repeatable:
        raise ValueError(
            explain(
                what="without a seed, the two parts would overlap", remedy="give both the same seed, or shuffle=False"
            )
        )
    first = len(rows) - int(split * len(rows))
    return rows[:first] if subset == "training" else rows[first:]
