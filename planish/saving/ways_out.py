"""Files that are not models which planish reads: what each is, and what to type to get one that is."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable

from planish.errors import explain
from planish.saving.formats import Kind, kind_of
from planish.saving.other_names import MODEL_ENDING, renamed

_KERAS = "in Keras: keras.models.load_model({file}).save({keras})"
_SAVE = "in Keras: model.save({keras})"
_THEN_ONNX = "\nthen planish.load_onnx({onnx})"
_WEIGHTS = "build the model, then model.load_weights({file})"
_EXPORT_AGAIN = "in PyTorch: torch.onnx.export(module, images, {onnx})" + _THEN_ONNX
_AGAIN = "copy or download it again"
_MOST_LISTED, _MOST_LOOKED_AT = 5, 200
_TRUSTED = "a pickle runs code when it is opened; if you trust it, and it holds a Keras model:\n"

# {file}, {keras} and {onnx} are the file's name, and names to give, in Python; {typed} and {typed_onnx} in a shell.
_WAYS: dict[Kind, str] = {
    Kind.KERAS: _KERAS,
    Kind.KERAS_H5: _KERAS,
    Kind.KERAS_WEIGHTS: _WEIGHTS,
    Kind.KERAS_H5_WEIGHTS: _WEIGHTS,
    Kind.KERAS_FOLDER: _KERAS,
    Kind.KERAS_JSON: "model = planish.models.model_from_json(open({file}).read())\n"
    "then model.load_weights of the file of its weights",
    Kind.WEIGHTS_INDEX: _WEIGHTS,
    Kind.ONNX: "planish.load_onnx({file})",
    Kind.TFJS_LAYERS: "model.set_weights(planish.models.load_model({file}).get_weights())",
    Kind.TFJS_GRAPH: "python -m tf2onnx.convert --tfjs {typed} --output {typed_onnx}" + _THEN_ONNX,
    Kind.SAVED_MODEL: "python -m tf2onnx.convert --saved-model {typed} --output {typed_onnx}"
    + _THEN_ONNX
    + "\nor, if Keras 2 wrote it: tf_keras.models.load_model({file}).save({keras})",
    Kind.FROZEN_GRAPH: "python -m tf2onnx.convert --graphdef {typed} --inputs INPUT:0 --outputs OUTPUT:0 "
    "--output {typed_onnx}" + _THEN_ONNX,
    Kind.TF_CHECKPOINT: "in Keras 2: build the model, model.load_weights(...), model.save({keras})",
    Kind.TFLITE: "python -m tf2onnx.convert --tflite {typed} --output {typed_onnx}" + _THEN_ONNX,
    Kind.TORCH: "make the module, then module.load_state_dict(torch.load({file}, weights_only=True))\n"
    "torch.onnx.export(module, images, {onnx})" + _THEN_ONNX + "\nor, with a model of the same layers:\n"
    "planish.convert.from_state_dict(torch.load({file}, weights_only=True), like=model)",
    Kind.TORCH_SCRIPT: "torch.onnx.export(torch.jit.load({file}), images, {onnx}, dynamo=False)" + _THEN_ONNX,
    Kind.TORCH_EXPORT: "torch.onnx.export(torch.export.load({file}).module(), images, {onnx})" + _THEN_ONNX,
    Kind.EXECUTORCH: _EXPORT_AGAIN,
    Kind.SAFETENSORS: _WEIGHTS,
    Kind.NPZ: "build the model, then model.set_weights(list(np.load({file}).values()))",
    Kind.NPY: "an array is not a model; for images: model.predict(np.load({file}))",
    Kind.CORE_ML: _EXPORT_AGAIN,
    Kind.OPENVINO: "load the file that it was made of, or " + _EXPORT_AGAIN,
    Kind.GGUF: "load a classifier of images: planish reads no language models",
    Kind.PLAN: "planish_runtime.Model({file}).predict(images), or load the .keras file that it was built from",
    Kind.JOBLIB: _TRUSTED + "joblib.load({file}).save({keras})",
    Kind.PICKLE: _TRUSTED + "pickle.load(open({file}, 'rb')).save({keras})",
    Kind.HDF5: _SAVE,
    Kind.HDF5_DAMAGED: _AGAIN,
    Kind.ZIP: "unpack it: python -m zipfile -e {typed} unpacked",
    Kind.ZIP_DAMAGED: _AGAIN,
    Kind.PACKED: "unpack it, and load the model that is inside",
    Kind.LFS_POINTER: "git lfs pull",
    Kind.PAGE: "download the file itself: its address leads to a page",
    Kind.JSON: _SAVE,
    Kind.IMAGE: "ask a model about it: planish predict MODEL {typed}",
    Kind.TEXT: _SAVE,
    Kind.EMPTY: _AGAIN,
    Kind.FOLDER: _SAVE,
    Kind.UNKNOWN: _SAVE,
}


def refused(kind: Kind, path: str, wanted: str, readers: Iterable[Kind]) -> Exception:
    """The error about something that does not have what is `wanted`: "a model", "weights"."""
    folder = kind is Kind.FOLDER
    remedy = (folder and _models_in(path, set(readers))) or way_out(kind, path)
    told = f"{path!r} is {kind.value}: planish does not read {wanted} from it"
    text = explain(what=told, expected=" or ".join(known.value for known in readers), remedy=remedy)
    return IsADirectoryError(text) if folder else ValueError(text)


def _models_in(folder: str, readable: set[Kind]) -> str:
    """What to type for the first files in a folder that can be read."""
    paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))[:_MOST_LOOKED_AT]]
    found = [path for path in paths if os.path.isfile(path) and kind_of(path) in readable]
    return "\nor ".join(f"planish.models.load_model({path!r})" for path in found[:_MOST_LISTED])


def way_out(kind: Kind, path: str) -> str:
    """What to do with a file of this kind: a line or more that work when they are typed."""
    stem = os.path.splitext(renamed(path.rstrip("/\\") or path, ""))[0]
    onnx, keras = f"{stem}.onnx", f"{stem}{MODEL_ENDING}"
    if os.path.exists(keras):
        keras = f"{stem}-new{MODEL_ENDING}"
    if kind is Kind.TFJS_GRAPH and os.path.isdir(path):
        path = os.path.join(path, "model.json")
    return _WAYS[kind].format(
        file=repr(path), keras=repr(keras), onnx=repr(onnx), typed=shlex.quote(path), typed_onnx=shlex.quote(onnx)
    )
