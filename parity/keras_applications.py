"""The half that runs in real Keras's process: `python keras_applications.py FOLDER`, which reads numbers of CASES.

Writes for each case FOLDER/NUMBER.npz with predictions, the weights, and those after the step, and files of the weights
in three forms: NUMBER.weights.h5, NUMBER.keras and, as Keras wrote them before Keras 3, NUMBER.h5.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras.src.legacy.saving import legacy_h5_format
from known_nets import CASES, Case, built, images, set_weights, settle, stepped, weights
from serving import serve


def main(folder: Path) -> None:
    def zeros(self: Any, shape: tuple[int, ...], dtype: Any = None, **options: Any) -> Any:
        return keras.ops.zeros(shape, dtype)

    keras.initializers.VarianceScaling.__call__ = zeros  # weights are set, and drawing millions takes long
    serve(lambda number: answer(folder, number))


def answer(folder: Path, number: int) -> None:
    case = CASES[number]
    model = built(keras, case)
    set_weights(model, weights(model, case.gain))
    with settling(case, model):
        model(images(case.sizes[0], case.strength)[0])
    found = {
        f"predictions{place}": model.predict(images(size, case.strength)[0], verbose=0)
        for place, size in enumerate(case.sizes)
    }
    model.save_weights(folder / f"{number}.weights.h5")
    model.save(folder / f"{number}.keras")
    with h5py.File(folder / f"{number}.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, model)
    if case.trained:
        loss, after = stepped(keras, model, case.sizes[1], case.strength)
        found |= {"loss": np.array(loss), **{f"w{place}": array for place, array in enumerate(after)}}
    np.savez(folder / f"{number}.npz", **found)


@contextlib.contextmanager
def settling(case: Case, model: Any) -> Iterator[None]:
    """In it, each batch normalization settles on what it is called on."""
    layers = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
    for layer in layers:
        layer.call = functools.partial(_settled, case, layer, layer.call)
    try:
        yield
    finally:
        for layer in layers:
            del layer.call


def _settled(case: Case, layer: Any, call: Callable[..., Any], x: Any, **options: Any) -> Any:
    settle(case, layer, np.asarray(x))
    return call(x, **options)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
