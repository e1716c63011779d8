"""A living model of Keras as a model of planish, verified by numbers. Keras is not imported: its model is there."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import foreign, structures
from planish.convert.closeness import APART, apart
from planish.errors import explain
from planish.models import Model
from planish.saving import load_model

Array = NDArray[Any]


def from_keras(model: Any, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """A model of Keras as one of planish: its layers, weights, and what it was compiled with.

    It goes through a `.keras` file, which Keras writes itself, so `custom_objects` are planish's counterparts of the
    user's own classes, by name, as in `load_model`. The two are compared on random images before the model is returned;
    Keras's model stays as it is. Open extents are taken to be 32 for that.

    TypeError for what is not a model of Keras; ValueError names the layer that planish lacks, or says how far apart the
    numbers are.
    """
    if not foreign.is_keras(model) or not callable(getattr(model, "save", None)):
        raise TypeError(
            explain(
                what="from_keras: this is not a model of Keras",
                expected="a keras.Model",
                received=repr(model),
                remedy="planish.models.load_model(path)" if isinstance(model, (str, Path)) else None,
            )
        )
    if not model.built:
        raise ValueError(
            explain(
                what=f"from_keras: the model {model.name!r} has no weights before it knows the shape of its input",
                remedy="model.build((None, 28, 28, 1))",
            )
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        made: Model = load_model(path, custom_objects=custom_objects)
    _compared(model, made)
    return made


def _compared(theirs: Any, ours: Model) -> None:
    given = structures.mapped(_images, _input_of(theirs, ours))
    wanted = [np.asarray(each) for each in structures.leaves(theirs.predict_on_batch(given))]
    found = [np.asarray(each) for each in structures.leaves(ours.predict_on_batch(given))]
    difference = max(map(apart, found, wanted), default=0.0)
    if difference > APART:
        raise ValueError(
            explain(
                layer=ours.label,
                what="the converted model gives other numbers than Keras's",
                expected=f"Keras's numbers within {APART:g} of the largest one",
                received=f"{difference:.2g} apart",
                remedy="convert the layers before it: from_keras(keras.Model(model.input, that_layer.input))",
            )
        )


def _input_of(theirs: Any, ours: Model) -> Any:
    """The tensors that Keras's model takes, as it takes them: a Sequential of Keras's has them in `inputs` only, and a
    class of the user's own does not have them at all."""
    for name in ("input", "inputs"):
        with contextlib.suppress(AttributeError, ValueError):  # Keras has both for "it has never been called"
            return getattr(theirs, name) if name == "input" else theirs.inputs[0]
    return ours.input


def _images(tensor: Any) -> Array:
    """Random numbers for an input; whole ones, 0 or 1, where it takes integers. Two images, if their number is open."""
    count, *image = tensor.shape
    shape = (count or 2, *(32 if extent is None else int(extent) for extent in image))
    random = np.random.default_rng(0)
    if not str(tensor.dtype).startswith(("float", "bfloat")):
        return random.integers(0, 2, shape).astype(str(tensor.dtype))
    return random.standard_normal(shape, np.float32)
