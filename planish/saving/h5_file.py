"""The `.h5` file of a whole model, as Keras 1 and 2, tf.keras and Keras 3 have it.

keras_version, backend          attributes: what wrote it
model_config                    the layers, as JSON: see older/models.py
training_config                 the arguments of `compile`, as JSON: see older/compile_settings.py
model_weights                   the weights: see legacy_weights.py
optimizer_weights               the optimizer's state: see legacy_optimizer.py
planish_notes                   the model's notes, which Keras leaves alone

What is written here is in Keras 2's form, which Keras 3 reads, too: see older/written.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from planish import atomic_file
from planish.errors import explain
from planish.models import Model
from planish.saving import archive, keras_file, legacy_optimizer, legacy_weights, notes, optimizer_state
from planish.saving.older import compile_settings, layers, written
from planish.saving.weights_store import WeightsReader, WeightsWriter, opened

ENDINGS = (".h5", ".hdf5")

WRITTEN_AS = "2.15.0"
"""The version of Keras whose files these are."""

_CONFIG, _TRAINING, _VERSION, _BACKEND = "model_config", "training_config", "keras_version", "backend"


def read(path: str, given: Mapping[str, Any], compile: bool) -> Model:
    """The model of a `.h5` file. Errors as in `opening.load_model`."""
    custom = dict(given)
    with opened(path, "a .h5 file") as reader:
        config = _configuration(reader, custom)
        training = _json(reader, _TRAINING) if compile else None
        with keras_file.mistakes_told(path):
            if training is not None:
                config["compile_config"] = compile_settings.of_training_config(training, custom)
        model = keras_file.model_from(config, path, custom)
        _restore(model, reader)
        model.notes.update(notes.parsed(reader.text("", notes.NAME), path))
    return model


def configuration(path: str) -> dict[str, Any]:
    """The checked configuration of the model, in Keras 3's form. Errors as in `read`."""
    with opened(path, "a .h5 file") as reader:
        return _configuration(reader, {})


def _configuration(reader: WeightsReader, custom: dict[str, Any]) -> dict[str, Any]:
    config = _json(reader, _CONFIG)
    if config is None:
        raise ValueError(_without_model(reader))
    if not (reader.text("", _VERSION) or "").startswith("3"):
        with keras_file.mistakes_told(reader.source):
            layers.warn_of_changed_functions(config, reader.source)
    return keras_file.checked(config, reader.source, custom)


def _json(reader: WeightsReader, attribute: str) -> Any:
    text = reader.text("", attribute)
    return None if text is None else archive.parsed(text, f"{attribute} in {reader.source!r}")


def _without_model(reader: WeightsReader) -> str:
    holds_weights = reader.has_names("", legacy_weights.LAYERS) or "layers" in reader.groups("")
    remedy = f"build the model that they are for, and model.load_weights({reader.source!r})"
    return explain(
        what=f"{reader.source!r} does not hold a whole model",
        expected=f"an attribute {_CONFIG}",
        received="weights without the layers' configuration" if holds_weights else "an HDF5 file of something else",
        remedy=remedy if holds_weights else None,
    )


def _restore(model: Model, reader: WeightsReader) -> None:
    found = legacy_weights.find(model, reader)
    optimizer, weights = model.optimizer, model.trainable_weights
    state = None
    if optimizer is not None:
        places = legacy_optimizer.places(optimizer, weights, reader, found.names)
        state = optimizer_state.read(optimizer, weights, reader, places, found.forms)
    found.assign()
    if optimizer is not None and state is not None:
        optimizer_state.assign(optimizer, weights, model.non_trainable_weights, state)


def save(model: Model, path: str, *, include_optimizer: bool = True) -> None:
    """Writes a whole model, atomically. ValueError for one that such a file cannot hold, OSError if it cannot be
    written."""
    writer = WeightsWriter()
    writer.note("", _VERSION, WRITTEN_AS)
    writer.note("", _BACKEND, "tensorflow")
    writer.note("", _CONFIG, json.dumps(written.configuration(model)))
    legacy_weights.write(writer, model, legacy_weights.WHOLE_MODEL, WRITTEN_AS)
    settings = model.get_compile_config() if include_optimizer else None
    optimizer = model.optimizer
    if settings is not None and optimizer is not None:
        writer.note("", _TRAINING, json.dumps(written.training_config(settings)))
        arrays = legacy_optimizer.arrays(optimizer, model.trainable_weights)
        legacy_weights.write_arrays(writer, legacy_optimizer.GROUP, arrays)
    if model.notes:
        writer.note("", notes.NAME, json.dumps(notes.written(model)[notes.NAME]))
    atomic_file.write(path, writer.contents())
