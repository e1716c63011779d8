"""The half that runs in real Keras's process: `python keras_side.py FOLDER CASES`. It needs keras and numpy only.

Reads FOLDER/CASES, FOLDER/<seed>.json (planish's configuration) and FOLDER/<seed>.npz (x, y, w0, w1, ...); makes
the model of planish's configuration, and writes FOLDER/<seed>-keras.npz (prediction, and w0, w1, ... after the steps)
and FOLDER/<seed>-keras.json (the configuration in Keras's words), or FOLDER/<seed>-error.txt.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import Any

import keras
import numpy as np
from both import answer, build, config_differences, configuration, rebuild


def run(case: dict[str, Any], folder: Path) -> None:
    seed = case["seed"]
    expected = configuration(build(keras, case))
    model = rebuild(keras, json.loads((folder / f"{seed}.json").read_text(encoding="utf-8")))
    if apart := list(config_differences(configuration(model), expected)):
        raise ValueError("Keras makes a different model from planish's configuration: " + "; ".join(apart))
    with np.load(folder / f"{seed}.npz") as given:
        results = answer(model, case, given)
    np.savez(folder / f"{seed}-keras.npz", **results)  # type: ignore[arg-type]
    (folder / f"{seed}-keras.json").write_text(json.dumps(expected), encoding="utf-8")


def main(folder: Path, cases: str) -> None:
    print(f"Keras {keras.__version__}, backend {keras.backend.backend()}", flush=True)
    for case in json.loads((folder / cases).read_text(encoding="utf-8")):
        failure = folder / f"{case['seed']}-error.txt"
        failure.unlink(missing_ok=True)
        try:
            run(case, folder)
        except Exception:  # whatever Keras refuses is an answer
            failure.write_text(traceback.format_exc(), encoding="utf-8")
        keras.backend.clear_session()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
