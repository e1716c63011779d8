"""Files of weights without the layers' configuration: Keras 3's `.weights.h5`, and `.h5` of Keras before 3, which are
read."""

from __future__ import annotations

import os

from planish import regular_file
from planish.errors import explain
from planish.models import Model
from planish.saving import archive, atomic_file, keras_file, legacy_weights, model_weights, other_names
from planish.saving.weights_store import HDF5_MAGIC

ENDING = ".weights.h5"


def save_weights(
    model: Model, filepath: str | os.PathLike[str], overwrite: bool = True, max_shard_size: None = None
) -> None:
    """Writes all weights, and the optimizer's state if the model is compiled, to a `.weights.h5` file, atomically.

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
    path = atomic_file.checked_target(filepath, ENDING, overwrite, "weights are saved in Keras 3's .weights.h5 files")
    _require_built(model, "save_weights")
    atomic_file.write(path, model_weights.packed(model))


def load_weights(model: Model, filepath: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
    """Reads the weights of a `.weights.h5`, `.keras` or (of Keras before 3) `.h5` file into a model of the same layers.

    The model is unchanged if anything does not fit (ValueError); with `skip_mismatch`, layers that do not fit keep
    their weights, and a warning names them. FileNotFoundError if there is no such file.
    """
    path = os.path.expanduser(os.fspath(filepath))
    _require_built(model, "load_weights")
    if path.endswith(archive.ENDING):
        contents = keras_file.weights_of(path)
    elif path.endswith(ENDING) or other_names.holds_legacy_weights(path):
        contents = _contents(path)
        if legacy_weights.is_in(contents, path):
            legacy_weights.restore(model, contents, path, skip_mismatch=skip_mismatch)
            return
    else:
        raise other_names.cannot_be_loaded(path)
    model_weights.restore(model, contents, path, skip_mismatch=skip_mismatch)


def _contents(path: str) -> bytes:
    """The file, if it begins as HDF5 files do; other files are not read to the end."""
    with regular_file.opened(path, f"a {ENDING} file") as file:
        start = file.read(len(HDF5_MAGIC))
        if start != HDF5_MAGIC:
            raise ValueError(
                explain(
                    what=f"the weights in {path!r} are damaged or cut short",
                    expected="an HDF5 file",
                    received=f"a file that begins with {start!r}",
                )
            )
        return start + file.read()


def _require_built(model: Model, function: str) -> None:
    if not model.built:
        raise ValueError(
            explain(
                layer=model.label,
                what=f"{function} was called before the model was built",
                remedy="begin the model with Input(shape=...), call build(input_shape), or run it on data once",
            )
        )
