"""The half that runs in real Keras's process: `python keras_side.py FOLDER`. It needs keras and numpy only.

Reads FOLDER/cases.json and FOLDER/<seed>.npz (x, y, w0, w1, ...); writes FOLDER/<seed>-keras.npz (prediction, w0,
w1, ... after three steps) or FOLDER/<seed>-error.txt.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np


def build(case):
    model = keras.Sequential([keras.Input(tuple(case["input_shape"]))])
    for name, arguments in case["layers"]:
        model.add(getattr(keras.layers, name)(**arguments))
    loss_name, loss_arguments = case["loss"]
    name, arguments = case["optimizer"]
    model.compile(getattr(keras.optimizers, name)(**arguments), getattr(keras.losses, loss_name)(**loss_arguments))
    return model


def answer(case, given):
    """The predictions, and the weights after three steps."""
    model = build(case)
    model.set_weights([given[f"w{i}"] for i in range(len(model.weights))])
    batch = case["batch"]
    results = {"prediction": np.asarray(model.predict_on_batch(given["x"]))}
    for step in range(3):
        rows = slice(step * batch, (step + 1) * batch)
        model.train_on_batch(given["x"][rows], given["y"][rows])
    return results | {f"w{i}": value for i, value in enumerate(model.get_weights())}


def main(folder):
    for case in json.loads((folder / "cases.json").read_text(encoding="utf-8")):
        seed = case["seed"]
        try:
            with np.load(folder / f"{seed}.npz") as given:
                results = answer(case, given)
            np.savez(folder / f"{seed}-keras.npz", **results)
        except Exception:  # whatever Keras refuses is an answer
            (folder / f"{seed}-error.txt").write_text(traceback.format_exc(), encoding="utf-8")
        keras.backend.clear_session()
        if seed % 20 == 0:
            import jax

            jax.clear_caches()  # or the memory of a few hundred models adds up


main(Path(sys.argv[1]))
