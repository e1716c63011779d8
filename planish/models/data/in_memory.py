"""Images, targets and weights that are in memory as a whole: checked, split, weighted by class."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from planish.errors import explain
from planish.models.data.arrays import CHUNK_NBYTES, Array, as_array, memory_dtype, told_at
from planish.models.data.class_weights import ClassWeights
from planish.models.data.expected import (
    UNKNOWN,
    End,
    Expected,
    Part,
    input_parts,
    output_parts,
    taken,
    with_rank,
)
from planish.models.data.paths import OpenShape, refuse_paths

_LARGEST = float(np.finfo(np.float32).max)
_LARGEST_WIDE = float(np.finfo(np.float64).max)
_NBYTES_FOR_THREADS = 32 << 20
"""Smaller arrays are checked before another thread would be awake."""


class Labels(NamedTuple):
    """How a user writes each array in code: "x", "x['image']", "y[0]"; `wide`: whether it is read in float64."""

    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    wide: bool = False


_ALONE = Labels(("x",), ("y",))


class OwnPart(NamedTuple):
    """What makes the whole batch, and the files that cannot be read, by their numbers (see `PartOfBatch`)."""

    whole: Callable[[], Arrays]
    broken: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Arrays:
    """Data as the user gave them, of one length: an array [n, ...] for each input of the model, and for each output
    targets [n, ...] and weights f32 [n], or None."""

    inputs: tuple[Array, ...]
    targets: tuple[Array | None, ...] = (None,)
    weights: tuple[Array | None, ...] = (None,)
    place: str = ""
    """The name of the data in messages, if not just `x` and `y`: "validation_data", "batch 3 of the generator"."""
    labels: Labels = _ALONE
    numbers: Array | None = None
    """Of a batch of a folder: the numbers of its files, i64 [n]."""
    part: OwnPart | None = None
    """Of a batch of which only some images are there, and zeros for others."""

    def __len__(self) -> int:
        return len(self.inputs[0])

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self._all if array is not None)

    def rows(self, start: int, stop: int) -> Arrays:
        """A view of some rows."""
        return self._each(lambda array: array[start:stop])

    def take(self, rows: Array) -> Arrays:
        """A copy of the rows with these numbers, in this order."""
        return self._each(lambda array: array[rows])

    def take_part(self, rows: Array, own: Array) -> Arrays:
        """The same, where only those images are copied whose places among the `rows` are `own`; others are zeros."""

        def some(array: Array) -> Array:
            taken = np.zeros((len(rows), *array.shape[1:]), array.dtype)
            taken[own] = array[rows[own]]
            return taken

        inputs = tuple(map(some, self.inputs))
        return replace(self._each(lambda array: array[rows], keep_inputs=True), inputs=inputs)

    def copied(self) -> Arrays:
        """The same in memory of its own, with images as a program reads them."""
        inputs = tuple(np.array(array, memory_dtype(array.dtype), order="C") for array in self.inputs)
        return replace(self._each(lambda array: np.array(array, order="C"), keep_inputs=True), inputs=inputs)

    def _each(self, change: Callable[[Array], Array], *, keep_inputs: bool = False) -> Arrays:
        """The same with changed arrays."""
        inputs = self.inputs if keep_inputs else tuple(map(change, self.inputs))
        targets, weights = (
            tuple(None if array is None else change(array) for array in arrays)
            for arrays in (self.targets, self.weights)
        )
        numbers = None if self.numbers is None else change(self.numbers)
        return Arrays(inputs, targets, weights, self.place, self.labels, numbers, self.part)

    @property
    def kinds(self) -> tuple[Any, ...]:
        """Element type and shape of a row of each array. Where these agree, rows can be joined."""
        return tuple(None if array is None else (array.dtype, array.shape[1:]) for array in self._all)

    @property
    def _all(self) -> tuple[Array | None, ...]:
        return (*self.inputs, *self.targets, *self.weights)

    def check_inputs(self) -> None:
        """ValueError if an input holds NaN or infinity."""
        for array, label in zip(self.inputs, self.labels.inputs, strict=True):
            check_finite(array, label, wide=self.labels.wide)


def joined(parts: Sequence[Arrays]) -> Arrays:
    """The rows of all parts in order; their `kinds` agree."""
    inputs = tuple(np.concatenate(arrays) for arrays in zip(*(part.inputs for part in parts), strict=True))
    targets, weights = (
        tuple(None if arrays[0] is None else np.concatenate(arrays) for arrays in zip(*columns, strict=True))
        for columns in ([part.targets for part in parts], [part.weights for part in parts])
    )
    of_files = [part.numbers for part in parts if part.numbers is not None]
    numbers = np.concatenate(of_files) if of_files else None
    return replace(parts[0], inputs=inputs, targets=targets, weights=weights, place="", numbers=numbers)


def as_arrays(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: Any = None,
    *,
    expected: Expected = UNKNOWN,
    place: str = "",
    whole: bool = True,
) -> Arrays:
    """The arguments of `fit` or `evaluate` as arrays of one length.

    `expected` is what the model takes; `place` is where the data come from, for messages; `whole` says that these are
    all of the data, and not one of several batches. ValueError for parts that do not match the model's inputs and
    outputs, for lengths that differ and for weights of the wrong shape, TypeError for arrays that do not hold numbers.
    """
    with told_at(place):
        return replace(_checked(x, y, sample_weight, class_weight, expected, whole), place=place)


def _checked(x: Any, y: Any, sample_weight: Any, class_weight: Any, expected: Expected, whole: bool) -> Arrays:
    inputs, labels = input_arrays(x, expected)
    parts = output_parts(y, "y", expected)
    targets = tuple(None if part.value is None else _targets(part) for part in parts)
    of_outputs = tuple(part.label for part in parts)
    check_lengths(inputs, labels, targets, of_outputs)
    if class_weight is not None and sample_weight is not None:
        raise ValueError(
            explain(
                what="`class_weight` and `sample_weight` cannot be used together",
                remedy="multiply the sample weights by the class weights",
            )
        )
    weights: tuple[Array | None, ...] = tuple(None for _ in targets)
    if sample_weight is not None:
        weights = _sample_weights(sample_weight, expected, len(inputs[0]))
    elif class_weight is not None:
        weights = (_class_weights(class_weight, targets, whole, wide=expected.wide),)
    return Arrays(inputs, targets, weights, labels=Labels(labels, of_outputs, expected.wide))


def _class_weights(given: Any, targets: tuple[Array | None, ...], whole: bool, *, wide: bool) -> Array:
    """The weight of each image. ValueError if there are several outputs."""
    if len(targets) > 1:
        raise ValueError(
            explain(
                what="`class_weight` needs a model with one output",
                received=f"{len(targets)} outputs",
                remedy="weights for the images of each output: sample_weight={'name of the output': weights, ...}",
            )
        )
    (of_output,) = targets
    if of_output is not None:
        check_finite(of_output, "y", wide=wide)
    return (given if isinstance(given, ClassWeights) else ClassWeights(given)).of(of_output, whole=whole)


def check_lengths(
    inputs: Sequence[Array],
    labels: Sequence[str],
    targets: Sequence[Array | None] = (),
    of_outputs: Sequence[str] = (),
) -> None:
    """ValueError unless all arrays have one length."""
    first, count = labels[0], len(inputs[0])
    for array, label in zip(inputs[1:], labels[1:], strict=True):
        if len(array) != count:
            raise ValueError(
                explain(
                    what=f"`{first}` and `{label}` differ in length",
                    expected="the inputs of the same images, in the same order",
                    received=f"{first} {inputs[0].shape}, {label} {array.shape}",
                    remedy=f"the same rows of both: {first}[rows], {label}[rows]",
                )
            )
    for of_output, label in zip(targets, of_outputs, strict=True):
        if of_output is not None and len(of_output) != count:
            raise ValueError(
                explain(
                    what=f"`{first}` and `{label}` differ in length",
                    expected=f"a target for each of the {count:,} images",
                    received=f"{first} {inputs[0].shape}, {label} {of_output.shape}",
                    remedy=_length_remedy(inputs[0], of_output, first, label),
                )
            )


def _targets(part: Part) -> Array:
    label, y = part
    if isinstance(y, bool | int | float | np.generic) or (isinstance(y, np.ndarray) and not y.ndim):
        raise ValueError(
            explain(
                what=f"`{label}` is a single number",
                expected="a target for each image",
                received=repr(y),
                remedy=f"the same one for each image: np.full(len(x), {label})",
            )
        )
    return as_array(y, label)


def input_arrays(x: Any, expected: Expected) -> tuple[tuple[Array, ...], tuple[str, ...]]:
    """An array for each of the model's inputs, as `as_images` makes them, and how a user writes each."""
    parts = input_parts(x, expected)
    arrays = (as_images(part.value, end, part.label) for part, end in zip(parts, expected.inputs, strict=True))
    return tuple(arrays), tuple(part.label for part in parts)


