"""`model.export(path, format=...)`: the formats of Keras 3, of which planish writes ONNX."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from planish.errors import explain, unknown_name

if TYPE_CHECKING:
    from planish.models.model import Model

ONNX = "onnx"

_IN_KERAS = (
    "model.save('model.keras'), and in Keras keras.models.load_model('model.keras').export({path!r}, format={name!r})"
)
_THROUGH_ONNX = "model.export('model.onnx', format='onnx')"

_OTHERS: dict[str, tuple[str, str]] = {
    "tf_saved_model": ("a TensorFlow SavedModel", f"{_THROUGH_ONNX}\nor {_IN_KERAS}"),
    "litert": ("a LiteRT (TensorFlow Lite) model", _IN_KERAS),
    "openvino": ("an OpenVINO model", f"{_THROUGH_ONNX}, which openvino.convert_model('model.onnx') reads"),
    "torch": ("a program of PyTorch", f"{_IN_KERAS}, with Keras on PyTorch"),
}
"""Formats that Keras writes: what each is, and the way to it."""


def export(
    model: Model,
    filepath: str | os.PathLike[str],
    format: str = "tf_saved_model",
    verbose: bool | None = None,
    input_signature: Any = None,
    **options: Any,
) -> None:
    """Writes the model for inference elsewhere; see `Model.export`."""
    path = _checked_path(filepath)
    if format != ONNX:
        raise _other_format(format, path)
    opset = options.pop("opset_version", None)
    if options:
        raise TypeError(
            explain(
                what="export: ONNX has no such argument",
                expected="filepath, format, verbose, input_signature or opset_version",
                received=", ".join(options),
                remedy="model.export('model.onnx', format='onnx')",
            )
        )
    from planish.convert.onnx_writer.exporting import export_onnx

    export_onnx(model, path, verbose, input_signature, opset)


def _checked_path(filepath: Any) -> str:
    if not isinstance(filepath, str | os.PathLike):
        raise TypeError(
            explain(
                what="export: the name of a file is expected",
                received=repr(filepath),
                remedy="model.export('model.onnx', format='onnx')",
            )
        )
    return os.fspath(filepath)


def _other_format(name: Any, path: str) -> ValueError:
    if name not in _OTHERS:
        return ValueError(unknown_name("export format", name, [ONNX, *_OTHERS]))
    what, remedy = _OTHERS[name]
    return ValueError(
        explain(
            what=f"planish does not write {what}",
            expected="format='onnx'",
            received=f"format={name!r}",
            remedy=remedy.format(path=path, name=name),
        )
    )
