"""Saving and loading, as methods of models and as functions; `planish.saving` does the work."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from planish.tracebacks import short_in_notebooks

if TYPE_CHECKING:
    from planish.models.model import Model

_Path = str | os.PathLike[str]


class Files:
    """Mixin of `Model`."""

    @property
    def notes(self) -> dict[str, Any]:
        """Notes in the model's `.keras` file besides its layers and weights: names, and values that JSON has.

        `planish train` writes `notes["class_names"]`. Keras opens the file, and leaves the notes alone.
        """
        notes: dict[str, Any] = vars(self).setdefault("_notes", {})
        return notes

    def foreign_weights(self, shapes: Sequence[tuple[int, ...]]) -> ValueError:
        """The error of `set_weights` for arrays that do not match the weights: which one differs, and why."""
        from planish.models import weight_misfits

        return weight_misfits.mistake(cast("Model", self), shapes)

    @short_in_notebooks
    def save(
        self,
        filepath: _Path,
        overwrite: bool = True,
        zipped: bool | None = None,
        *,
        include_optimizer: bool = True,
        save_format: str | None = None,
    ) -> None:
        """Writes the whole model to a `.keras` or `.h5` file; see `save_model`."""
        model = cast("Model", self)
        save_model(model, filepath, overwrite, zipped, include_optimizer=include_optimizer, save_format=save_format)

    def to_json(self, **options: Any) -> str:
        """The model's layers and compile settings as text, without weights; `options` are those of `json.dumps`."""
        import json

        from planish import serialization

        return json.dumps(serialization.serialize(self), **options)

    @short_in_notebooks
    def export(
        self,
        filepath: _Path,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        **kwargs: Any,
    ) -> None:
        """Writes what the model predicts to a file for other programs: with format="onnx", for any that reads ONNX.

        `input_signature`: an InputSpec for each input, for sizes, types and names of its own. `verbose=False` prints
        nothing. `opset_version` (13 to 21, by default 18) is the version of ONNX's operators. The file takes any number
        of images, channels last, and has no optimizer and no state. ImportError without the package onnx; ValueError
        for the formats that only Keras writes, and for a model that is not built.

        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> model.export("model.onnx", format="onnx", verbose=False)
        """
        from planish.convert import exporting

        exporting.export(cast("Model", self), filepath, format, verbose, input_signature, **kwargs)

    def build_plan(self, filepath: _Path, **options: Any) -> None:
        """Writes the compiled model, which runs where neither planish nor a compiler is: see `planish.shipping.build`.

        `build` does the same when it is given the name of a file, also where a model of one's own has another `build`.
        """
        from planish import shipping

        shipping.build(cast("Model", self), filepath, **options)

    @short_in_notebooks
    def save_weights(self, filepath: _Path, overwrite: bool = True, max_shard_size: float | None = None) -> None:
        """Writes the weights, and the optimizer's state if there is one, to a `.weights.h5` file; or the weights alone
        to a `.safetensors` file (extra `safetensors`), by the paths of the variables.

        With `max_shard_size`, in gigabytes, they are in several files, and a `.weights.json` file names these. Another
        name that ends in `.h5` or `.hdf5` is a file of weights as Keras before 3 wrote it.

        ValueError for another ending or a model that is not built, FileExistsError without `overwrite`.
        """
        from planish import saving

        saving.save_weights(cast("Model", self), filepath, overwrite, max_shard_size)

    @short_in_notebooks
    def load_weights(self, filepath: _Path, skip_mismatch: bool = False, *, by_name: bool = False) -> None:
        """Reads the weights of a `.weights.h5`, `.weights.json`, `.safetensors`, `.keras` or `.h5` file of a model of
        the same layers.

        ValueError, and an unchanged model, if anything does not fit; with `skip_mismatch`, layers that do not fit keep
        their weights, and a warning names them. `by_name`, for `.h5` files as Keras before 3 wrote them, reads those
        layers that have a namesake in the file.
        """
        from planish import saving

        saving.load_weights(cast("Model", self), filepath, skip_mismatch, by_name=by_name)


@short_in_notebooks
def save_model(
    model: Model,
    filepath: _Path,
    overwrite: bool = True,
    zipped: bool | None = None,
    *,
    include_optimizer: bool = True,
    save_format: str | None = None,
) -> None:
    """Writes a whole model, with its compile settings and its optimizer's state, to Keras 3's `.keras` file, or to a
    `.h5` file as Keras before 3 wrote it.

    Without `include_optimizer`, settings and state are left out: the loaded model is not compiled.
    `save_format`, which is 'keras' or 'h5' as the name ends, and `zipped`, which is True, change nothing.

    ValueError for another ending, and for a model that a `.h5` file cannot hold; FileExistsError without `overwrite`,
    OSError if the file cannot be written.

    `filepath`: a path that ends in '.keras', '.h5' or '.hdf5'.

    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> keras.models.save_model(model, "model.keras")
    """
    from planish import saving

    saving.save_model(model, filepath, overwrite, zipped, include_optimizer=include_optimizer, save_format=save_format)


@short_in_notebooks
def load_model(
    filepath: _Path, custom_objects: Mapping[str, Any] | None = None, compile: bool = True, safe_mode: bool = True
) -> Model:
    """The model of a `.keras` or `.h5` file that planish or any Keras wrote, compiled as it was unless `compile=False`.

    `custom_objects` are classes of the caller's own, by name. Code in a file is never run, whatever `safe_mode` says.
    FileNotFoundError if there is no such file; ValueError, naming it, if it is damaged or needs something that planish
    lacks.

    `filepath`: a path. `compile`: whether the model is compiled as it was.

    >>> keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).save("model.keras")
    >>> keras.models.load_model("model.keras").output_shape
    (None, 3)
    """
    from planish import saving

    return saving.load_model(filepath, custom_objects, compile, safe_mode)


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """The model that `to_json` (planish's or Keras's) describes, with fresh weights, and compiled as it was.

    `custom_objects` are classes of the caller's own, by name. ValueError for text that does not describe such a model.

    `json_string`: the text.

    >>> text = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).to_json()
    >>> keras.models.model_from_json(text).output_shape
    (None, 3)
    """
    from planish import saving

    return saving.model_from_json(json_string, custom_objects)
