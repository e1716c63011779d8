"""Errors about names without the ending of planish's files: what the file holds, and how to convert it."""

from __future__ import annotations

import os

from planish.errors import explain

WEIGHTS_ENDING, MODEL_ENDING = ".weights.h5", ".keras"
_LEGACY_ENDINGS = (".h5", ".hdf5")
_LEGACY = {"layer_names", "layer_names0", "model_weights"}
_ENDINGS = (WEIGHTS_ENDING, MODEL_ENDING, ".h5", ".hdf5", ".tf", ".ckpt")


def renamed(path: str, ending: str) -> str:
    """The name with another ending."""
    for known in _ENDINGS:
        if path.endswith(known):
            return path.removesuffix(known) + ending
    return path + ending


def cannot_be_loaded(path: str) -> ValueError:
    """The error of `load_weights` about a file whose name does not say that it holds weights."""
    kind, remedy = _inside(path)
    return ValueError(
        explain(
            what="the file's name does not say what it holds",
            expected=f"a name that ends in {WEIGHTS_ENDING} or {MODEL_ENDING}",
            received=f"{path!r}{kind}",
            remedy=remedy,
        )
    )


def _inside(path: str) -> tuple[str, str]:
    """What the file turns out to be, and the code that turns it into one that can be loaded."""
    weights = repr(renamed(path, WEIGHTS_ENDING))
    if not os.path.isfile(path):
        return ", which does not exist", f"model.load_weights({weights})"
    found = _groups(path)
    if found is None:
        return ", which is not an HDF5 file", "model.save_weights('name.weights.h5') writes a file that can be loaded"
    if found & {"layers", "vars"}:
        return ", which holds Keras 3's weights and only needs another name", f"os.rename({path!r}, {weights})"
    return (
        ", which holds no weights of a model",
        "model.save_weights('name.weights.h5') writes a file that can be loaded",
    )


def holds_legacy_weights(path: str) -> bool:
    """Whether a file named `.h5` or `.hdf5` has weights in the form that Keras had before Keras 3."""
    return path.endswith(_LEGACY_ENDINGS) and bool((_groups(path) or set()) & _LEGACY)


def _groups(path: str) -> set[str] | None:
    """The names at the top of an HDF5 file, groups and attributes; None if it is not one."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return {*file, *file.attrs}
    except (OSError, ValueError, RuntimeError, KeyError):
        return None
