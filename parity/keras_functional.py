"""The half of functional parity that runs in real Keras's process: `python keras_functional.py FOLDER`.

Reads cases, a line of JSON each, and FOLDER/f<seed>.npz (data and starting weights), builds each by calling, and writes
FOLDER/f<seed>-keras.npz (predictions, and weights after the steps), FOLDER/f<seed>-keras.keras with the starting
weights, and FOLDER/f<seed>-keras.json (names, History, and the configuration after reading that file); and what Keras
predicts after loading planish's FOLDER/f<seed>.keras: `loaded0`, ... among the arrays. What Keras refuses goes to
FOLDER/f<seed>-error.txt.

Keras runs step by step here: compiling takes it longer than these steps.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Any

import keras
import numpy as np
from graphs import answer, build, data, predictions
from serving import serve


def run(case: dict[str, Any], folder: Path) -> None:
    seed = case["seed"]
    model = build(keras, case)
    model.run_eagerly = True
    with np.load(folder / f"f{seed}.npz") as held:
        given = dict(held)
    model.set_weights([given[f"w{i}"] for i in range(len(model.weights))])
    model.save(folder / f"f{seed}-keras.keras")
    results, told = answer(model, case, given)
    told["config"] = _read_back(folder / f"f{seed}-keras.keras")
    loaded = keras.models.load_model(folder / f"f{seed}.keras")
    loaded.run_eagerly = True
    results |= predictions(loaded, data(case, given)[0], "loaded")
    told["loaded"] = loaded.get_config()
    np.savez(folder / f"f{seed}-keras.npz", **results)  # type: ignore[arg-type]
    (folder / f"f{seed}-keras.json").write_text(json.dumps(told), encoding="utf-8")


def _read_back(file: Path) -> Any:
    """The configuration of Keras's own model after Keras has read its file.

    That is what planish's file is compared with, since Keras itself loses something on the way: its
    `Sequential.from_config` drops `trainable`, so a frozen Sequential inside of a model says afterwards that it learns.
    """
    return keras.models.load_model(file).get_config()


def main(folder: Path) -> None:
    print(f"Keras {keras.__version__}, backend {keras.backend.backend()}", file=sys.stderr)

    def answered(case: dict[str, Any]) -> None:
        failure = folder / f"f{case['seed']}-error.txt"
        failure.unlink(missing_ok=True)
        try:
            run(case, folder)
        except Exception:  # whatever Keras refuses is an answer
            failure.write_text(traceback.format_exc(), encoding="utf-8")

    serve(answered)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
