"""Test accuracy on full MNIST by epoch, batch 32, Adam: `python benchmarks/accuracy.py --data mnist.npz`.

Exits with 1 unless every seed reaches 0.985 after one epoch and 0.990 within five. `--library keras`, in an environment
that has it, trains the same network with Keras, for comparison.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
from nets import BLOG, weights
from own import as_keras_has_it
from report import machine_line, save, table

# Accuracy that is promised after so many epochs.
PROMISED = {1: 0.985, 5: 0.990}


def accuracies(library: Any, seed: int, data: Any, count: int, epochs: int) -> list[float]:
    """Accuracy on the test set after each epoch, with different weights for each seed."""
    library.utils.set_random_seed(seed)
    model = library.Sequential.from_config(as_keras_has_it(library, BLOG, weights(BLOG)).get_config())
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = data["x_train"][:count, ..., None] / 255, data["y_train"][:count]
    test = data["x_test"][..., None] / 255, data["y_test"]
    seen = []
    for _ in range(epochs):
        model.fit(x, y, batch_size=32, verbose=0)
        seen.append(float(model.evaluate(*test, verbose=0)[1]))
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="mnist.npz in Keras's form")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--images", type=int, default=60_000, help="of the training set")
    parser.add_argument("--library", default="planish", choices=["planish", "keras"])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    library = importlib.import_module(arguments.library)
    with np.load(arguments.data) as data:
        found = {seed: accuracies(library, seed, data, arguments.images, arguments.epochs) for seed in arguments.seeds}
    header = ["seed", *(f"epoch {epoch}" for epoch in range(1, arguments.epochs + 1))]
    print(table(header, [[str(seed), *(f"{value:.4f}" for value in seen)] for seed, seen in found.items()]))
    missed = [
        f"{least} with seed {seed}"
        for seed, seen in found.items()
        for epochs, least in PROMISED.items()
        if epochs <= len(seen) and max(seen[:epochs]) < least
    ]
    print(f"\n{'Missed: ' + ', '.join(missed) if missed else 'All kept'}. {machine_line()}")
    save(arguments.json, accuracy=found)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
