"""Batches of images from files: of a folder of class folders, or of a table with a column of names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from planish import config, warned
from planish.errors import explain, number_of, unknown_name
from planish.output import show
from planish.preprocessing.image_iterators import Array, Rows, TransformedImages
from planish.preprocessing.subsets import split_of, subset_of
from planish.utils import img_to_array, load_img
from planish.utils.folders import class_folders, images_in
from planish.utils.image_files import endings
from planish.utils.image_modes import CHANNELS, check_color_mode
from planish.utils.image_reader import channels_first, checked_size
from planish.utils.images import INTERPOLATIONS

if TYPE_CHECKING:
    from planish.preprocessing.image_data_generator import ImageDataGenerator

_OF_FOLDERS = ("categorical", "binary", "sparse", "input", None)
_OF_TABLES = ("categorical", "binary", "sparse", "input", "multi_output", "raw", None)
_WITH_CLASSES = ("categorical", "binary", "sparse")


class ImageFiles(TransformedImages):
    """Images that are read from `filepaths`, with labels as `class_mode` has them.

    `classes` has the class of each file, or several; `labels` are those that `class_mode` 'raw' and 'multi_output' hand
    on; `sample_weight` is None or has a weight for each file.
    """

    filepaths: list[str]
    filenames: list[str]
    class_indices: dict[str, int]
    classes: Any
    labels: Any
    sample_weight: Array | None = None

    def _set_reading(
        self, target_size: Any, color_mode: str, interpolation: str, keep_aspect_ratio: bool, data_format: str | None
    ) -> None:
        check_color_mode(color_mode)
        if interpolation not in INTERPOLATIONS:
            raise ValueError(unknown_name("interpolation", interpolation, INTERPOLATIONS))
        self.target_size = checked_size(target_size, "target_size")
        self.color_mode, self.interpolation, self.keep_aspect_ratio = color_mode, interpolation, keep_aspect_ratio
        first, channels = channels_first(data_format), CHANNELS[color_mode]
        self.data_format = "channels_first" if first else "channels_last"
        self.image_shape = (channels, *self.target_size) if first else (*self.target_size, channels)

    def _set_labels(self, class_mode: str | None, allowed: tuple[str | None, ...]) -> None:
        if class_mode not in allowed:
            raise ValueError(unknown_name("class_mode", class_mode, [mode for mode in allowed if mode is not None]))
        self.class_mode = class_mode

    def _image(self, row: int) -> Array:
        read = (self.color_mode, self.target_size, self.interpolation, self.keep_aspect_ratio)
        return img_to_array(load_img(self.filepaths[row], *read), self.data_format)

    @property
    def _needs_all_images(self) -> bool:
        return self.class_mode == "input"

    def _batch(self, images: Array, rows: Rows) -> Any:
        if self.class_mode is None:
            return images
        parts = (images, self._targets(images, rows))
        return parts if self.sample_weight is None else (*parts, self.sample_weight[rows])

    def _targets(self, images: Array, rows: Rows) -> Any:
        if self.class_mode == "input":
            return images.copy()
        if self.class_mode == "multi_output":
            return [output[rows] for output in self.labels]
        if self.class_mode == "raw":
            return self.labels[rows]
        chosen = [self.classes[row] for row in rows]
        if self.class_mode != "categorical":
            return np.array(chosen, self.dtype)
        hot = np.zeros((len(rows), len(self.class_indices)), self.dtype)
        for target, found in zip(hot, chosen, strict=True):
            target[found] = 1
        return hot


class DirectoryIterator(ImageFiles):
    """Batches from a folder whose sub-folders are the classes: what `ImageDataGenerator.flow_from_directory` gives.

    `directory`: its path; `image_data_generator` transforms the images. `target_size`: (height, width) of all images,
    resized by `interpolation` ('nearest', 'bilinear', 'bicubic', 'hamming', 'box', 'lanczos'), or with
    `keep_aspect_ratio` cut first; `color_mode`: 'rgb', 'grayscale', 'rgba'. `classes`: the sub-folders in their order;
    by default all, sorted. `class_mode`: 'categorical' (one-hot), 'binary' and 'sparse' (numbers), 'input' (the images
    themselves) or None (images only). `batch_size`, `shuffle`, `seed`: see `Iterator`; `subset`: 'training' or
    'validation' of each class, see `validation_split`. `follow_links`: whether folders behind links are read;
    `save_to_dir`, `save_prefix`, `save_format`: where transformed images are written to as well; `data_format`,
    `dtype`: of the images.

    `samples`, `num_classes`, `class_indices`, `classes`, `filenames` and `filepaths` say what was found.

    ValueError for wrong arguments, for a folder without images, and later for a file that is not an image.

    >>> import os
    >>> for name in ("cat", "dog"):
    ...     os.makedirs(f"animals/{name}")
    ...     keras.utils.save_img(f"animals/{name}/0.png", np.zeros((8, 8, 3)))
    >>> generator = keras.preprocessing.image.ImageDataGenerator(rescale=1 / 255)
    >>> batches = keras.preprocessing.image.DirectoryIterator("animals", generator, target_size=(8, 8))
    Found 2 images belonging to 2 classes.
    >>> batches.class_indices
    {'cat': 0, 'dog': 1}
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        image_data_generator: ImageDataGenerator,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = None,
    ) -> None:
        self._set_reading(target_size, color_mode, interpolation, keep_aspect_ratio, data_format)
        self._set_labels(class_mode, _OF_FOLDERS)
        self._set_saving(save_to_dir, save_prefix, save_format)
        self.image_data_generator = image_data_generator
        self.dtype = np.dtype(config.floatx() if dtype is None else dtype)
        self.directory = os.path.expanduser(os.fspath(directory))
        names = list(classes) if classes else class_folders(self.directory)
        found = [self._files(name, split_of(subset, image_data_generator), follow_links) for name in names]
        self.filepaths = [path for files in found for path in files]
        self.filenames = [os.path.relpath(path, self.directory) for path in self.filepaths]
        self.num_classes = len(names)
        self.class_indices = {name: number for number, name in enumerate(names)}
        self.classes: NDArray[np.int32] = np.repeat(
            np.arange(len(names), dtype=np.int32), [len(each) for each in found]
        )
        self.labels = self.classes
        self.samples = len(self.filepaths)
        _check_found(self.samples, self.directory, names, subset)
        show(f"Found {self.samples} images belonging to {self.num_classes} classes.")
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _files(self, name: str, split: tuple[float, float], follow_links: bool) -> list[str]:
        folder = os.path.join(self.directory, name)
        if not os.path.isdir(folder):
            raise ValueError(
                explain(
                    what=f"the class {name!r} is not a sub-folder of {self.directory!r}",
                    expected=f"{class_folders(self.directory)}, or some of them",
                )
            )
        files = images_in(folder, follow_links)
        return files[int(split[0] * len(files)) : int(split[1] * len(files))]


