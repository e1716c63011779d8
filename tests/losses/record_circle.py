"""Records a training with circle loss, and its values beside references, from Keras: needs real Keras on TensorFlow.

KERAS_BACKEND=tensorflow python tests/losses/record_circle.py
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


def trained(reduction, weighted):
    """A last batch of another size, and one in which nobody has a pair."""
    model = keras.Sequential(
        [keras.Input((11,)), keras.layers.Dense(5, activation="tanh"), keras.layers.UnitNormalization()]
    )
    model.set_weights([cases.CIRCLE_KERNEL, np.zeros(5)])
    loss = keras.losses.Circle(gamma=6.0, margin=0.2, reduction=reduction)
    model.compile(keras.optimizers.SGD(0.01), loss)
    weights = np.linspace(0.5, 2.0, len(cases.MANY)) if weighted else None
    history = model.fit(
        cases.MANY, cases.MANY_PEOPLE, batch_size=8, epochs=3, sample_weight=weights, shuffle=False, verbose=0
    )
    return {"loss": rounded(history.history["loss"]), "kernel": rounded(model.get_weights()[0])}


if __name__ == "__main__":
    recorded = {
        f"{reduction} {'weighted' if weighted else 'plain'}": trained(reduction, weighted)
        for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight")
        for weighted in (False, True)
    }
    few = keras.losses.circle(
        cases.PEOPLE[:3], cases.DIRECTIONS[:3], cases.PEOPLE[2:], cases.DIRECTIONS[2:], gamma=5.0, margin=0.3
    )
    recorded["references"] = rounded(few)
    path = Path(__file__).parent / "recorded_circle.json"
    path.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
