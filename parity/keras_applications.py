"""The half that runs in real Keras's process: `python keras_applications.py FOLDER NUMBER...` (of CASES).

Writes for each case FOLDER/NUMBER.npz with the weights, predictions and the step, and files of the weights in three
forms: NUMBER.weights.h5, NUMBER.keras and, as Keras wrote them before Keras 3, NUMBER.h5.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras.src.legacy.saving import legacy_h5_format
from known_nets import CASES, built, images, set_weights, stepped


def main(folder: Path, numbers: list[int]) -> None:
    def zeros(self: Any, shape: tuple[int, ...], dtype: Any = None, **options: Any) -> Any:
        return keras.ops.zeros(shape, dtype)

    keras.initializers.VarianceScaling.__call__ = zeros  # weights are set, and drawing millions takes long
    for number in numbers:
        case = CASES[number]
        model = built(keras, case)
        set_weights(model, case.gain)
        found = {
            f"predictions{place}": model.predict(images(size)[0], verbose=0) for place, size in enumerate(case.sizes)
        }
        model.save_weights(folder / f"{number}.weights.h5")
        model.save(folder / f"{number}.keras")
        with h5py.File(folder / f"{number}.h5", "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, model)
        if case.trained:
            loss, after = stepped(keras, model, case.sizes[1])
            found |= {"loss": np.array(loss), **{f"w{place}": array for place, array in enumerate(after)}}
        np.savez(folder / f"{number}.npz", **found)
        print(f"Keras: {case.name}", flush=True)


main(Path(sys.argv[1]), [int(number) for number in sys.argv[2:]])