class DataFrameIterator(ImageFiles):
    """Batches of the files that a table names: what `ImageDataGenerator.flow_from_dataframe` gives.

    `dataframe`: pandas' or anything else whose columns `dataframe[name]` gives, also a dictionary of lists. `x_col`:
    the column of file names, in `directory` (None: they are paths); `y_col`: of labels, a list of columns for
    `class_mode` 'multi_output', one or a list for 'raw'; `weight_col`: of weights.

    `class_mode`: as for `DirectoryIterator`, where labels are strings ('categorical' takes lists of them as well),
    'raw' (the numbers of `y_col`) or 'multi_output'. `classes`: those that are wanted, in their order; other rows are
    left out. `validate_filenames`: leaves out, with a warning, what is not an image file. The other arguments are those
    of `DirectoryIterator`: `image_data_generator`, `target_size`, `color_mode`, `batch_size`, `shuffle`, `seed`,
    `data_format`, `save_to_dir`, `save_prefix`, `save_format`, `subset`, `interpolation`, `keep_aspect_ratio`.

    >>> keras.utils.save_img("one.png", np.zeros((8, 8, 3)))
    >>> generator = keras.preprocessing.image.ImageDataGenerator()
    >>> table = {"filename": ["one.png"], "class": ["cat"]}
    >>> generator.flow_from_dataframe(table, target_size=(8, 8)).class_indices
    Found 1 validated image filenames belonging to 1 classes.
    {'cat': 0}
    """

    def __init__(
        self,
        dataframe: Any,
        directory: str | os.PathLike[str] | None = None,
        image_data_generator: ImageDataGenerator | None = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = "channels_last",
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = "float32",
        validate_filenames: bool = True,
    ) -> None:
        self._set_reading(target_size, color_mode, interpolation, keep_aspect_ratio, data_format)
        self._set_labels(class_mode, _OF_TABLES)
        self._set_saving(save_to_dir, save_prefix, save_format)
        self.image_data_generator = image_data_generator or _unchanged(data_format)
        self.dtype = np.dtype(dtype)
        self.directory = "" if directory is None else os.path.expanduser(os.fspath(directory))
        names = _strings(dataframe, x_col, "x_col")
        rows = self._readable(names, x_col) if validate_filenames else list(range(len(names)))
        if class_mode in _WITH_CLASSES:
            rows = self._with_classes(dataframe, y_col, classes, rows)
        rows = rows[subset_of(subset, image_data_generator, len(rows))]
        self.filenames = [names[row] for row in rows]
        self.filepaths = [os.path.join(self.directory, name) for name in self.filenames]
        self.samples = len(rows)
        self._take_rows(dataframe, y_col, weight_col, rows)
        self._tell("validated" if validate_filenames else "non-validated")
        super().__init__(self.samples, batch_size, shuffle, seed)

    def _take_rows(self, dataframe: Any, y_col: Any, weight_col: str | None, rows: list[int]) -> None:
        if self.class_mode in _WITH_CLASSES:
            self.classes = [self.classes[row] for row in rows]
            self.labels = self.classes
        elif self.class_mode == "multi_output":
            columns = _several(y_col)
            self.labels = [_numbers(dataframe, column, "y_col")[rows] for column in columns]
        elif self.class_mode == "raw":
            several = isinstance(y_col, list | tuple)
            columns = [_numbers(dataframe, column, "y_col")[rows] for column in (y_col if several else [y_col])]
            self.labels = np.stack(columns, axis=1) if several else columns[0]
        if weight_col is not None:
            self.sample_weight = _numbers(dataframe, weight_col, "weight_col")[rows]

    def _readable(self, names: list[str], x_col: str) -> list[int]:
        known = endings()
        good = [
            row
            for row, name in enumerate(names)
            if name.lower().endswith(known) and os.path.isfile(os.path.join(self.directory, name))
        ]
        kept = set(good)
        bad = [name for row, name in enumerate(names) if row not in kept]
        if bad:
            _warn_of_files(bad, x_col, self.directory)
        return good

    def _with_classes(self, dataframe: Any, y_col: Any, classes: Sequence[str] | None, rows: list[int]) -> list[int]:
        """The rows that have a class that is wanted; `classes` gets the numbers of each row's."""
        column = _column(dataframe, y_col, "y_col")
        several = self.class_mode == "categorical"
        labels = {row: _labels(column[row], y_col, several) for row in rows}
        found = sorted({label for each in labels.values() for label in each})
        wanted = list(dict.fromkeys(classes)) if classes else found
        if self.class_mode == "binary" and len(wanted) != 2:
            raise ValueError(
                explain(
                    what="class_mode 'binary' is for two classes",
                    received=f"{len(wanted)}: {wanted}",
                    remedy="class_mode='categorical'",
                )
            )
        indices = self.class_indices = {name: number for number, name in enumerate(wanted)}
        numbers = {row: [indices[each] for each in labels[row] if each in indices] for row in rows}
        alone = {row: isinstance(column[row], str) for row in rows}
        self.classes = {row: each[0] if alone[row] else each for row, each in numbers.items() if each}
        return [row for row in rows if numbers[row]]

    def _tell(self, how: str) -> None:
        classes = f" belonging to {len(self.class_indices)} classes" if self.class_mode in _WITH_CLASSES else ""
        show(f"Found {self.samples} {how} image filenames{classes}.")


