"""Batches that an ImageDataGenerator makes: endless for `next`, numbered for `fit`.

Everything random about a batch is drawn when it is asked for, in order; the images are then made on as many threads as
planish uses. So the number of threads changes nothing.
"""

from __future__ import annotations

import os
import threading
from abc import abstractmethod
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from planish import config, random_seed
from planish.errors import explain
from planish.preprocessing.subsets import check_classes, subset_of
from planish.utils import PyDataset, array_to_img
from planish.utils.image_reader import channels_first
from planish.utils.part_of_batch import Own, PartOfBatch
from planish.utils.workers import in_order

if TYPE_CHECKING:
    from planish.preprocessing.image_data_generator import ImageDataGenerator

Array = NDArray[Any]
Rows = NDArray[np.int64]
Transform = dict[str, Any]

_VALUES_TOGETHER = 1 << 16
"""Small images are made several in a piece of work, which has about so many values."""

RANDOM: ContextVar[np.random.RandomState | None] = ContextVar("RANDOM", default=None)
"""What transforms are drawn from; None is NumPy's global generator."""


@contextmanager
def drawing_from(random: np.random.RandomState) -> Generator[None, None, None]:
    """Inside, transforms are drawn from `random`, not from NumPy's global generator."""
    token = RANDOM.set(random)
    try:
        yield
    finally:
        RANDOM.reset(token)


class Iterator(PyDataset):
    """Batches of `n` samples, by number (`batches[0]`) and without end (`next(batches)`).

    To derive from it, write `_get_batches_of_transformed_samples(index_array)`, which gives the batch of the samples
    with these numbers.

    `n`: how many samples there are; `batch_size`: samples in a batch, the last of an epoch may have fewer; `shuffle`:
    whether each epoch has another order; `seed`: of the order and of the transforms, a whole number. `kwargs` are those
    of `PyDataset`.

    >>> class Numbers(keras.preprocessing.image.Iterator):
    ...     def _get_batches_of_transformed_samples(self, index_array):
    ...         return index_array
    >>> numbers = Numbers(5, 2, shuffle=False, seed=None)
    >>> len(numbers), numbers[2], next(numbers)
    (3, array([4]), array([0, 1]))
    """

    def __init__(self, n: int, batch_size: int, shuffle: bool, seed: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = n
        self.batch_size = _whole("batch_size", batch_size, 1)
        self.shuffle = shuffle
        self.seed = seed
        self.batch_index = 0
        self.total_batches_seen = 0
        self.index_array: Rows | None = None
        self.lock = threading.RLock()
        self._first_seed = random_seed.next_seed() if seed is None else _whole("seed", seed, 0)

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, idx: int) -> Any:
        return self._task(idx)()

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        with self.lock:
            task = self._next_task()
        return task()

    def next(self) -> Any:
        """The next batch, as `next(batches)` gives it."""
        return self.__next__()

    def reset(self) -> None:
        """The next batch is the first one of an epoch."""
        self.batch_index = 0

    def position(self) -> list[Any]:
        """What an epoch that begins now is drawn from, and its order: what `go_to` takes."""
        with self.lock:
            order = None if self.index_array is None else self.index_array.tolist()
            return [self._first_seed, self.total_batches_seen, self.batch_index, order]

    def go_to(self, position: Sequence[Any], batches: int = 0) -> None:
        """Goes on in the epoch that began there, of which so many batches were made. ValueError for what is not such a
        position."""
        first_seed, seen, place, order = position
        numbers = [first_seed, seen, place, *(order or ())]
        if not all(type(number) is int and number >= 0 for number in numbers) or place >= len(self):
            raise ValueError("not a position of batches")
        if order is not None and sorted(order) != list(range(self.n)):
            raise ValueError(f"an order of {len(order):,} samples, of which there are {self.n:,}")
        with self.lock:
            self._first_seed, self.total_batches_seen, self.batch_index = first_seed, seen, place
            self.index_array = None if order is None else np.array(order, np.int64)
            if batches and order is None:
                self._set_index_array(self._random())
            self.total_batches_seen += batches

    def on_epoch_end(self) -> None:
        """The next epoch has another order, if `shuffle`."""
        with self.lock:
            self._set_index_array(self._random())

    def _get_batches_of_transformed_samples(self, index_array: Rows) -> Any:
        """The batch of the samples with these numbers."""
        raise NotImplementedError(
            explain(what=f"{type(self).__name__} does not define _get_batches_of_transformed_samples(index_array)")
        )

    def _task(self, index: int) -> Callable[[], Any]:
        with self.lock:
            place = range(len(self))[index]
            random = self._next_random()
            if self.index_array is None:
                self._set_index_array(random)
            return self._drawn(self._rows(place), random)

    def _next_task(self) -> Callable[[], Any]:
        random = self._next_random()
        if self.batch_index == 0 or self.index_array is None:
            self._set_index_array(random)
        rows = self._rows(self.batch_index)
        self.batch_index = (self.batch_index + 1) % len(self)
        return self._drawn(rows, random)

    def _drawn(self, rows: Rows, random: np.random.RandomState) -> Callable[[], Any]:
        """What makes the batch of these rows, with everything random already drawn."""
        return partial(self._get_batches_of_transformed_samples, rows)

    def _rows(self, place: int) -> Rows:
        assert self.index_array is not None
        rows: Rows = self.index_array[place * self.batch_size : (place + 1) * self.batch_size]
        return rows

    def _set_index_array(self, random: np.random.RandomState) -> None:
        self.index_array = random.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _random(self) -> np.random.RandomState:
        """The generator of the next batch. Keras seeds NumPy's global one like this."""
        return np.random.RandomState((self._first_seed + self.total_batches_seen) % 2**32)

    def _next_random(self) -> np.random.RandomState:
        random = self._random()
        self.total_batches_seen += 1
        return random


