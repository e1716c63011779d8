"""Writes what real Keras on TensorFlow makes of cross-entropies behind a softmax, a sigmoid and nothing to a JSON file.

Run by hand, where Keras and TensorFlow are installed: `KERAS_BACKEND=tensorflow python tests/losses/record_logits.py`.
For each case: the loss that `evaluate` tells, the loss that `fit` tells, and the kernel after one step of SGD.
"""

import itertools
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

PATH = Path(__file__).with_name("recorded_logits.json")

X = np.array([[1.0, 0.0], [0.5, -1.0], [0.0, 1.0], [0.25, 0.5], [-1.0, 1.0]], np.float32)
KERNELS = {
    "mild": np.array([[0.9, 0.1, -0.4], [0.2, 0.8, 0.3]], np.float32),
    "saturated": np.array([[40.0, -3.0, 2.0], [-7.0, 25.0, -60.0]], np.float32),
}
LABELS = np.array([2, 0, 1, 1, 0])
SHARES = np.array([[0, 0, 1], [0.7, 0.2, 0.1], [0, 1, 0], [0.25, 0.5, 0.25], [1, 0, 0]], np.float32)
ANSWERS = np.array([0, 1, 0, 1, 1])
SAMPLE_WEIGHTS = np.array([1.0, 0.5, 2.0, 0.0, 3.0], np.float32)
CLASS_WEIGHTS = {0: 2.0, 1: 0.5, 2: 3.0}
RATE = 0.5


class Case(NamedTuple):
    activation: str
    loss: str
    smoothing: float
    reduction: str
    weights: str
    kernel: str

    @property
    def units(self) -> int:
        return 1 if self.loss == "BinaryCrossentropy" and self.weights == "class" else 3

    @property
    def start(self) -> np.ndarray:
        return KERNELS[self.kernel][:, : self.units]

    @property
    def targets(self) -> np.ndarray:
        if self.loss == "SparseCategoricalCrossentropy":
            return LABELS
        return SHARES if self.units == 3 else ANSWERS[:, None]

    @property
    def loss_arguments(self) -> dict:
        smoothing = {} if self.loss == "SparseCategoricalCrossentropy" else {"label_smoothing": self.smoothing}
        return {"reduction": self.reduction, **smoothing}

    @property
    def sample_weights(self) -> dict:
        return {"sample_weight": SAMPLE_WEIGHTS} if self.weights == "sample" else {}

    @property
    def fit_weights(self) -> dict:
        return {"class_weight": CLASS_WEIGHTS} if self.weights == "class" else self.sample_weights

    def run(self, library, *, run_eagerly: bool = True) -> dict:
        """What `library` (Keras, or what is shaped like it) makes of the case."""
        first = library.layers.Dense(self.units, activation=self.activation, use_bias=False)
        model = library.Sequential([library.layers.Input((2,)), first])
        first.set_weights([self.start])
        loss = getattr(library.losses, self.loss)(**self.loss_arguments)
        model.compile(library.optimizers.SGD(RATE), loss, run_eagerly=run_eagerly)
        evaluated = model.evaluate(X, self.targets, verbose=0, **self.sample_weights)
        fitted = model.fit(X, self.targets, batch_size=len(X), verbose=0, **self.fit_weights)
        kernel = np.asarray(first.get_weights()[0])
        return {"evaluate": float(evaluated), "fit": float(fitted.history["loss"][0]), "kernel": kernel.tolist()}


def cases() -> list[Case]:
    kinds = [
        ("SparseCategoricalCrossentropy", 0.0),
        *itertools.product(("CategoricalCrossentropy", "BinaryCrossentropy"), (0.0, 0.1)),
    ]
    reductions = ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none")
    product = itertools.product(
        ("softmax", "sigmoid", "linear"), kinds, reductions, ("no", "sample", "class"), sorted(KERNELS)
    )
    return [Case(activation, *kind, *rest) for activation, kind, *rest in product]


def main() -> None:
    import keras

    PATH.write_text(json.dumps({"/".join(map(str, case)): case.run(keras) for case in cases()}, indent=0))


if __name__ == "__main__":
    main()
