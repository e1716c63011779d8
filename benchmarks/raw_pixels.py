"""Test accuracy on MNIST with pixels of 0 to 255, not divided: `python benchmarks/raw_pixels.py --data mnist.npz`.

The most common slip of beginners: the first softmax is saturated, and a model only learns if the loss is computed from
the logits. 6,000 images, two epochs, batch 32, Adam. Exits with 1 unless the median over the seeds is at least what the
worst seed of Keras on TensorFlow reached. `--library keras`, in an environment that has it, trains the same networks
with Keras.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
from report import machine_line, save, table

# Keras 3.15.1 on TensorFlow 2.21, ten seeds: the least and the most accuracy.
KERAS = {"conv": (0.917, 0.937), "mlp": (0.856, 0.887)}
NETS = tuple(KERAS)


def network(library: Any, name: str) -> Any:
    """With the library's own weights to start from."""
    layers = library.layers
    front = [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten()]
    hidden = [layers.Flatten(), layers.Dense(128, activation="relu")]
    last = layers.Dense(10, activation="softmax")
    model = library.Sequential([layers.Input((28, 28, 1)), *(front if name == "conv" else hidden), last])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def accuracy(library: Any, name: str, seed: int, data: Any, images: int, epochs: int) -> float:
    """Of the test set, after training on the first images."""
    library.utils.set_random_seed(seed)
    model = network(library, name)
    x, y = data["x_train"][:images, ..., None].astype(np.float32), data["y_train"][:images]
    model.fit(x, y, batch_size=32, epochs=epochs, verbose=0)
    return float(model.evaluate(data["x_test"][..., None].astype(np.float32), data["y_test"], verbose=0)[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="mnist.npz in Keras's form")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--images", type=int, default=6_000, help="of the training set")
    parser.add_argument("--library", default="planish", choices=["planish", "keras"])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    library = importlib.import_module(arguments.library)
    with np.load(arguments.data) as file:
        data = dict(file)
    found = {
        name: [accuracy(library, name, seed, data, arguments.images, arguments.epochs) for seed in arguments.seeds]
        for name in NETS
    }
    header = ["net", *(f"seed {seed}" for seed in arguments.seeds), "Keras on TensorFlow"]
    rows = [
        [name, *(f"{value:.3f}" for value in seen), " to ".join(f"{end:.3f}" for end in KERAS[name])]
        for name, seen in found.items()
    ]
    print(table(header, rows))
    missed = [name for name, seen in found.items() if statistics.median(seen) < KERAS[name][0]]
    print(f"\n{'Missed: ' + ', '.join(missed) if missed else 'All kept'}. {machine_line()}")
    save(arguments.json, raw_pixels=found)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
