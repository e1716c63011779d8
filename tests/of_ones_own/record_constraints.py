"""Writes what real Keras on TensorFlow makes of weights with constraints in three steps of training to a JSON file.

Run by hand, where Keras and TensorFlow are: `KERAS_BACKEND=tensorflow python tests/of_ones_own/record_constraints.py`.
"""

import json
from pathlib import Path

import numpy as np

PATH = Path(__file__).with_name("recorded_constraints.json")
GENERATOR = np.random.default_rng(7)
X = GENERATOR.normal(size=(12, 7, 5, 2)).astype(np.float32)
Y = GENERATOR.integers(0, 3, 12)

CASES = {
    "MaxNorm": ("MaxNorm(0.7, axis=[0, 1, 2])", "MaxNorm(0.6)", "MaxNorm(0.05)"),
    "NonNeg": ("NonNeg()", "NonNeg()", "NonNeg()"),
    "UnitNorm": ("UnitNorm(axis=(0, 1, 2))", "UnitNorm(1)", "UnitNorm()"),
    "MinMaxNorm": ("MinMaxNorm(0.3, 0.5, 0.5, [0, 1, 2])", "MinMaxNorm(0.9, 1.0, axis=-1)", "MinMaxNorm()"),
    "all axes": ("MaxNorm(0.5, axis=None)", "UnitNorm(axis=None)", "MaxNorm(0.0)"),
}
OPTIMIZERS = {
    "SGD": lambda keras: keras.optimizers.SGD(0.3, momentum=0.9),
    "Adam": lambda keras: keras.optimizers.Adam(0.05, epsilon=0.1, weight_decay=0.1, clipnorm=0.5),
    "averaged": lambda keras: keras.optimizers.SGD(0.3, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2),
}


NAMES = [*zip(CASES, ("SGD", "Adam", "averaged", "Adam", "SGD"), strict=True)]


def run(keras, case: str, optimizer: str, **settings) -> list:
    """The weights after three steps; of `keras`, or of what is shaped like it."""
    of_filters, of_units, of_biases = (eval(f"c.{made}", {"c": keras.constraints}) for made in CASES[case])
    model = keras.Sequential(
        [
            keras.layers.Input((7, 5, 2)),
            keras.layers.Conv2D(5, 3, kernel_constraint=of_filters, bias_constraint=of_biases),
            keras.layers.BatchNormalization(gamma_constraint=of_biases, beta_constraint=of_biases),
            keras.layers.Flatten(),
            keras.layers.Dense(3, "softmax", kernel_constraint=of_units, bias_constraint=of_biases),
        ]
    )
    generator = np.random.default_rng(3)
    model.set_weights([generator.normal(size=each.shape) ** 2 + 0.01 for each in model.get_weights()])
    model.compile(OPTIMIZERS[optimizer](keras), "sparse_categorical_crossentropy", **settings)
    for _ in range(3):
        model.train_on_batch(X, Y)
    return [np.asarray(each).tolist() for each in model.get_weights()]


def main() -> None:
    import keras

    recorded = {"/".join(name): run(keras, *name) for name in NAMES}
    PATH.write_text(json.dumps(json.loads(json.dumps(recorded), parse_float=lambda text: float(f"{float(text):.8g}"))))


if __name__ == "__main__":
    main()
