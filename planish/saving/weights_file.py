"""Files of weights without the layers' configuration: Keras 3's `.weights.h5`, safetensors, and `.h5` of Keras before
Keras 3."""

from __future__ import annotations

import os
from collections.abc import Callable

from planish import regular_file
from planish.errors import explain
from planish.models import Model
from planish.saving import (
    atomic_file,
    formats,
    keras_file,
    legacy_weights,
    model_weights,
    other_names,
    safetensors_file,
    ways_out,
)
from planish.saving.formats import Kind

ENDING = ".weights.h5"


def save_weights(
    model: Model, filepath: str | os.PathLike[str], overwrite: bool = True, max_shard_size: None = None
) -> None:
    """Writes all weights, and the optimizer's state if the model is compiled, to a `.weights.h5` file, atomically; or
    all weights alone to a `.safetensors` file.

    ValueError for another ending or a model that is not built, FileExistsError without `overwrite`.
    """
    if max_shard_size is not None:
        raise ValueError(
            explain(
                what="save_weights: `max_shard_size` is not supported: all weights go into one file",
                expected="to be left out",
                received=repr(max_shard_size),
            )
        )
    if os.fspath(filepath).endswith(safetensors_file.ENDING):
        path = atomic_file.checked_target(filepath, safetensors_file.ENDING, overwrite)
        _require_built(model, "save_weights")
        safetensors_file.save(model, path)
        return
    path = atomic_file.checked_target(filepath, ENDING, overwrite, "weights are saved in Keras 3's .weights.h5 files")
    _require_built(model, "save_weights")
    atomic_file.write(path, model_weights.packed(model))


def load_weights(model: Model, filepath: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
    """Reads the weights of a `.weights.h5`, `.keras`, `.safetensors` or (of Keras before 3) `.h5` file into a model of
    the same layers.

    The file's contents decide how it is read. The model is unchanged if anything does not fit (ValueError); with
    `skip_mismatch`, layers that do not fit keep their weights, and a warning names them. FileNotFoundError if there is
    no such file.
    """
    path = os.path.expanduser(os.fspath(filepath))
    _require_built(model, "load_weights")
    if not os.path.lexists(path):
        raise other_names.no_weights(path)
    kind = formats.kind_of(path)
    if kind not in READERS:
        raise ways_out.refused(kind, path, "weights", READERS)
    READERS[kind](model, path, skip_mismatch)


def _of_keras_file(model: Model, path: str, skip_mismatch: bool) -> None:
    model_weights.restore(model, keras_file.weights_of(path), path, skip_mismatch=skip_mismatch)


def _of_weights_file(model: Model, path: str, skip_mismatch: bool) -> None:
    model_weights.restore(model, _contents(path), path, skip_mismatch=skip_mismatch)


def _of_legacy_file(model: Model, path: str, skip_mismatch: bool) -> None:
    legacy_weights.restore(model, _contents(path), path, skip_mismatch=skip_mismatch)


def _contents(path: str) -> bytes:
    return regular_file.contents(path, f"a {ENDING} file")


READERS: dict[Kind, Callable[[Model, str, bool], None]] = {
    Kind.KERAS: _of_keras_file,
    Kind.KERAS_WEIGHTS: _of_weights_file,
    Kind.KERAS_H5: _of_legacy_file,
    Kind.KERAS_H5_WEIGHTS: _of_legacy_file,
    Kind.SAFETENSORS: safetensors_file.load,
}
"""Who reads what: into a model, from a path, with layers that do not fit left alone or not."""


def _require_built(model: Model, function: str) -> None:
    if not model.built:
        raise ValueError(
            explain(
                layer=model.label,
                what=f"{function} was called before the model was built",
                remedy="begin the model with Input(shape=...), call build(input_shape), or run it on data once",
            )
        )
