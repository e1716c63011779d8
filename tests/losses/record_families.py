"""Records losses and their gradients from Keras: needs real Keras on TensorFlow.

KERAS_BACKEND=tensorflow python tests/losses/record_families.py
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

sys.path.insert(0, str(Path(__file__).parent))
import cases


def rounded(array):
    return [float(f"{number:.8g}") for number in np.asarray(array, np.float64).ravel()]


def record(case):
    name, arguments, arrays = case
    targets, outputs = (tf.constant(array) for array in cases.ARRAYS[arrays])
    class_ = getattr(keras.losses, name)
    recorded = {"values": {}, "weighted": {}}
    for reduction in cases.REDUCTIONS:
        loss = class_(**arguments, reduction=reduction)
        recorded["values"][reduction] = rounded(loss(targets, outputs))
        if cases.weights(case) is not None:
            recorded["weighted"][reduction] = rounded(loss(targets, outputs, sample_weight=cases.weights(case)))
    loss = class_(**arguments)
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        value = loss(targets, outputs)
    return {**recorded, "gradient": rounded(tape.gradient(value, outputs)), "config": loss.get_config()}


if __name__ == "__main__":
    text = ",\n".join(json.dumps(record(case)) for case in cases.CASES)
    (Path(__file__).parent / "recorded_families.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")
