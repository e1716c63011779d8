"""What a report shows of data: how often the model is right, what it takes for what, and its worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from planish.errors import explain, number_of
from planish.explain import pixels
from planish.explain.encoding import Array, numbers
from planish.models.looking.results import Results

if TYPE_CHECKING:
    from planish.models.model import Model

MOST_IN_A_TABLE = 20
"""Of more classes, the most frequent confusions are listed."""
MOST_PAIRS = 20
MOST_SHOWN = 48
"""Mistakes on the page: the surest one of each confusion first."""
MOST_NBYTES = 400_000
"""That their pictures take together, as numbers."""
_BEST = 3


class Best(NamedTuple):
    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Mistake:
    """An image that is `label`, and that the model takes for `predicted`; `best` are its highest scores."""

    row: int
    label: int
    predicted: int
    best: list[Best]
    path: str
    picture: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pair:
    """How many images of one class were taken for another one."""

    label: int
    predicted: int
    count: int
    of: int


@dataclass(frozen=True, slots=True)
class Mistakes:
    """`counts` [classes, classes] by the right class (rows) and the model's; None for many classes."""

    images: int
    right: int
    names: list[str]
    counts: list[list[int]] | None
    pairs: list[Pair]
    shown: list[Mistake]


class Data(NamedTuple):
    """Images [n, ...] as the model takes them, their class indices [n], and the files that they come from, if any."""

    x: Array
    y: Array
    paths: Sequence[str] = ()


def mistakes(
    model: Model, data: Any, names: Sequence[str], place: int, data_format: str, *, exactly: bool
) -> Mistakes | None:
    """The model's answers for `data`: (x, y) or (x, y, paths). None if there are no images in it.

    `exactly` says that the page computes with the pictures, so that it needs all of their numbers. ValueError if the
    data do not fit each other or the model.
    """
    given = _checked(model, data, len(names), place)
    if not len(given.x):
        return None
    outputs = model.predict(given.x, verbose=0)
    scores = np.asarray([*outputs.values()][place] if isinstance(outputs, dict) else _at(outputs, place))
    names = [*names]
    if scores.shape[1] == 1:  # the score of the second of two classes
        scores = np.concatenate([1 - scores, scores], axis=1)
        names = names if len(names) > 1 else [f"not {names[0]}", names[0]]
    results = Results(given.y, scores.argmax(axis=-1), scores)
    counts = results.confusion()
    return Mistakes(
        images=len(given.x),
        right=int((results.predicted == results.labels).sum()),
        names=names,
        counts=counts.tolist() if len(names) <= MOST_IN_A_TABLE else None,
        pairs=_pairs(counts),
        shown=[_mistake(given, results, int(row), names, data_format, exactly) for row in _rows(given, results)],
    )


def _at(outputs: Any, place: int) -> Any:
    return outputs[place] if isinstance(outputs, list | tuple) else outputs


def _checked(model: Model, data: Any, classes: int, place: int) -> Data:
    """`data` with class indices; one-hot labels are turned into them."""
    if not isinstance(data, tuple | list) or len(data) not in (2, 3):
        raise TypeError(
            explain(what="`data` is not images and their classes", expected="(x, y)", received=type(data).__name__)
        )
    x, y = (np.asarray(part) for part in data[:2])
    if y.ndim == 2 and y.shape[1] > 1:
        y = y.argmax(axis=1)
    y = y.reshape(-1)
    if x.ndim == 0 or len(x) != len(y):
        raise ValueError(
            explain(
                layer=model.label,
                what="`data` has images and classes of different lengths",
                expected="a class for each image",
                received=f"x of shape {x.shape}, {number_of(len(y), 'class', 'classes')}",
            )
        )
    most = max(classes, 2)
    if y.size and (y.dtype.kind not in "iub" or y.min() < 0 or y.max() >= most):
        raise ValueError(
            explain(
                layer=model.label,
                what="`data` has classes that the model does not tell apart",
                expected=f"class indices from 0 to {most - 1}",
                received=f"{y.min()} to {y.max()}, {y.dtype}",
            )
        )
    return Data(x, y.astype(np.int64), data[2] if len(data) == 3 else ())


def _pairs(counts: Array) -> list[Pair]:
    """The most frequent confusions."""
    others = counts * (1 - np.eye(len(counts), dtype=np.int64))
    order = np.argsort(-others, axis=None, kind="stable")[:MOST_PAIRS]
    places = zip(*np.unravel_index(order, counts.shape), strict=True)
    return [
        Pair(int(label), int(taken), int(others[label, taken]), int(counts[label].sum()))
        for label, taken in places
        if others[label, taken]
    ]


def _rows(given: Data, results: Results) -> list[int]:
    """The mistakes to be shown: the surest one of each confusion, then the surest of all."""
    by_certainty = [int(row) for row in results.mistakes()]
    first: dict[tuple[int, int], int] = {}
    for row in by_certainty:
        first.setdefault((int(results.labels[row]), int(results.predicted[row])), row)
    ordered = [*first.values(), *(row for row in by_certainty if row not in {*first.values()})]
    room = MOST_NBYTES // max(1, 4 * given.x[0].size)
    kept = {*ordered[: max(1, min(MOST_SHOWN, room))]}
    return [row for row in by_certainty if row in kept]


def _mistake(given: Data, results: Results, row: int, names: Sequence[str], data_format: str, exactly: bool) -> Mistake:
    image, scores = given.x[row], results.scores[row]
    picture = pixels.picture(image, data_format)
    if picture is not None and exactly:
        picture["values"] = numbers(image, "<f4")
    return Mistake(
        row=row,
        label=int(results.labels[row]),
        predicted=int(results.predicted[row]),
        best=[Best(names[place], float(scores[place])) for place in np.argsort(-scores, kind="stable")[:_BEST]],
        path=str(given.paths[row]) if len(given.paths) else "",
        picture=picture,
    )
