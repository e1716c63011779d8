"""The flatten map of any model whose structure planish can read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planish.flattening import FlattenMap
from planish.models import Model
from planish.structure.sources import model_from
from planish.tracebacks import short_in_notebooks


@short_in_notebooks
def flatten_map(model: Any, name: str | None = None, input_shape: Sequence[int] | None = None) -> FlattenMap:
    """The map of a model's Flatten layer: of the one called `name`, or of the only one.

    `model` is a model or a list of layers, of planish, Keras or PyTorch, or the path of a file; only its
    structure is read. `input_shape` is the shape of one image, where the model does not say it: (28, 28, 1), or
    (1, 28, 28) for PyTorch. ValueError if there is no such layer, or the layers do not fit.

    >>> keras.flatten_map(keras.Sequential([keras.Input((5, 5, 2)), keras.layers.Flatten()])).shape
    (5, 5, 2)
    """
    if isinstance(model, Model) and input_shape is None:
        return model.flatten_map(name)
    return model_from(model, input_shape).flatten_map(name)
