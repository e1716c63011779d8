"""The images of a folder as a data set: files are read on several threads, and broken ones are left out and named."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from planish import warned
from planish.errors import explain
from planish.utils.dataset import ArraySpec, Dataset
from planish.utils.image_files import UnreadableImageError
from planish.utils.image_reader import ImageReader, rounded
from planish.utils.labels import to_categorical
from planish.utils.part_of_batch import Own, PartOfBatch
from planish.utils.workers import in_order

Rows = NDArray[np.int64]
Images = NDArray[Any]
Batch = tuple[Images, Any] | Images
_Read = NDArray[np.float32] | UnreadableImageError | OSError

_NBYTES_AHEAD = 32 << 20
"""The memory of images that are read before they are needed."""


class ImageFolder(Dataset):
    """Batches of images and labels, read from files as they are asked for: `fit(folder)`, `for x, y in folder`.

    Images are float32 [n, height, width, channels] with values of 0-255. Labels follow `label_mode`. Files are in the
    order of `file_paths`, or with a `seed` in another random order in each iteration. The methods of a `Dataset` chain
    it further.

    A file that cannot be read is left out. At the end of the iteration that found it, a warning names all such files;
    from then on they are in `broken`, and no longer in `file_paths`. ValueError if no file can be read.

    `class_names`: of the folder's classes, in order; `batch_size`: images a batch; `reader` reads a file.

    >>> import os
    >>> os.makedirs("pictures/cat")
    >>> keras.utils.save_img("pictures/cat/0.png", np.zeros((8, 8, 3)))
    >>> folder = keras.utils.image_dataset_from_directory("pictures", image_size=(8, 8), verbose=False)
    >>> [images.shape for images, labels in folder]
    [(1, 8, 8, 3)]
    """

    def __init__(
        self,
        file_paths: Sequence[str],
        labels: ArrayLike | None,
        class_names: Sequence[str] | None,
        *,
        reader: ImageReader,
        label_mode: str | None = "int",
        batch_size: int | None = 32,
        seed: int | None = None,
    ) -> None:
        super().__init__(class_names=class_names, batched=batch_size is not None)
        self.batch_size = batch_size
        self.image_shape = reader.image_shape
        self.broken: dict[str, str] = {}
        """The files that could not be read, and why."""
        self._paths = list(file_paths)
        self._labels = None if labels is None or label_mode is None else np.array(labels, dtype=np.int32)
        self._label_mode = label_mode
        self._reader = reader
        self._seed = seed

    def _count(self) -> int:
        count = len(self._paths) - len(self.broken)
        return count if self.batch_size is None else -(-count // self.batch_size)

    def _elements(self) -> Iterator[Batch]:
        if self.batch_size is not None:
            yield from (batch for _, batch in self.numbered_batches())
            return
        for row, image in self._samples(self._order()):
            yield self._sample(image, row)

    def numbered_batches(self) -> Iterator[tuple[Rows, Batch]]:
        """An iteration, each batch with the numbers that its files have among the `count_of_files`."""
        samples = self._samples(self._order())
        while together := list(itertools.islice(samples, self.batch_size)):
            rows = np.array([row for row, _ in together], np.int64)
            yield rows, self._element(np.stack([image for _, image in together]), rows)

    def shared_batches(self, order: Rows, own: Own) -> Iterator[tuple[Rows, PartOfBatch]]:
        """Batches of the files with the numbers `order`, of which only the images that are `own` are read."""
        assert self.batch_size is not None
        order = order[np.isin(order, self.readable_numbers)]
        batches = [order[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        wanted = [row for rows in batches for row in rows[own(len(rows))].tolist()]
        images = in_order(self._read, wanted, self._ahead)
        for rows in batches:
            mine = own(len(rows))
            yield rows, self._part(rows, mine, list(itertools.islice(images, mine.stop - mine.start)))

    def _part(self, rows: Rows, mine: slice, read: Sequence[_Read]) -> PartOfBatch:
        images = np.zeros((len(rows), *self.image_shape), np.float32)
        broken: dict[int, str] = {}
        for place, image in enumerate(read, mine.start):
            if isinstance(image, UnreadableImageError | OSError):
                broken[int(rows[place])] = _reason(image)
            else:
                images[place] = image
        return PartOfBatch(self._element(images, rows), partial(self._whole, rows), broken)

    def _whole(self, rows: Rows) -> Batch:
        """A batch of files that all can be read."""
        read = in_order(self._reader, [self._paths[row] for row in rows.tolist()], len(rows))
        return self._element(np.stack(list(read)), rows)

    def leave_out(self, broken: Mapping[int, str]) -> None:
        """From now on, without a warning (see `warn_of`)."""
        self.broken |= {self._paths[row]: reason for row, reason in broken.items()}

    def warn_of(self, broken: Mapping[int, str]) -> None:
        """Names files that have been left out. ValueError if none is left."""
        self._check_that_some_are_left()
        _warn_of({self._paths[row]: reason for row, reason in broken.items()}, len(self._paths))

    @property
    def count_of_files(self) -> int:
        """Those that cannot be read included."""
        return len(self._paths)

    @property
    def readable_numbers(self) -> Rows:
        """The numbers of the files, without those that are known to be broken."""
        return np.array([row for row, path in enumerate(self._paths) if path not in self.broken], np.int64)

    def next_order(self) -> Rows:
        """The numbers of the files of the next iteration, which this takes the place of."""
        order = self._order()
        return order[np.isin(order, self.readable_numbers)]

    def coming_order(self) -> Rows:
        """The same, but that iteration is still to come."""
        runs = self._runs
        order = self.next_order()
        self._runs = runs
        return order

    @property
    def all_targets(self) -> NDArray[Any] | None:
        """The labels of all files, in the order of their numbers; None if there are none."""
        return None if self._labels is None else self._targets(np.arange(len(self._paths)))

    @property
    def file_paths(self) -> list[str]:
        """The files, without those that are known to be broken."""
        return [path for path in self._paths if path not in self.broken]

    @property
    def element_spec(self) -> Any:
        batch = () if self.batch_size is None else (None,)
        images = ArraySpec((*batch, *self.image_shape), np.dtype(np.float32))
        if self._labels is None:
            return images
        one = self._targets(np.zeros(1, np.int64))
        return images, ArraySpec((*batch, *one.shape[1:]), one.dtype)

    def arrays(self, dtype: DTypeLike = np.float32) -> Batch:
        """All images and labels at once, in the order of `file_paths`; values are rounded if `dtype` has no fractions.

        ValueError if no file can be read.
        """
        kind = np.dtype(dtype)
        images = np.empty((len(self.file_paths), *self.image_shape), kind)
        rows: list[int] = []
        for row, image in self._samples(np.arange(len(self._paths))):
            images[len(rows)] = rounded(image, kind)
            rows.append(row)
        return self._element(images[: len(rows)], np.array(rows, np.int64))

    def _order(self) -> Rows:
        if self._seed is None:
            return np.arange(len(self._paths))
        self._runs += 1
        return np.random.default_rng([self._seed, self._runs]).permutation(len(self._paths))

    def _element(self, images: Images, rows: Rows) -> Batch:
        return images if self._labels is None else (images, self._targets(rows))

    def _sample(self, image: Images, row: int) -> Batch:
        return image if self._labels is None else (image, self._targets(np.array([row]))[0])

    def _targets(self, rows: Rows) -> NDArray[Any]:
        assert self._labels is not None
        labels = self._labels[rows]
        if self._label_mode == "categorical":
            return to_categorical(labels, len(self.class_names or ())).astype(np.float32)
        return labels.astype(np.float32)[:, None] if self._label_mode == "binary" else labels

    def _samples(self, rows: Rows) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Row and image of the files that can be read."""
        found: dict[str, str] = {}
        good = [row for row in rows.tolist() if self._paths[row] not in self.broken]
        try:
            for row, image in zip(good, in_order(self._read, good, self._ahead), strict=True):
                if isinstance(image, UnreadableImageError | OSError):
                    found[self._paths[row]] = _reason(image)
                else:
                    yield row, image
        finally:
            self.broken |= found
            if len(self.broken) < len(self._paths):
                _warn_of(found, len(self._paths))
        self._check_that_some_are_left()

    def _check_that_some_are_left(self) -> None:
        if len(self.broken) == len(self._paths):
            what = f"none of {len(self._paths):,} images can be read"
            raise ValueError(explain(what=what, received=_listed(self.broken)))

    def _read(self, row: int) -> _Read:
        try:
            return self._reader(self._paths[row])
        except (UnreadableImageError, OSError) as error:
            return error

    @property
    def _ahead(self) -> int:
        """How many images are read before they are needed: the next batch, if it is small."""
        return min(self.batch_size or 1, _NBYTES_AHEAD // (4 * int(np.prod(self.image_shape))))


def _reason(error: UnreadableImageError | OSError) -> str:
    return error.reason if isinstance(error, UnreadableImageError) else f"cannot be opened: {error.strerror or error}"


def _warn_of(broken: dict[str, str], count: int) -> None:
    if broken:
        what = f"{len(broken):,} of {count:,} images cannot be read, and are left out"
        warned.warn(explain(what=what, received=_listed(broken)))


def _listed(broken: dict[str, str]) -> str:
    """A line for each file, in the order of their names."""
    return "\n".join(f"{path!r} {' '.join(reason.split())}" for path, reason in sorted(broken.items()))
