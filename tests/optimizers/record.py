"""Records ten steps of Keras's optimizers, their variables and configurations: needs real Keras on TensorFlow.

KERAS_BACKEND=tensorflow python tests/optimizers/record.py
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


def record(optimizer):
    weights = [keras.Variable(value, name=name, dtype="float32") for name, value in cases.first_values().items()]
    for weight in weights:
        weight._path = f"d/{weight.name}"
    optimizer.build(weights)
    variables = [[variable.name, list(variable.shape), str(variable.dtype)] for variable in optimizer.variables]
    for step in cases.gradients():
        optimizer.apply([keras.ops.convert_to_tensor(step[weight.name]) for weight in weights], weights)
    return {
        "config": optimizer.get_config(),
        "variables": variables,
        "iterations": int(optimizer.iterations),
        "weights": {weight.name: rounded(weight) for weight in weights},
        "state": [rounded(variable) for variable in optimizer.variables],
    }


def main(names):
    path = Path(__file__).parent / "recorded.json"
    before = json.loads(path.read_text(encoding="utf-8")) if names else []
    wrapped = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adadelta(**cases.CASES[0][1]), initial_scale=1.0)
    recorded = []
    for place, case in enumerate([*cases.CASES, None]):
        if names and (case is None or case[0] not in names):
            recorded.append(before[place])
            continue
        optimizer = wrapped if case is None else getattr(keras.optimizers, case[0])(**case[1])
        recorded.append(record(optimizer))
        recorded[-1]["config"].pop("name")
    text = ",\n".join(json.dumps(each) for each in recorded)
    path.write_text(f"[\n{text}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
