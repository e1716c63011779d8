"""Writes files of whole models: Keras 3's `.keras`, and `.h5` or `.hdf5` as Keras before 3 wrote them."""

from __future__ import annotations

import os

from planish import warned
from planish.errors import explain
from planish.models import Model
from planish.saving import archive, h5_file, keras_file, targets

_FORMATS = {"keras": (archive.ENDING,), "h5": h5_file.ENDINGS}
_RULE = "whole models are saved in Keras 3's .keras files, or in .h5 files as Keras before 3 did"


def save_model(
    model: Model,
    filepath: str | os.PathLike[str],
    overwrite: bool = True,
    zipped: bool | None = None,
    *,
    include_optimizer: bool = True,
    save_format: str | None = None,
) -> None:
    """Writes a whole model, its compile settings and its optimizer's state, atomically: a `.keras` file, or for a name
    that ends in `.h5` or `.hdf5` what Keras before 3 wrote.

    Without `include_optimizer`, the loaded model is not compiled. ValueError for another ending or a `save_format` that
    is not that of the ending, and for a model that a `.h5` file cannot hold; FileExistsError without `overwrite`,
    OSError if the file cannot be written.
    """
    name = os.fspath(filepath)
    if save_format is not None and not name.endswith(_FORMATS.get(save_format, ())):
        raise ValueError(
            explain(
                what="save_model: `save_format` is not needed: the ending of the name decides",
                expected="'keras' or 'h5', as the name ends, or nothing",
                received=repr(save_format),
                remedy="save('model.keras')",
            )
        )
    if zipped is not None and not zipped:
        raise ValueError(explain(what="save_model: a folder instead of a file is not supported", remedy="zipped=True"))
    if not model.built:
        warned.warn(f"{model.label} is not built: the file holds no weights")
    ending = next((each for each in h5_file.ENDINGS if name.endswith(each)), archive.ENDING)
    path = targets.checked_target(filepath, ending, overwrite, _RULE)
    file = keras_file if ending == archive.ENDING else h5_file
    file.save(model, path, include_optimizer=include_optimizer)
