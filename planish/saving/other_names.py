"""Names with other endings than those of planish's files."""

from __future__ import annotations

import os

from planish.errors import explain

WEIGHTS_ENDING, MODEL_ENDING = ".weights.h5", ".keras"
_ENDINGS = (WEIGHTS_ENDING, MODEL_ENDING, ".safetensors", ".h5", ".hdf5", ".tf", ".ckpt")


def renamed(path: str, ending: str) -> str:
    """The name with another ending."""
    for known in _ENDINGS:
        if path.endswith(known):
            return path.removesuffix(known) + ending
    return path + ending


def no_weights(path: str) -> FileNotFoundError:
    """The error of `load_weights` about a file that does not exist, with the name that it may have."""
    weights = renamed(path, WEIGHTS_ENDING)
    remedy = f"model.load_weights({weights!r})" if weights != path and os.path.isfile(weights) else None
    return FileNotFoundError(
        explain(what=f"there is no file {path!r}", expected="a file of weights, or of a model", remedy=remedy)
    )
