"""Keras 3's own file of a whole model: a zip of config.json, metadata.json and model.weights.h5, nothing compressed.

What is written here opens in Keras, and what Keras wrote opens here, if it is made of layers that planish has.
Members of other names are neither read nor unpacked.
"""

from __future__ import annotations

import contextlib
import io
import json
import time
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import planish
from planish import atomic_file, serialization
from planish import custom_objects as own_objects
from planish.errors import explain
from planish.models import Functional, Model, Sequential
from planish.saving import archive, config_check, model_weights, notes
from planish.saving.archive import open_archive
from planish.saving.older import compile_settings, models

FORMAT_VERSION = "3.15.1"
"""The version of Keras whose files these are."""

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


def save(model: Model, path: str, *, include_optimizer: bool = True) -> None:
    """Writes a whole model, its compile settings and its optimizer's state, to a `.keras` file, atomically.

    Without `include_optimizer`, the loaded model is not compiled. OSError if the file cannot be written.
    """
    metadata = notes.written(model) | {
        "keras_version": FORMAT_VERSION,
        "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S"),
        "planish_version": planish.__version__,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(_METADATA, json.dumps(metadata))
        config = serialization.serialize(model)
        if not include_optimizer:
            config.pop("compile_config", None)
        archive.writestr(_CONFIG, json.dumps(config))
        archive.writestr(_WEIGHTS, model_weights.packed(model, with_optimizer=include_optimizer))
    atomic_file.write(path, buffer.getvalue())


def read(path: str, custom: Mapping[str, Any], compile: bool) -> Model:
    """The model of a `.keras` file. Errors as in `opening.load_model`."""
    with open_archive(path) as file:
        config = checked(file.json(_CONFIG), path, custom)
        if not compile:
            config.pop("compile_config", None)
        model = model_from(config, path, dict(custom))
        with file.contents_of_nobody(_WEIGHTS) as contents:
            model_weights.restore(model, contents, path)
        model.notes.update(notes.read(file, _METADATA))
    return model


def configuration(path: str) -> dict[str, Any]:
    """The checked configuration of a `.keras` file's model, in Keras 3's form. Errors as in `read`."""
    with open_archive(path) as file:
        return checked(file.json(_CONFIG), path, {})


def model_from_json(text: str, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """The model that a text describes, with fresh weights. Errors as in `opening.load_model`."""
    custom = dict(custom_objects or {})
    return model_from(checked(archive.parsed(text, "the text"), "the text", custom), "the text", custom)


def read_weights(model: Model, path: str, *, skip_mismatch: bool) -> None:
    """Reads the weights of a `.keras` file into a model. Errors as in `model_weights.restore`."""
    with open_archive(path) as file:
        model_weights.restore(model, file.contents(_WEIGHTS), path, skip_mismatch=skip_mismatch)


def checked(config: Any, source: str, custom: Mapping[str, Any]) -> dict[str, Any]:
    """A model's configuration, of whatever version of Keras, in the form of Keras 3. ValueError, naming the file,
    unless it describes a model of layers that planish has."""
    with mistakes_told(source):
        today = models.modern(config, custom)
    config_check.check_model(today, source, custom)
    found: dict[str, Any] = today
    return found


def model_from(config: dict[str, Any], path: str, custom: dict[str, Any]) -> Model:
    """The model of a configuration that was checked, with fresh weights. Errors about it name the file."""
    class_ = own_objects.named(config, custom) or (Sequential if config["class_name"] == "Sequential" else Functional)
    with mistakes_told(path), own_objects.CustomObjectScope(custom):
        model: Model = class_.from_config(config["config"], custom_objects=custom)
        model.build_like(config.get("build_config") or {})
        if config.get("compile_config"):
            model.compile_from_config(compile_settings.modern(config["compile_config"]))
    return model


@contextlib.contextmanager
def mistakes_told(path: str) -> Iterator[None]:
    """Turns any error from a model's configuration into a ValueError that names the file."""
    try:
        yield
    except RecursionError:
        raise ValueError(
            explain(
                what=f"{path!r} holds models that are nested too deep for Python to follow",
                remedy="in Keras: save one model of all layers, Sequential([*outer.layers, *inner.layers])",
            )
        ) from None
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"{path!r} holds a model that planish cannot make:\n{error}") from error
