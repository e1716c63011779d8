"""A trained model's answers for images that it has not seen, as `planish train` shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planish.cli import model_files
from planish.cli.console import say, table
from planish.cli.data import Part
from planish.models.looking.results import Results
from planish.saving import class_names

if TYPE_CHECKING:
    from planish.models.model import Model

_MOST_CLASSES_IN_A_TABLE = 12
_MISTAKES_NAMED = 5


def of(model: Model, part: Part) -> Results | None:
    """None if the model does not score classes, or not those of the images."""
    if len(model.output_shape) != 2 or not len(part) or part.y.max() >= class_names.class_count(model):
        return None
    scores = model_files.class_scores(model, model.predict(model_files.as_input(model, part.x), verbose=0))
    return Results(part.y, scores.argmax(axis=-1), scores)


def show(results: Results, part: Part, class_names: Sequence[str]) -> None:
    """The confusion matrix (for many classes, the most frequent confusions), and the worst mistakes."""
    counts = results.confusion()
    if len(class_names) <= _MOST_CLASSES_IN_A_TABLE:
        say("\nclasses (rows), and what the model takes their images for (columns)")
        rows = [[name, *(f"{count:,}" for count in row)] for name, row in zip(class_names, counts, strict=True)]
        table(["", *class_names], rows, numbers=range(1, len(class_names) + 1))
    else:
        _show_most_confused(counts, class_names)
    _show_worst(results, part, class_names)


def _show_most_confused(counts: NDArray[np.int64], class_names: Sequence[str]) -> None:
    others = counts * (1 - np.eye(len(counts), dtype=np.int64))
    order = np.argsort(-others, axis=None, kind="stable")[:_MOST_CLASSES_IN_A_TABLE]
    pairs = [(row, column) for row, column in zip(*np.unravel_index(order, counts.shape), strict=True)]
    rows = [
        [class_names[row], class_names[column], f"{others[row, column]:,} of {counts[row].sum():,}"]
        for row, column in pairs
        if others[row, column]
    ]
    if rows:
        say("\nmost frequent confusions")
        table(["class", "taken for", "images"], rows, numbers=[2])


def _show_worst(results: Results, part: Part, class_names: Sequence[str]) -> None:
    worst = results.mistakes()[:_MISTAKES_NAMED]
    if not len(worst) or not part.paths:
        return
    say("\nthe worst mistakes")
    rows = [
        [
            part.paths[row],
            class_names[int(results.labels[row])],
            class_names[results.predicted[row]],
            f"{results.scores[row, results.predicted[row]]:.4f}",
        ]
        for row in worst
    ]
    table(["image", "is", "taken for", "score"], rows, numbers=[3])
