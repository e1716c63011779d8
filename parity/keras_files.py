"""The half of `compare_files.py` that runs in real Keras's process: `python keras_files.py FOLDER`.

Reads FOLDER/files.json, and for each case data and weights, FOLDER/f<seed>.npz, and planish's files, FOLDER/f<seed>.h5
and so on. Writes Keras's own files, FOLDER/f<seed>-keras.h5 and so on, what Keras predicts with planish's,
FOLDER/f<seed>-keras.h5.npz, and what went wrong by format, FOLDER/f<seed>-keras.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
from graphs import build, data, predictions


def run(case: dict[str, Any], formats: list[str], stem: Path) -> None:
    with np.load(f"{stem}.npz") as held:
        given = dict(held)
    failures: dict[str, str] = {}
    for ending in formats:
        model = build(keras, case)
        model.set_weights([given[f"w{i}"] for i in range(len(model.weights))])
        save = model.save_weights if ending == ".weights.h5" else model.save
        save(f"{stem}-keras{ending}")
        try:
            if ending == ".weights.h5":
                model = build(keras, case)
                model.load_weights(f"{stem}{ending}")
            else:
                model = keras.models.load_model(f"{stem}{ending}")
            model.run_eagerly = True
            answer = predictions(model, data(case, given)[0], "prediction")
            np.savez(f"{stem}-keras{ending}.npz", **answer)  # type: ignore[arg-type]
        except Exception as error:  # whatever Keras refuses is an answer
            failures[ending] = f"{type(error).__name__}: {error}"
    Path(f"{stem}-keras.json").write_text(json.dumps(failures), encoding="utf-8")


def main(folder: Path) -> None:
    print(f"Keras {keras.__version__}, backend {keras.backend.backend()}", flush=True)
    for told in json.loads((folder / "files.json").read_text(encoding="utf-8")):
        run(told["case"], told["formats"], folder / f"f{told['case']['seed']}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
