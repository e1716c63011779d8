"""Records what Keras writes in the format that it had before Keras 3: needs Keras 3 with a backend.

    KERAS_BACKEND=jax python tests/saving/record_legacy.py

data/legacy_weights.h5.xz has the weights of a model with another inside, data/legacy_model.h5.xz the whole model, and
data/legacy.npz images `x` and the outputs `y`.
"""

import lzma
import tempfile
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import layers
from keras.src.legacy.saving import legacy_h5_format

FOLDER = Path(__file__).parent / "data"


def model():
    inner = keras.Sequential(
        [keras.Input((6, 6, 4)), layers.BatchNormalization(), layers.Conv2D(3, 2, name="second")], name="inner"
    )
    x = keras.Input((8, 8, 2))
    y = layers.Flatten()(inner(layers.Conv2D(4, 3, name="first")(x)))
    return keras.Model(x, layers.Dense(5, name="last")(y))


def main():
    random = np.random.default_rng(0)
    trained = model()
    trained.set_weights([random.uniform(0.1, 1.0, weight.shape) for weight in trained.get_weights()])
    x = random.normal(size=(3, 8, 8, 2)).astype("float32")
    np.savez_compressed(FOLDER / "legacy.npz", x=x, y=trained.predict(x, verbose=0))
    with tempfile.TemporaryDirectory() as folder:
        weights, whole = Path(folder, "legacy_weights.h5"), Path(folder, "legacy_model.h5")
        with h5py.File(weights, "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, trained)
        trained.save(whole)
        for path in (weights, whole):
            (FOLDER / f"{path.name}.xz").write_bytes(lzma.compress(path.read_bytes(), preset=9))


if __name__ == "__main__":
    main()