class TransformedImages(Iterator):
    """Images that a generator transforms and standardizes, with what goes with them."""

    image_data_generator: ImageDataGenerator
    image_shape: tuple[int, ...]
    data_format: str
    dtype: Any

    def _set_saving(self, save_to_dir: Any, save_prefix: str, save_format: str) -> None:
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format
        if save_to_dir is not None and not os.path.isdir(save_to_dir):
            raise FileNotFoundError(
                explain(
                    what="save_to_dir is not a folder",
                    received=repr(save_to_dir),
                    remedy="os.makedirs(save_to_dir, exist_ok=True)",
                )
            )

    @abstractmethod
    def _image(self, row: int) -> Array:
        """An image before anything is done to it, in memory of its own."""

    @abstractmethod
    def _batch(self, images: Array, rows: Rows) -> Any:
        """Images with their labels and weights."""

    def _get_batches_of_transformed_samples(self, index_array: Rows) -> Any:
        return self._drawn(index_array, self._random())()

    def _drawn(self, rows: Rows, random: np.random.RandomState) -> Callable[[], Any]:
        with drawing_from(random):
            transforms = [self.image_data_generator.get_random_transform(self.image_shape) for _ in rows]
        marks = random.randint(int(1e7), size=len(rows)) if self.save_to_dir is not None else np.empty(0, np.int64)
        return partial(self._made, rows, transforms, marks)

    def shared_task(self, index: int, own: Own) -> Callable[[], PartOfBatch] | None:
        """What makes only those images of a batch that are `own`; everything random is drawn for all of them. None if
        somebody else has to see all images."""
        cls = type(self)
        if (
            cls.__getitem__ is not Iterator.__getitem__
            or cls._get_batches_of_transformed_samples is not TransformedImages._get_batches_of_transformed_samples
            or self._needs_all_images
        ):
            return None
        whole: Callable[..., Any] = self._task(index)
        return lambda: PartOfBatch(whole(own), whole)

    @property
    def _needs_all_images(self) -> bool:
        """Whether they are targets, too: then metrics read them."""
        return False

    def _made(self, rows: Rows, transforms: Sequence[Transform], marks: Rows, own: Own | None = None) -> Any:
        images = np.zeros((len(rows), *self.image_shape), self.dtype)
        wanted = slice(0, len(rows)) if own is None else own(len(rows))
        together = max(1, _VALUES_TOGETHER // max(1, int(np.prod(self.image_shape))))
        each = list(zip(rows.tolist(), transforms, strict=True))[wanted]
        pieces = [each[start : start + together] for start in range(0, len(each), together)]
        made = (image for piece in in_order(self._transformed, pieces, len(pieces)) for image in piece)
        for place, image in enumerate(made, wanted.start):  # on one thread: the user's function need not expect several
            images[place] = self._standardized(image)
        for image, row, mark in zip(images[wanted], rows[wanted], marks[wanted], strict=False):
            name = f"{self.save_prefix}_{row}_{mark}.{self.save_format}"
            array_to_img(image, self.data_format, scale=True).save(os.path.join(self.save_to_dir, name))
        return self._batch(images, rows)

    def _transformed(self, piece: Sequence[tuple[int, Transform]]) -> list[Array]:
        return [self.image_data_generator.apply_transform(self._image(row), transform) for row, transform in piece]

    def _standardized(self, image: Array) -> Array:
        result = np.asarray(self.image_data_generator.standardize(image))
        if result.shape != self.image_shape:
            raise ValueError(
                explain(
                    what="preprocessing_function gives an image of another shape",
                    expected=self.image_shape,
                    received=result.shape,
                )
            )
        return result


class NumpyArrayIterator(TransformedImages):
    """Batches of images from an array: what `ImageDataGenerator.flow` gives, with its arguments.

    `x`: images [n, height, width, channels], or (images, array or list of arrays) whose rows go with them unchanged;
    `y`: labels, or None; `sample_weight`: a weight for each; `image_data_generator` transforms them. `data_format` and
    `dtype`: of the images. `subset`: 'training' or 'validation', of the generator's `validation_split`;
    `ignore_class_split`: whether the two may have different classes. `save_to_dir`, `save_prefix`, `save_format`: where
    images are written to as well.

    Each batch is images, (images, labels) or (images, labels, weights).

    >>> generator = keras.preprocessing.image.ImageDataGenerator(rescale=1 / 255)
    >>> batches = keras.preprocessing.image.NumpyArrayIterator(np.ones((5, 4, 4, 3)), np.arange(5), generator)
    >>> batches[0][1]
    array([0, 1, 2, 3, 4])
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: ImageDataGenerator,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
        dtype: Any = None,
    ) -> None:
        from planish.models.data.arrays import as_array

        images, others = (x[0], x[1]) if isinstance(x, tuple | list) and len(x) == 2 else (x, [])
        others = others if isinstance(others, list) else [others]
        named = {"x": images, **{f"x[1][{place}]": other for place, other in enumerate(others)}}
        labels = {"y": y, "sample_weight": sample_weight}
        arrays = {name: as_array(value, name) for name, value in named.items()}
        arrays |= {name: np.asarray(value) for name, value in labels.items() if value is not None}
        _check_lengths(arrays)
        first = channels_first(data_format)
        check_images(arrays["x"], "x", 1 if first else 3)
        rows = subset_of(subset, image_data_generator, len(arrays["x"]))
        if subset is not None and y is not None and not ignore_class_split:
            check_classes(arrays["y"], rows)
        chosen = {name: array[rows] for name, array in arrays.items()}
        self.x, self.y, self.sample_weight = chosen["x"], chosen.get("y"), chosen.get("sample_weight")
        self.x_misc = [chosen[f"x[1][{place}]"] for place in range(len(others))]
        self.image_data_generator = image_data_generator
        self.data_format = "channels_first" if first else "channels_last"
        self.dtype = np.dtype(config.floatx() if dtype is None else dtype)
        self.image_shape = self.x.shape[1:]
        self._set_saving(save_to_dir, save_prefix, save_format)
        super().__init__(len(self.x), batch_size, shuffle, seed)

    def _image(self, row: int) -> Array:
        image: Array = self.x[row].astype(self.dtype)
        return image

    def _batch(self, images: Array, rows: Rows) -> Any:
        others = [other[rows] for other in self.x_misc]
        inputs = [images, *others] if others else images
        if self.y is None:
            return inputs
        parts = (inputs, self.y[rows])
        return parts if self.sample_weight is None else (*parts, self.sample_weight[rows])


def check_images(x: Array, what: str, channel_axis: int) -> None:
    """ValueError for anything but images of numbers, [n, height, width, channels] or [n, channels, height, width]."""
    shape = "(n, height, width, channels)" if channel_axis == 3 else "(n, channels, height, width)"
    if x.ndim != 4:
        raise ValueError(
            explain(
                what=f"`{what}` does not hold images",
                expected=f"an array of shape {shape}",
                received=x.shape,
                remedy=f"add the axis of channels: {what}[..., None]" if x.ndim == 3 and channel_axis == 3 else None,
            )
        )


def _check_lengths(arrays: dict[str, Array]) -> None:
    lengths = {name: len(array) if array.ndim else 0 for name, array in arrays.items()}
    other = next((name for name in lengths if lengths[name] != lengths["x"]), None)
    if other is not None:
        raise ValueError(
            explain(
                what=f"`x` and `{other}` differ in length",
                expected=f"{lengths['x']:,} of each",
                received=f"{lengths[other]:,} in `{other}`",
            )
        )


def _whole(argument: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(
            explain(what=f"{argument} is not a whole number", expected=f"{least} or more", received=repr(value))
        )
    return int(value)
