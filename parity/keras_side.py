"""The half that runs in real Keras's process: `python keras_side.py FOLDER`. It needs keras and numpy only.

It reads cases, a line of JSON each, and writes a line with the seed when one is answered. It reads FOLDER/<seed>.json
(planish's configuration) and FOLDER/<seed>.npz (x, y, w0, w1, ...), makes the model of planish's configuration, and
writes FOLDER/<seed>-keras.npz (prediction, and w0, w1, ... after the steps) and FOLDER/<seed>-keras.json (the
configuration in Keras's words), or FOLDER/<seed>-error.txt. Where a case has files, it reads planish's
FOLDER/<seed>.keras, and leaves FOLDER/<seed>-keras.keras with the weights after the steps.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Any

import keras
import numpy as np
import on_arrays
from both import answer, build, config_differences, configuration, loss_values, rebuild
from serving import serve


def run(case: dict[str, Any], folder: Path) -> None:
    seed = case["seed"]
    if "arrays" in case:
        with np.load(folder / f"{seed}.npz") as given:
            np.savez(folder / f"{seed}-keras.npz", **on_arrays.answer(keras, case, given))  # type: ignore[arg-type]
        return
    if case.get("built"):
        with np.load(folder / f"{seed}.npz") as given:
            np.savez(folder / f"{seed}-keras.npz", **answer(build(keras, case), case, given))  # type: ignore[arg-type]
        return
    expected = configuration(build(keras, case))
    model = rebuild(keras, json.loads((folder / f"{seed}.json").read_text(encoding="utf-8")))
    if apart := list(config_differences(configuration(model), expected)):
        raise ValueError("Keras makes a different model from planish's configuration: " + "; ".join(apart))
    model.run_eagerly = eagerly(case)
    with np.load(folder / f"{seed}.npz") as given:
        results = answer(model, case, given)
        results |= loss_values(keras, case, given, results["prediction"])
        if case.get("files"):
            loaded = keras.models.load_model(folder / f"{seed}.keras")
            results["loaded"] = np.asarray(loaded(given["x"], training=False))
    if case.get("files"):
        model.save(folder / f"{seed}-keras.keras")
    (folder / f"{seed}-keras.json").write_text(json.dumps(expected), encoding="utf-8")
    np.savez(folder / f"{seed}-keras.npz", **results)  # type: ignore[arg-type]


def eagerly(case: dict[str, Any]) -> bool:
    """Whether Keras runs operation by operation: hundreds of models of one layer, which TensorFlow would compile for
    longer than they run. Random models are compiled."""
    return "about" in case and keras.backend.backend() == "tensorflow"


def main(folder: Path) -> None:
    print(f"Keras {keras.__version__}, backend {keras.backend.backend()}", file=sys.stderr)

    def answered(case: dict[str, Any]) -> None:
        try:
            run(case, folder)
        except Exception:  # whatever Keras refuses is an answer
            (folder / f"{case['seed']}-error.txt").write_text(traceback.format_exc(), encoding="utf-8")
        keras.backend.clear_session()

    serve(answered)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
