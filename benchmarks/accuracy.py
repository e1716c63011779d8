"""Test accuracy on full MNIST by epoch, batch 32, Adam: `python benchmarks/accuracy.py --data mnist.npz`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from blog_model import weights
from report import save, table

sys.path[:0] = [str(Path(__file__).resolve().parent / "workers"), str(Path(__file__).resolve().parent.parent)]

# Accuracy that is promised after so many epochs.
PROMISED = {1: 0.985, 5: 0.990}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="mnist.npz in Keras's form")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--images", type=int, default=60_000, help="of the training set")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    from planish_peer import Peer

    import planish

    planish.utils.set_random_seed(1)
    model = Peer(weights(), planish.get_num_threads()).model
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    with np.load(arguments.data) as data:
        x, y = data["x_train"][: arguments.images, ..., None] / 255, data["y_train"][: arguments.images]
        test = data["x_test"][..., None] / 255, data["y_test"]
    seen = []
    for _ in range(arguments.epochs):
        model.fit(x, y, batch_size=32, verbose=0)
        seen.append(float(model.evaluate(*test, verbose=0)[1]))
    print(table(["epoch", "test accuracy"], [[str(i), f"{value:.4f}"] for i, value in enumerate(seen, 1)]))
    save(arguments.json, accuracy=seen)
    missed = [epochs for epochs, least in PROMISED.items() if epochs <= len(seen) and max(seen[:epochs]) < least]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