def _warn_of_files(bad: list[str], x_col: str, directory: str) -> None:
    many = number_of(len(bad), "file")
    warned.warn(
        explain(
            what=f"{many} of the column {x_col!r} {'are' if len(bad) > 1 else 'is'} left out",
            expected="files that are there, and are named as images are: .png, .jpg, ...",
            received=f"{bad[0]!r}{', ...' if len(bad) > 1 else ''} in {directory or '.'!r}",
        )
    )


def _unchanged(data_format: str | None) -> ImageDataGenerator:
    from planish.preprocessing.image_data_generator import ImageDataGenerator

    return ImageDataGenerator(data_format=data_format)


def _column(dataframe: Any, name: Any, argument: str) -> list[Any]:
    try:
        return list(dataframe[name])
    except (KeyError, IndexError, TypeError):
        columns = [str(column) for column in getattr(dataframe, "columns", dataframe)]
        raise ValueError(
            explain(
                what=f"{argument}: the dataframe has no column {name!r}",
                expected="one of " + ", ".join(map(repr, columns)),
            )
        ) from None


def _strings(dataframe: Any, name: str, argument: str) -> list[str]:
    column = _column(dataframe, name, argument)
    other = next((value for value in column if not isinstance(value, str)), None)
    if other is not None:
        raise TypeError(
            explain(
                what=f"{argument}: the column {name!r} does not hold only strings",
                expected="names of files",
                received=repr(other),
                remedy=f"dataframe[{name!r}] = dataframe[{name!r}].astype(str)",
            )
        )
    return column


def _numbers(dataframe: Any, name: Any, argument: str) -> Array:
    from planish.models.data.arrays import as_array

    return as_array(np.array(_column(dataframe, name, argument)), f"{argument} {name!r}")


def _labels(value: Any, y_col: Any, several: bool) -> list[str]:
    """The classes of a row: a string, or for one-hot targets also a list of them."""
    found = list(value) if several and isinstance(value, list | tuple) else [value]
    if not all(isinstance(each, str) for each in found):
        raise TypeError(
            explain(
                what=f"y_col: the column {y_col!r} does not hold only names of classes",
                expected="strings" + (", or lists of strings" if several else ""),
                received=repr(value),
                remedy=f"dataframe[{y_col!r}] = dataframe[{y_col!r}].astype(str)\nor class_mode='raw' for numbers",
            )
        )
    return found


def _several(y_col: Any) -> list[Any]:
    if not isinstance(y_col, list):
        raise TypeError(
            explain(what="class_mode 'multi_output' takes a list of columns as y_col", received=repr(y_col))
        )
    return y_col


def _check_found(count: int, directory: str, names: Sequence[str], subset: str | None) -> None:
    if count:
        return
    raise ValueError(
        explain(
            what=f"there are no images in the sub-folders of {directory!r}" + (f" for {subset}" if subset else ""),
            expected="a sub-folder of images for each class: cat/, dog/",
            received=f"{number_of(len(names), 'sub-folder')}: {list(names)[:5]}",
        )
    )
