"""Data in two parts: one to train with, one to test with."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from planish import random_seed
from planish.errors import explain
from planish.utils.dataset import Chained, Dataset, nested, rows_of

Samples = tuple[int, Callable[[int], Any], int | None]


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    """Two data sets of the samples of one: the first ones, and the others.

    `dataset`: an array, a list or tuple of arrays of one length (rows of each make a sample), or a data set, one of
    `tf.data` or of PyTorch as well, or a DataLoader. Samples of data sets are kept in memory, unless they are found by
    number; one of batches gives batches of the same size. `left_size`, `right_size`: a part of 1,
    or a number of samples; one of them is enough. `shuffle`: in random order, drawn with `seed`. `preferred_backend`
    changes nothing.

    TypeError for other data; ValueError for sizes that do not fit.

    >>> left, right = keras.utils.split_dataset(np.arange(10), left_size=0.8)
    >>> len(left), len(right), [int(each) for each in right]
    (8, 2, [8, 9])
    """
    count, sample, batch_size = _samples(dataset)
    left, right = _sizes(count, left_size, right_size)
    order = list(range(count))
    if shuffle:
        random.Random(random_seed.next_seed() if seed is None else seed).shuffle(order)
    parts = (_part(sample, order[:left]), _part(sample, order[left : left + right]))
    first, second = (part if batch_size is None else part.batch(batch_size) for part in parts)
    return first, second


def _part(sample: Callable[[int], Any], rows: list[int]) -> Dataset:
    def start() -> Iterator[Any]:
        return map(sample, rows)

    return Chained(start, lambda: len(rows))


def _samples(dataset: Any) -> Samples:
    """How many there are, a function that gives one, and the size of batches (None for single samples)."""
    if isinstance(dataset, Dataset):
        return _kept(list(dataset), batched=dataset._batched)
    if _is_of(dataset, "tensorflow"):
        return _kept([nested(np.asarray, element) for element in dataset], batched=_is_batched(dataset))
    if _is_of(dataset, "torch"):
        if hasattr(dataset, "batch_sampler"):  # a DataLoader
            batches = [_of_arrays(element) for element in dataset]
            return _kept(batches, batched=dataset.batch_size is not None or dataset.batch_sampler is not None)
        if hasattr(dataset, "__len__"):
            return len(dataset), lambda row: _of_arrays(dataset[row]), None
        return _kept([_of_arrays(element) for element in dataset], batched=False)
    parts = dataset if isinstance(dataset, tuple | list) else [dataset]
    if not parts or not all(hasattr(part, "__array__") or isinstance(part, list | tuple) for part in parts):
        raise TypeError(
            explain(
                what="split_dataset takes arrays or a data set",
                expected="an array, a tuple of arrays of one length, or a data set of planish, tf.data or PyTorch",
                received=type(dataset).__name__,
            )
        )
    arrays = [np.asarray(part) for part in parts]
    lengths = [len(array) if array.ndim else 0 for array in arrays]
    if len(set(lengths)) > 1:
        raise ValueError(
            explain(what="the arrays of split_dataset differ in length", expected="one length", received=lengths)
        )
    several = isinstance(dataset, tuple | list)
    return lengths[0], lambda row: tuple(array[row] for array in arrays) if several else arrays[0][row], None


def _kept(elements: list[Any], *, batched: bool) -> Samples:
    """Samples that are in memory; of batches, their rows."""
    if not elements or not batched:
        return len(elements), elements.__getitem__, None
    rows = [row for element in elements for row in rows_of(element)]
    return len(rows), rows.__getitem__, max(map(_length, elements))


def _is_of(dataset: Any, package: str) -> bool:
    """Whether its class, or one that this is derived from, is a data set of another library."""
    return any(class_.__module__.partition(".")[0] == package for class_ in type(dataset).__mro__)


def _is_batched(dataset: Any) -> bool:
    """As Keras finds it out for `tf.data`: by the class of the last step, or of a step before it."""
    while dataset is not None:
        if "Batch" in type(dataset).__name__:
            return "Unbatch" not in type(dataset).__name__
        dataset = getattr(dataset, "_input_dataset", None)
    return False


def _of_arrays(element: Any) -> Any:
    """A sample of PyTorch's with arrays in it; lists are what its batches of tuples become."""
    if isinstance(element, list | tuple):
        return tuple(map(_of_arrays, element))
    if isinstance(element, dict):
        return {name: _of_arrays(part) for name, part in element.items()}
    from planish.models.data.arrays import as_array

    return as_array(element, "dataset")


def _length(element: Any) -> int:
    while isinstance(element, tuple | dict):
        element = next(iter(element.values() if isinstance(element, dict) else element))
    return len(element)


def _sizes(count: int, left: Any, right: Any) -> tuple[int, int]:
    if left is None and right is None:
        raise ValueError(explain(what="split_dataset: neither size is given", remedy="left_size=0.8"))
    first, second = (_number(name, size, count) for name, size in (("left_size", left), ("right_size", right)))
    first = count - (second or 0) if first is None else first
    second = count - first if second is None else second
    if first < 1 or second < 1 or first + second > count:
        raise ValueError(
            explain(
                what="split_dataset: a part is empty, or both are more than there is",
                received=f"{first:,} and {second:,} of {count:,} samples",
            )
        )
    return first, second


def _number(name: str, size: Any, count: int) -> int | None:
    """How many samples a size is."""
    if size is None:
        return None
    is_part = isinstance(size, float | np.floating) and 0 < size < 1
    if not is_part and (isinstance(size, bool) or not isinstance(size, int | np.integer) or not 0 < size < count):
        raise ValueError(
            explain(
                what=f"split_dataset: {name} is neither a part nor a number of samples",
                expected=f"a fraction between 0 and 1, or a whole number between 0 and {count:,}",
                received=repr(size),
            )
        )
    return round(size * count) if is_part else int(size)
