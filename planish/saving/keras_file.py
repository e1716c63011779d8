"""Keras 3's own file of a whole model: a zip of config.json, metadata.json and model.weights.h5, nothing compressed.

What is written here opens in Keras, and what Keras wrote opens here, if it is a Sequential of layers that planish has.
Members of other names are neither read nor unpacked.
"""

from __future__ import annotations

import io
import json
import os
import time
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import planish
from planish import serialization
from planish.errors import explain
from planish.models import Model, Sequential
from planish.saving import atomic_file, config_check, model_weights, notes

ENDING = ".keras"

FORMAT_VERSION = "3.15.1"
"""The version of Keras whose files these are."""

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"

# A compressed member may claim to be enormous. Keras compresses nothing; files that were packed again do not get
# beyond this.
_MOST_EXPANSION = 100
_ALWAYS_ALLOWED_NBYTES = 64 << 20


def save_model(model: Model, filepath: str | os.PathLike[str], overwrite: bool = True, zipped: bool = True) -> None:
    """Writes a whole model, its compile settings and its optimizer's state, to a `.keras` file, atomically.

    ValueError for another ending, FileExistsError without `overwrite`, OSError if the file cannot be written.
    """
    if not zipped:
        raise ValueError(explain(what="save_model: a folder instead of a file is not supported", remedy="zipped=True"))
    if not model.built:
        warnings.warn(f"{model.label} is not built: the file holds no weights", UserWarning, stacklevel=3)
    path = atomic_file.checked_target(filepath, ENDING, overwrite, "whole models are saved in Keras 3's .keras files")
    metadata = notes.written(model) | {
        "keras_version": FORMAT_VERSION,
        "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S"),
        "planish_version": planish.__version__,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(_METADATA, json.dumps(metadata))
        archive.writestr(_CONFIG, json.dumps(serialization.serialize(model)))
        archive.writestr(_WEIGHTS, model_weights.packed(model))
    atomic_file.write(path, buffer.getvalue())


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Model:
    """The model of a `.keras` file, compiled and with its optimizer's state unless `compile=False`.

    `custom_objects` are classes of the caller's own, by name. Code in a file is never run, whatever `safe_mode` says.
    FileNotFoundError if there is no such file; ValueError, naming it, if it is damaged or holds what planish has not.
    """
    path = os.path.expanduser(os.fspath(filepath))
    custom = dict(custom_objects or {})
    with open_archive(path) as archive:
        config = _parsed(read_member(archive, _CONFIG, path), path)
        if not compile:
            config.pop("compile_config", None)
        config_check.check_model(config, path, custom)
        model = _model_from(config, path, custom)
        model_weights.restore(model, read_member(archive, _WEIGHTS, path), path)
        model.notes.update(notes.read(archive, _METADATA))
    return model


def model_from_json(text: str, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """The model that a text describes, with fresh weights. Errors as in `load_model`."""
    custom = dict(custom_objects or {})
    config = _parsed(text, "the text")
    config_check.check_model(config, "the text", custom)
    return _model_from(config, "the text", custom)


def weights_of(path: str) -> bytes:
    """The HDF5 file inside a `.keras` file. Errors as in `load_model`."""
    with open_archive(path) as archive:
        return read_member(archive, _WEIGHTS, path)


def open_archive(path: str) -> zipfile.ZipFile:
    """The file as a zip. FileNotFoundError, or ValueError that says what else it is."""
    if os.path.isdir(path):
        raise IsADirectoryError(explain(what=f"{path!r} is a folder", expected="a .keras file"))
    if not os.path.exists(path):
        raise FileNotFoundError(explain(what=f"there is no file {path!r}", expected="a .keras file"))
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        with open(path, "rb") as file:
            start = file.read(len(_HDF5_MAGIC))
        if start == _HDF5_MAGIC:
            what, remedy = "is an HDF5 file, no .keras file", "save the model as .keras, or load_weights from it"
        elif start[:2] == b"PK":
            what, remedy = "is cut short", "copy it again"
        else:
            what, remedy = "is no .keras file", None
        raise ValueError(explain(what=f"{path!r} {what}", expected="a zip file", remedy=remedy)) from error


def read_member(archive: zipfile.ZipFile, name: str, path: str) -> bytes:
    """A member of the zip. ValueError if it is missing, damaged, or claims to be enormous."""
    try:
        info = archive.getinfo(name)
        if info.file_size > max(_ALWAYS_ALLOWED_NBYTES, _MOST_EXPANSION * info.compress_size):
            raise ValueError(
                explain(
                    what=f"{path!r} is not what Keras writes, and is not read",
                    received=f"{name} of {info.file_size:,} bytes, packed into {info.compress_size:,}",
                )
            )
        return archive.read(info)
    except KeyError:
        raise ValueError(
            explain(
                what=f"{path!r} is no .keras file of Keras 3",
                expected=f"a zip with {_CONFIG}, {_METADATA} and {_WEIGHTS}",
                received=", ".join(archive.namelist()[:8]) or "an empty zip",
            )
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise ValueError(explain(what=f"{name} in {path!r} is damaged", received=str(error))) from error


def _parsed(text: str | bytes, path: str) -> dict[str, Any]:
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(explain(what=f"{_CONFIG} in {path!r} is damaged", received=str(error))) from error
    return config if isinstance(config, dict) else {}


def _model_from(config: dict[str, Any], path: str, custom: dict[str, Any]) -> Model:
    """The model with fresh weights. Mistakes in the configuration are told with the file's name."""
    class_ = custom.get(config["class_name"], Sequential)
    try:
        model: Model = class_.from_config(config["config"], custom_objects=custom)
        shape = (config.get("build_config") or {}).get("input_shape")
        if not model.built and shape is not None:
            model.build(shape)
        if config.get("compile_config"):
            model.compile_from_config(config["compile_config"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path!r} holds a model that planish cannot make:\n{error}") from error
    return model
