"""What `files.py` damages: small files of every format that planish reads or recognizes, how each is damaged, and who
reads it."""

from __future__ import annotations

import io
import json
import lzma
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import foreign_files
import mutants
import numpy as np
import protobuf
from mutants import Dice

import planish
from planish import ops
from planish.layers import Add, BatchNormalization, Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Model, Sequential
from planish.runtime import object_cache

RECORDED = Path(__file__).resolve().parents[2] / "tests" / "saving" / "data"

_OF_KERAS = ("legacy_model.h5", "versions/1.2.2_chain.h5", "versions/2.15.0_network.h5")

Files = dict[str, bytes]
"""The contents of a folder, by name; a format of single files has one."""


@dataclass(frozen=True)
class Subject:
    """A format. `made` are the files to damage; `read` gives the model that the path of the first one leads to.

    What is undamaged has to be read, or, if not `is_read`, refused.
    """

    made: Callable[[], list[Files]]
    damaged: Callable[[Dice, Files], Files]
    read: Callable[[str], Any]
    is_read: bool = True


def _net() -> Sequential:
    return Sequential(
        [Input((6, 6, 1), name="image"), Conv2D(2, 3, activation="relu", name="conv"), MaxPooling2D(name="pool"),
         Flatten(name="flatten"), Dense(3, activation="softmax", name="dense")], name="net",
    )  # fmt: skip


def _nested() -> Model:
    image = Input((6, 6, 1), name="image")
    inner = Sequential([Input((4, 4, 2)), BatchNormalization(name="norm"), Conv2D(2, 1, name="second")], name="inner")
    maps = Conv2D(2, 3, name="first")(image)
    sums = Add(name="sum")([inner(maps), maps])
    model = Model(image, [Dense(3, name="a")(Flatten(name="flat")(sums)), sums], name="nested")
    model.compile("adam", ["mse", "mse"])
    return model


def _of_operations() -> Model:
    image = Input((6, 6, 1), name="image")
    halves = image[:, ::2, 1:] / 2
    return Model(image, Dense(3, name="dense")(ops.reshape(ops.concatenate([halves, -halves], axis=1), (-1, 30))))


@cache
def _models() -> tuple[Model, ...]:
    made = (_net(), _nested(), _of_operations())
    for number, model in enumerate(made):
        dice = np.random.default_rng(number)
        model.set_weights([dice.random(array.shape, np.float32) for array in model.get_weights()])
    return made


def _saved(ending: str, save: str = "save", most: int = 2) -> list[Files]:
    """The first models as files of this ending."""
    found = []
    for number, model in enumerate(_models()[:most]):
        path = os.path.join(os.getcwd(), f"{number}{ending}")
        getattr(model, save)(path)
        found.append({os.path.basename(path): Path(path).read_bytes()})
        os.unlink(path)
    return found


def _keras() -> list[Files]:
    found = []
    for files in _saved(".keras", most=3):
        members = dict(mutants.members_of(*files.values()))
        members["metadata.json"] = b'{"keras_version": "3.15.1", "date_saved": "2025-01-01@00:00:00"}'
        found.append({"model.keras": mutants.zipped([*members.items()])})
    return found


def _recorded(name: str) -> Files:
    return {"model.h5": lzma.decompress((RECORDED / f"{name}.xz").read_bytes())}


def _into_weights(path: str) -> Model:
    """The model whose weights these were, before they were damaged; one for all of them, since making models takes
    longer than reading."""
    model = _to_read_into()[0 if os.path.basename(path).startswith("0") else 1]
    model.load_weights(path)
    return model


@cache
def _to_read_into() -> tuple[Model, Model]:
    return _net(), _nested()


