"""Keras's side of compare_tfjs.py: `python parity/keras_tfjs.py FOLDER IMAGES ANSWER`.

Keras does not read TensorFlow.js's folders. The arrays go into a `.h5` file as Keras 2 had it, by nothing but NumPy and
h5py, and Keras loads that.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import h5py
import keras
import numpy as np


def arrays(folder: Path, manifest: list[dict]) -> dict[str, np.ndarray]:
    found = {}
    for group in manifest:
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        offset = 0
        for entry in group["weights"]:
            stored = entry.get("quantization")
            kind = np.dtype(stored["dtype"] if stored else entry["dtype"])
            count = int(np.prod(entry["shape"]))
            values = np.frombuffer(data, kind, count, offset).reshape(entry["shape"])
            if stored and "scale" in stored:
                values = values.astype(np.float64) * stored["scale"] + stored["min"]
            found[entry["name"]] = values.astype(entry["dtype"])
            offset += kind.itemsize * count
    return found


def written(folder: Path, path: str) -> None:
    document = json.loads((folder / "model.json").read_text())
    topology = document["modelTopology"]
    groups: dict[str, list[str]] = {}
    values = arrays(folder, document["weightsManifest"])
    order = [
        "kernel",
        "depthwise_kernel",
        "pointwise_kernel",
        "gamma",
        "beta",
        "bias",
        "moving_mean",
        "moving_variance",
    ]
    for name in values:
        groups.setdefault(name.rpartition("/")[0], []).append(name)
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = topology["keras_version"], topology["backend"]
        file.attrs["model_config"] = json.dumps(topology["model_config"])
        root = file.create_group("model_weights")
        layers = [layer["name"] for layer in topology["model_config"]["config"]["layers"]]
        root.attrs["layer_names"] = [name.encode() for name in layers]
        for layer in layers:
            names = sorted(groups.get(layer, []), key=lambda name: order.index(name.rpartition("/")[2]))
            group = root.create_group(layer)
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name in names:
                group[name] = values[name]


def main() -> None:
    folder, images, answer = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as temporary:
        path = f"{temporary}/model.h5"
        written(folder, path)
        model = keras.models.load_model(path, compile=False)
    np.save(answer, model.predict(np.load(images), verbose=0))


if __name__ == "__main__":
    main()