def as_images(x: Any, end: End, label: str = "x") -> Array:
    """`x` as an array of what the model's input takes, where a last axis of 1 is added or dropped.

    A list that holds one whole batch of such images (Keras's list of inputs), or a dictionary that has one under the
    name of the model's input, is that batch.
    """
    x, shape = taken(x, end.name, label), end.shape
    if shape and isinstance(x, list | tuple) and len(x) == 1 and _is_batch(x[0], shape):
        x = x[0]
    refuse_paths(x, shape)
    _refuse_pairs(x, shape)
    array = as_array(x, label)
    if array.ndim == 0:
        raise ValueError(
            explain(
                what=f"`{label}` is a single number",
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


def _length_remedy(x: Array, y: Array, first: str, label: str) -> str:
    count = len(x)
    if y.ndim == 2 and y.shape[1] == count:
        return f"pass {label}.T"
    if y.ndim == 1 and count > 1 and len(y) > count and len(y) % count == 0:
        return f"one row of targets for each image: {label}.reshape({count}, -1)"
    return f"{first} and {label} for the same images: {first}[rows], {label}[rows]"


def _sample_weights(value: Any, expected: Expected, count: int) -> tuple[Array | None, ...]:
    """The weights of each output; those of a single array are for all of them, as in Keras."""
    several = isinstance(value, Mapping) or (isinstance(value, list | tuple) and any(map(_holds_items, value)))
    if len(expected.outputs) > 1 and not several:
        return (_sample_weight(value, count),) * len(expected.outputs)
    parts = output_parts(value, "sample_weight", expected)
    return tuple(None if part.value is None else _sample_weight(part.value, count, part.label) for part in parts)


def _holds_items(value: Any) -> bool:
    """Whether the item of a list is not a number."""
    return value is None or isinstance(value, list | tuple | Mapping) or getattr(value, "ndim", 0) > 0


def _sample_weight(value: Any, count: int, label: str = "sample_weight") -> Array:
    array = as_array(value, label)
    if array.shape not in ((count,), (count, 1)):
        raise ValueError(
            explain(
                what=f"`{label}` does not match the images",
                expected=f"a weight for each image, shape ({count},)",
                received=f"shape {array.shape}",
                remedy=f"weights selected like the images: {label}[rows]\n"
                "or, if they are those of the classes: class_weight=dict(enumerate(weights))",
            )
        )
    check_finite(array, label)
    return np.require(array.reshape(count), np.float64, ["C", "A"])


def check_finite(array: Array, what: str, *, wide: bool = False) -> None:
    """ValueError if a float array holds NaN, infinity, or values that become infinite in float32 (`wide`: in float64).

    Each chunk is first checked as a whole (`_is_suspect`), which is several times cheaper than a test of each value.
    """
    if array.dtype.kind != "f" or not array.size:
        return
    rows = max(1, CHUNK_NBYTES // max(1, array[0].nbytes))
    suspects: list[int] = []
    largest = _LARGEST_WIDE if wide else _LARGEST
    starts = iter(range(0, len(array), rows))

    def look(number: int) -> None:
        with np.errstate(all="ignore"):
            for start in starts:
                if _is_suspect(array[start : start + rows], largest):
                    suspects.append(start)

    if array.nbytes < _NBYTES_FOR_THREADS:
        look(0)
    else:
        from planish_runtime.threads import get_num_threads
        from planish_runtime.workers import run_together

        run_together(look, get_num_threads(), stop=lambda: deque(starts, maxlen=0).clear())
    suspects.sort()
    places = [start + np.argwhere(_are_bad(array[start : start + rows], largest))[:, :1] for start in suspects]
    count = sum(len(found) for found in places)
    if count:
        first = next(int(found[0, 0]) for found in places if len(found))
        raise _not_finite(array, what, (first, *map(int, np.argwhere(_are_bad(array[first], largest))[0])), count)


def _is_suspect(chunk: Array, largest: float) -> bool:
    """Whether it may hold a bad value: one makes the sum bad. A float64 sum does not show values that are too large."""
    if chunk.dtype.itemsize < 8:
        return not np.isfinite(np.sum(chunk, dtype=np.float32))
    return not max(chunk.max(), -chunk.min()) <= largest


def _are_bad(values: Array, largest: float) -> Array:
    fits = values.dtype.itemsize < 8  # in float32, if it is finite; float16 has no number as large as the largest
    bad: Array = ~np.isfinite(values) if fits else ~(np.abs(values) <= largest)
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
