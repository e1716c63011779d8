"""Images, targets and weights that are in memory as a whole: checked, split, weighted by class."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from planish.errors import explain
from planish.models.data.arrays import CHUNK_NBYTES, Array, as_array, memory_dtype, told_at
from planish.models.data.class_weights import ClassWeights
from planish.models.data.expected import UNKNOWN, Expected, taken, with_rank
from planish.models.data.paths import OpenShape, refuse_paths

_LARGEST = float(np.finfo(np.float32).max)
_NBYTES_FOR_THREADS = 32 << 20
"""Smaller arrays are checked before another thread would be awake."""


@dataclass(frozen=True, slots=True)
class Arrays:
    """`x` [n, ...], `y` [n, ...] and `weight` f32 [n] as the user gave them, of one length."""

    x: Array
    y: Array | None = None
    weight: Array | None = None
    place: str = ""
    """The name of the data in messages, if not just `x` and `y`: "validation_data", "batch 3 of the generator"."""

    def __len__(self) -> int:
        return len(self.x)

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self._all if array is not None)

    def rows(self, start: int, stop: int) -> Arrays:
        """A view of some rows."""
        y = None if self.y is None else self.y[start:stop]
        weight = None if self.weight is None else self.weight[start:stop]
        return Arrays(self.x[start:stop], y, weight, self.place)

    def take(self, rows: Array) -> Arrays:
        """A copy of the rows with these numbers, in this order."""
        x, y, weight = (None if array is None else array[rows] for array in self._all)
        assert x is not None
        return Arrays(x, y, weight, self.place)

    def copied(self) -> Arrays:
        """The same in memory of its own, with images as a program reads them."""
        x = np.array(self.x, memory_dtype(self.x.dtype), order="C")
        y = None if self.y is None else np.array(self.y, order="C")
        return Arrays(x, y, None if self.weight is None else self.weight.copy(), self.place)

    @property
    def kinds(self) -> tuple[Any, ...]:
        """Element type and shape of a row of each array. Where these agree, rows can be joined."""
        return tuple(None if array is None else (array.dtype, array.shape[1:]) for array in self._all)

    @property
    def _all(self) -> tuple[Array | None, ...]:
        return (self.x, self.y, self.weight)


def joined(parts: Sequence[Arrays]) -> Arrays:
    """The rows of all parts in order; their `kinds` agree."""
    x, y, weight = (
        None if arrays[0] is None else np.concatenate(arrays)
        for arrays in zip(*(part._all for part in parts), strict=True)
    )
    assert x is not None
    return Arrays(x, y, weight)


def as_arrays(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: Any = None,
    *,
    images: Expected = UNKNOWN,
    place: str = "",
    whole: bool = True,
) -> Arrays:
    """The arguments of `fit` or `evaluate` as arrays of one length.

    `images` is what the model takes; `place` is where the data come from, for messages; `whole` says that these are all
    of the data, and not one of several batches. ValueError for lengths that differ and for weights of the wrong shape,
    TypeError for arrays that do not hold numbers.
    """
    with told_at(place):
        return replace(_checked(x, y, sample_weight, class_weight, images, whole), place=place)


def _checked(x: Any, y: Any, sample_weight: Any, class_weight: Any, expected: Expected, whole: bool) -> Arrays:
    images = as_images(x, expected)
    y, sample_weight = taken(y, expected.output_name, "y"), taken(sample_weight, expected.output_name, "sample_weight")
    targets = None if y is None else _targets(y)
    if targets is not None and len(targets) != len(images):
        raise ValueError(
            explain(
                what="`x` and `y` differ in length",
                expected=f"a target for each of the {len(images):,} images",
                received=f"x {images.shape}, y {targets.shape}",
                remedy=_length_remedy(images, targets),
            )
        )
    if class_weight is not None and sample_weight is not None:
        raise ValueError(
            explain(
                what="`class_weight` and `sample_weight` cannot be used together",
                remedy="multiply the sample weights by the class weights",
            )
        )
    weight = None
    if sample_weight is not None:
        weight = _sample_weight(sample_weight, len(images))
    elif class_weight is not None:
        if targets is not None:
            check_finite(targets, "y")
        weight = (class_weight if isinstance(class_weight, ClassWeights) else ClassWeights(class_weight)).of(
            targets, whole=whole
        )
    return Arrays(images, targets, weight)


def _targets(y: Any) -> Array:
    if isinstance(y, bool | int | float | np.generic) or (isinstance(y, np.ndarray) and not y.ndim):
        raise ValueError(
            explain(
                what="`y` is a single number",
                expected="a target for each image",
                received=repr(y),
                remedy="the same one for each image: np.full(len(x), y)",
            )
        )
    return as_array(_alone(y), "y")


def as_images(x: Any, expected: Expected) -> Array:
    """`x` as an array of what the model takes, where a last axis of 1 is added or dropped.

    A list that holds one whole batch of such images (Keras's list of inputs), or a dictionary that has one under the
    name of the model's input, is that batch.
    """
    x, shape = taken(x, expected.input_name, "x"), expected.shape
    if shape and isinstance(x, list | tuple) and len(x) == 1 and _is_batch(x[0], shape):
        x = x[0]
    refuse_paths(x, shape)
    _refuse_pairs(x, shape)
    array = as_array(x, "x")
    if array.ndim == 0:
        raise ValueError(
            explain(
                what="`x` is a single number",
                expected="images, counted by the first axis",
                received=repr(array[()]),
            )
        )
    return with_rank(array, shape) if shape else array


def _is_batch(item: Any, shape: OpenShape) -> bool:
    """Whether the only item of a list is not an image but a batch of them."""
    rank = getattr(item, "ndim", 0)
    return rank == len(shape) + 1 or (rank > 0 and with_rank(item, shape) is not item)


def _refuse_pairs(x: Any, shape: OpenShape) -> None:
    """ValueError for (x, y) or (x, y, sample_weight) where the images alone belong."""
    if not isinstance(x, tuple | list) or len(x) not in (2, 3) or not all(getattr(item, "ndim", 0) for item in x):
        return
    lengths = {len(item) for item in x}
    several = isinstance(x, tuple) or len({item.ndim for item in x}) > 1
    is_batch = _is_batch(x[0], shape) if shape else x[0].ndim > 1
    if len(lengths) == 1 and several and is_batch:
        weight = ", sample_weight=sample_weight" if len(x) == 3 else ""
        names = ", ".join(("x", "y", "sample_weight")[: len(x)])
        raise ValueError(
            explain(
                what=f"`x` is a {type(x).__name__} of {len(x)} arrays, which look like ({names})",
                expected="the images alone, and the others as separate arguments",
                received=", ".join(f"an array of shape {item.shape}" for item in x),
                remedy=f"{names} = x\nand then fit(x, y{weight}), or predict(x)",
            )
        )


def _length_remedy(x: Array, y: Array) -> str:
    count = len(x)
    if y.ndim == 2 and y.shape[1] == count:
        return "pass y.T"
    if y.ndim == 1 and count > 1 and len(y) > count and len(y) % count == 0:
        return f"one row of targets for each image: y.reshape({count}, -1)"
    return "x and y for the same images: x[rows], y[rows]"


def _alone(y: Any) -> Any:
    """Takes the only item of Keras's list of outputs."""
    single = isinstance(y, list | tuple) and len(y) == 1 and getattr(y[0], "ndim", 0) > 0
    return y[0] if single else y


def _sample_weight(value: Any, count: int) -> Array:
    array = as_array(value, "sample_weight")
    if array.shape not in ((count,), (count, 1)):
        raise ValueError(
            explain(
                what="`sample_weight` does not match the images",
                expected=f"a weight for each image, shape ({count},)",
                received=f"shape {array.shape}",
                remedy="weights selected like the images: sample_weight[rows]\n"
                "or, if they are those of the classes: class_weight=dict(enumerate(weights))",
            )
        )
    check_finite(array, "sample_weight")
    return np.require(array.reshape(count), np.float32, ["C", "A"])


def split_off(data: Arrays, fraction: float) -> tuple[Arrays, Arrays]:
    """(training, validation): the last `fraction` of the rows is for validation. Views, nothing is copied."""
    if not 0 < fraction < 1:
        raise ValueError(explain(what="`validation_split` is not a fraction", expected="0 to 1", received=fraction))
    cut = math.floor(len(data) * (1.0 - fraction))
    if cut in (0, len(data)):
        raise ValueError(
            explain(
                what=f"{len(data)} image{' is' if len(data) == 1 else 's are'} too few for validation_split={fraction}",
                expected="at least one image to train on and one to validate on",
                received=f"{cut} and {len(data) - cut}",
                remedy="validation_split=0.5, or validation_data=(x_val, y_val)"
                if len(data) > 1
                else "validation_data=(x_val, y_val), or more images",
            )
        )
    return data.rows(0, cut), data.rows(cut, len(data))


def check_finite(array: Array, what: str) -> None:
    """ValueError if a float array holds NaN, infinity, or values that become infinite in float32.

    Each chunk is first checked as a whole (`_is_suspect`), which is several times cheaper than a test of each value.
    """
    if array.dtype.kind != "f" or not array.size:
        return
    rows = max(1, CHUNK_NBYTES // max(1, array[0].nbytes))
    suspects: list[int] = []
    starts = iter(range(0, len(array), rows))

    def look(number: int) -> None:
        with np.errstate(all="ignore"):
            for start in starts:
                if _is_suspect(array[start : start + rows]):
                    suspects.append(start)

    if array.nbytes < _NBYTES_FOR_THREADS:
        look(0)
    else:
        from planish.runtime.threads import get_num_threads
        from planish.runtime.workers import run_together

        run_together(look, get_num_threads(), stop=lambda: deque(starts, maxlen=0).clear())
    suspects.sort()
    places = [start + np.argwhere(_are_bad(array[start : start + rows]))[:, :1] for start in suspects]
    count = sum(len(found) for found in places)
    if count:
        first = next(int(found[0, 0]) for found in places if len(found))
        raise _not_finite(array, what, (first, *map(int, np.argwhere(_are_bad(array[first]))[0])), count)


def _is_suspect(chunk: Array) -> bool:
    """Whether it may hold a bad value: one makes the sum bad. A float64 sum does not show values that are too large."""
    if chunk.dtype.itemsize < 8:
        return not np.isfinite(np.sum(chunk, dtype=np.float32))
    return not max(chunk.max(), -chunk.min()) <= _LARGEST


def _are_bad(values: Array) -> Array:
    with np.errstate(over="ignore"):
        bad: Array = ~np.isfinite(values.astype(np.float32))
    return bad


def _not_finite(array: Array, what: str, index: tuple[int, ...], count: int) -> ValueError:
    """The error about an array that holds `count` bad values, the first of them at `index`."""
    example = f"{what}{list(index)} = {array[index]}"
    if np.isfinite(array[index]):
        return ValueError(
            explain(
                what=f"`{what}` holds values that are too large",
                rule="planish computes in float32, in which they are infinite",
                expected=f"numbers up to {_LARGEST:.1e}",
                received=f"{count:,} of {array.size:,} are larger, the first is {example}",
                remedy=f"scale them: {what} / np.abs({what}).max()",
            )
        )
    return ValueError(
        explain(
            what=f"`{what}` holds values that are not finite",
            expected="finite numbers",
            received=f"{count:,} of {array.size:,} are NaN or infinite, the first is {example}",
            remedy=f"look at {what}[{index[0]}], or replace them: np.nan_to_num({what})",
        )
    )
