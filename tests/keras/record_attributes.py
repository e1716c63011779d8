"""Writes the public attributes of real Keras's models, layers, optimizers, metrics and losses to attributes.json.

KERAS_BACKEND=tensorflow python tests/keras/record_attributes.py
"""

import json
from pathlib import Path

PATH = Path(__file__).with_name("attributes.json")


def objects(keras) -> dict:
    """One of each kind, of `keras` or of what is shaped like it."""
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    return {
        "Model": model,
        "Layer": model.layers[0],
        "Optimizer": model.optimizer,
        "Metric": keras.metrics.Mean(),
        "Loss": keras.losses.MeanSquaredError(),
    }


def main() -> None:
    import keras

    base = {"Model": keras.Model, "Layer": keras.layers.Layer, "Optimizer": keras.optimizers.Optimizer}
    base |= {"Metric": keras.metrics.Metric, "Loss": keras.losses.Loss}
    found = {kind: sorted(name for name in dir(class_) if name[0] != "_") for kind, class_ in base.items()}
    PATH.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