def _tfjs() -> list[Files]:
    """A model as TensorFlow.js's converter writes it, some of its arrays quantized."""
    model = _models()[0]
    entries, data = [], io.BytesIO()
    for number, (weight, array) in enumerate(zip(model.weights, model.get_weights(), strict=True)):
        entry: dict[str, Any] = {"name": weight.path, "shape": list(array.shape), "dtype": "float32"}
        if number % 2:
            entry["quantization"] = {"dtype": "uint8", "min": -0.5, "scale": 0.01}
            array = np.arange(array.size, dtype=np.uint8).reshape(array.shape)
        entries.append(entry)
        data.write(array.tobytes())
    half = len(data.getvalue()) // 2
    manifest = [{"paths": ["group1-shard1of2.bin", "group1-shard2of2.bin"], "weights": entries}]
    topology = {"keras_version": "2.15.0", "backend": "tensorflow", "model_config": _topology()}
    document = {"format": "layers-model", "modelTopology": topology, "weightsManifest": manifest}
    shards = {"group1-shard1of2.bin": data.getvalue()[:half], "group1-shard2of2.bin": data.getvalue()[half:]}
    return [{"model.json": json.dumps(document).encode(), **shards}]


def _topology() -> dict[str, Any]:
    """The first model as Keras 2 wrote it."""
    layers = [
        ("InputLayer", {"batch_input_shape": [None, 6, 6, 1], "dtype": "float32", "name": "image", "sparse": False}),
        ("Conv2D", {"name": "conv", "filters": 2, "kernel_size": [3, 3], "activation": "relu", "padding": "valid"}),
        ("MaxPooling2D", {"name": "pool", "pool_size": [2, 2], "strides": [2, 2], "padding": "valid"}),
        ("Flatten", {"name": "flatten", "data_format": "channels_last"}),
        ("Dense", {"name": "dense", "units": 3, "activation": "softmax"}),
    ]
    items = [{"class_name": kind, "config": config} for kind, config in layers]
    return {"class_name": "Sequential", "config": {"name": "net", "layers": items}}


def _one(mutate: mutants.Mutate) -> Callable[[Dice, Files], Files]:
    """Damage to the only file."""
    return lambda dice, files: {name: mutate(dice, contents) for name, contents in files.items()}


def _of_folder(dice: Dice, files: Files) -> Files:
    changed = dict(files)
    name = "model.json" if dice.random() < 0.7 else dice.choice(sorted(files))
    if name == "model.json":
        changed[name] = mutants.json_text(dice, changed[name])
    elif dice.random() < 0.2:
        del changed[name]
    else:
        changed[name] = mutants.any_bytes(dice, changed[name])
    return changed


def _onnx() -> list[Files]:
    import onnx_files

    return [{"model.onnx": contents} for contents in onnx_files.made()]


def _load(path: str) -> Any:
    return planish.models.load_model(path)


def _load_anything(path: str) -> Any:
    """By either way in: whoever wants a model, or weights, may have been given anything."""
    place = os.path.dirname(path) if foreign_files.is_in_folder(path) else path
    contents = Path(path).read_bytes()
    return _load(place) if zlib.crc32(contents) % 2 else _into_weights(place)


_KEY = "0f" * 32


def _programs() -> list[Files]:
    """An entry of the cache of compiled programs; what matters is that code which was changed is never run."""
    return [{f"{_KEY}{object_cache.CODE}": object_cache.packed(_KEY, bytes(range(256)))}]


def _program(path: str) -> Any:
    """An entry that is damaged reads as missing."""
    os.chmod(path, 0o600)
    os.environ["PLANISH_CACHE_DIR"] = os.path.dirname(path)
    code = object_cache.load(_KEY)
    if code is None:
        raise ValueError(f"{path!r} is compiled again")
    if code != bytes(range(256)):
        raise AssertionError("other code would be run")
    return _to_read_into()[0]


SUBJECTS = {
    "keras": Subject(_keras, _one(mutants.keras_zip), _load),
    "weights.h5": Subject(lambda: _saved(".weights.h5", "save_weights"), _one(mutants.hdf5), _into_weights),
    "h5": Subject(lambda: [*map(_recorded, _OF_KERAS), *_saved(".h5")], _one(mutants.hdf5), _load),
    "tfjs": Subject(_tfjs, _of_folder, lambda path: _load(os.path.dirname(path))),
    "onnx": Subject(_onnx, _one(protobuf.damaged), _load),
    "safetensors": Subject(lambda: _saved(".safetensors", "save_weights"), _one(mutants.safetensors), _into_weights),
    "recognized": Subject(foreign_files.made, foreign_files.damaged, _load_anything, is_read=False),
    "program": Subject(_programs, _one(mutants.any_bytes), _program),
}
"""By the names that `--formats` takes."""
