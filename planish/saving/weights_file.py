"""Files of weights without the layers' configuration: Keras 3's `.weights.h5`, whole or in parts, safetensors, and
`.h5` as Keras before 3 wrote it."""

from __future__ import annotations

import os
from collections.abc import Callable

from planish import atomic_file
from planish.errors import explain
from planish.models import Model
from planish.saving import (
    formats,
    h5_file,
    keras_file,
    legacy_weights,
    model_weights,
    other_names,
    safetensors_file,
    shards,
    targets,
    ways_out,
)
from planish.saving.formats import Kind
from planish.saving.weights_store import WeightsWriter, opened

ENDING = ".weights.h5"
_WHAT = f"a {ENDING} file"

_RULE = "weights are saved in Keras 3's .weights.h5 files, in .safetensors, or in .h5 as Keras before 3 wrote it"


def save_weights(
    model: Model, filepath: str | os.PathLike[str], overwrite: bool = True, max_shard_size: float | None = None
) -> None:
    """Writes all weights, and the optimizer's state if the model is compiled, to a `.weights.h5` file, atomically; or
    all weights alone to a `.safetensors` file, or for another name that ends in `.h5` or `.hdf5` to what Keras before 3
    wrote.

    With `max_shard_size`, in gigabytes, to a `.weights.json` file, and files of at most that size beside it.
    ValueError for another ending or a model that is not built, FileExistsError without `overwrite`.
    """
    if max_shard_size is not None:
        name = shards.index_name(os.fspath(filepath))
        path = targets.checked_target(name, shards.ENDING, overwrite, shards.RULE)
        _require_built(model, "save_weights")
        shards.save(model, path, max_shard_size)
        return
    if os.fspath(filepath).endswith(safetensors_file.ENDING):
        path = targets.checked_target(filepath, safetensors_file.ENDING, overwrite)
        _require_built(model, "save_weights")
        safetensors_file.save(model, path)
        return
    ending = next((each for each in (ENDING, *h5_file.ENDINGS) if os.fspath(filepath).endswith(each)), ENDING)
    path = targets.checked_target(filepath, ending, overwrite, _RULE)
    _require_built(model, "save_weights")
    atomic_file.write(path, model_weights.packed(model) if ending == ENDING else _as_before_keras_3(model))


def _as_before_keras_3(model: Model) -> bytes:
    writer = WeightsWriter()
    legacy_weights.write(writer, model, "", h5_file.WRITTEN_AS)
    return writer.contents()


def load_weights(
    model: Model, filepath: str | os.PathLike[str], skip_mismatch: bool = False, *, by_name: bool = False
) -> None:
    """Reads the weights of a `.weights.h5`, `.weights.json`, `.keras`, `.safetensors` or (of Keras before 3) `.h5` file
    into a model of the same layers.

    The file's contents decide how it is read. The model is unchanged if anything does not fit (ValueError); with
    `skip_mismatch`, layers that do not fit keep their weights, and a warning names them. FileNotFoundError if there is
    no such file. `by_name`, for `.h5` files as Keras before 3 wrote them, reads those layers that have a namesake in
    the file.

    Arrays are read straight into the weights, once all of them are known to fit. So if the disk fails then, or somebody
    cuts the file short, some weights are those of the file (OSError).
    """
    path = os.path.expanduser(os.fspath(filepath))
    _require_built(model, "load_weights")
    if not os.path.lexists(path):
        raise other_names.no_weights(path)
    kind = formats.kind_of(path)
    if kind not in READERS:
        raise ways_out.refused(kind, path, "weights", READERS)
    if by_name:
        _refuse_without_names(kind, path)
        _restore_legacy(model, path, skip_mismatch=skip_mismatch, by_name=True)
    else:
        READERS[kind](model, path, skip_mismatch)


def _refuse_without_names(kind: Kind, path: str) -> None:
    if READERS[kind] is not _of_legacy_file:
        raise ValueError(
            explain(
                what=f"the layers in {path!r} have no names, so `by_name` cannot find them",
                expected="a .h5 file as Keras before 3 wrote it: model.save_weights('model.h5')",
                received=kind.value,
                remedy="by_name=False",
            )
        )


def _of_keras_file(model: Model, path: str, skip_mismatch: bool) -> None:
    keras_file.read_weights(model, path, skip_mismatch=skip_mismatch)


def _of_weights_file(model: Model, path: str, skip_mismatch: bool) -> None:
    with opened(path, _WHAT) as reader:
        model_weights.restore_from(model, reader, skip_mismatch=skip_mismatch)


def _of_legacy_file(model: Model, path: str, skip_mismatch: bool) -> None:
    _restore_legacy(model, path, skip_mismatch=skip_mismatch)


def _restore_legacy(model: Model, path: str, **options: bool) -> None:
    with opened(path, _WHAT) as reader:
        legacy_weights.find(model, reader, **options).assign()


READERS: dict[Kind, Callable[[Model, str, bool], None]] = {
    Kind.KERAS: _of_keras_file,
    Kind.KERAS_WEIGHTS: _of_weights_file,
    Kind.KERAS_H5: _of_legacy_file,
    Kind.KERAS_H5_WEIGHTS: _of_legacy_file,
    Kind.SAFETENSORS: safetensors_file.load,
    Kind.WEIGHTS_INDEX: shards.load,
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
