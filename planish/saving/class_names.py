"""The names of a model's classes: in its own file, or in a list beside it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from planish import regular_file
from planish.errors import explain
from planish.models.looking.results import CLASS_NAMES

if TYPE_CHECKING:
    from planish.models.model import Model

CLASSES = "classes.txt"
"""Beside a model that `planish train` saved: the names of its classes, one per line."""

_OF_ONE_SCORE = 2
_LONGEST_LIST = 1 << 24


def known(model: Model, path: str) -> list[str] | None:
    """The names in the notes of the model of the file `path`, or those beside the file, if there is one for each
    class. ValueError if the model does not give scores."""
    noted = model.notes.get(CLASS_NAMES)  # in the model's own file: that is what counts
    names = noted if noted is not None else _beside(path)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return names if len(set(names)) == class_count(model) == len(names) else None


def class_count(model: Model) -> int:
    """How many classes a model tells apart: two if it gives one score. ValueError if it does not give scores."""
    shape = model.output_shape
    if len(shape) != 2 or shape[-1] is None:
        raise ValueError(
            explain(
                layer=model.label,
                what="the model does not give a score for each class",
                expected="output of shape (None, classes)",
                received=shape,
                remedy="end the model with Flatten() and Dense(classes, activation='softmax')",
            )
        )
    return max(int(shape[-1]), _OF_ONE_SCORE)


def _beside(path: str) -> list[str] | None:
    beside = os.path.join(os.path.dirname(path), CLASSES)
    if not os.path.isfile(beside):
        return None
    try:
        with regular_file.opened(beside, "a list of classes") as file:
            text = file.read(_LONGEST_LIST).decode()
    except UnicodeDecodeError as error:
        raise ValueError(
            explain(what=f"{beside!r} is not text in UTF-8", received=str(error), remedy="save it again, as UTF-8")
        ) from error
    return text.removesuffix("\n").split("\n")
