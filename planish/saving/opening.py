"""Opens a model, whatever it is in: its contents decide who reads it, and what is said of it if nobody does."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from planish.models import Model
from planish.saving import formats, h5_file, keras_file, tfjs, ways_out
from planish.saving.formats import Kind


def _onnx(path: str, _custom: Mapping[str, Any], _compile: bool) -> Model:
    """Nothing in the file is a class, and nothing says how it was compiled."""
    from planish.convert.onnx_file import load_onnx

    return load_onnx(path)


Reader = Callable[[str, Mapping[str, Any], bool], Model]
"""Of a path, the caller's own classes by name, and whether the model is compiled as it was."""

READERS: dict[Kind, Reader] = {
    Kind.KERAS: keras_file.read,
    Kind.KERAS_H5: h5_file.read,
    Kind.ONNX: _onnx,
    Kind.TFJS_LAYERS: tfjs.read,
}

CONFIGURATIONS: dict[Kind, Callable[[str], dict[str, Any]]] = {
    Kind.KERAS: keras_file.configuration,
    Kind.KERAS_H5: h5_file.configuration,
    Kind.TFJS_LAYERS: tfjs.configuration,
}
"""Who reads of a path what it says of the model's layers, checked, in Keras 3's form, without the weights."""


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Model:
    """The model in a file or folder, compiled and with its optimizer's state, if it has them, unless `compile=False`.

    `custom_objects` are classes of the caller's own, by name. Code in a file is never run, whatever `safe_mode` says.
    FileNotFoundError if there is nothing; ValueError, naming it, if it is damaged, needs what planish lacks, or is
    something else, with what to do; IsADirectoryError for a folder that is not a model.
    """
    path = os.path.expanduser(os.fspath(filepath))
    kind = formats.kind_of(path)
    if kind not in READERS:
        raise ways_out.refused(kind, path, "a model", READERS)
    return READERS[kind](path, dict(custom_objects or {}), compile)
