"""Records metrics from Keras: needs real Keras on TensorFlow.

KERAS_BACKEND=tensorflow python tests/metrics/record_families.py
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import cases


def rounded(array):
    return [float(f"{number:.8g}") for number in np.asarray(array, np.float64).ravel()]


def record(case):
    name, arguments, arrays = case
    metric = getattr(keras.metrics, name)(**arguments)
    before = metric.get_config()
    values = []
    for weights in (None, cases.weights(case)):
        metric.reset_state()
        metric.update_state(*cases.ARRAYS[arrays], sample_weight=weights)
        values.append(rounded(metric.result()))
    variables = [[variable.name, list(variable.shape)] for variable in metric.variables]
    return {"values": values, "config": before, "variables": variables}


if __name__ == "__main__":
    text = ",\n".join(json.dumps(record(case)) for case in cases.CASES)
    (Path(__file__).parent / "recorded_families.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")
