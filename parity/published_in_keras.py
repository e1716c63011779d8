"""The half of `compare_published.py` that runs in real Keras's process: `python published_in_keras.py FOLDER`.

Predicts for the images in FOLDER/N.npz with the model whose path is in FOLDER/N.txt, and writes FOLDER/N.npy.
"""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np


def main(folder: Path) -> None:
    for told in sorted(folder.glob("*.txt")):
        path = Path(told.read_text(encoding="utf-8"))
        if not path.suffix:  # Keras goes by the ending
            path = path.rename(path.with_suffix(".h5"))
        try:
            model = keras.models.load_model(path, compile=False)
            with np.load(told.with_suffix(".npz")) as held:
                np.save(told.with_suffix(".npy"), model.predict(held["x"], verbose=0))
        except Exception as error:
            print(f"Keras {keras.__version__} cannot open it: {error}"[:300], flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
