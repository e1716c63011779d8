"""One epoch of the blog's model, Adam, batch 32: `python benchmarks/fit.py --data mnist.npz`."""

from __future__ import annotations

import argparse

import numpy as np
from peers import Process, add_arguments, start
from report import Times, comparison, save


def check(processes: list[Process]) -> None:
    """Nothing is timed before two steps from the same weights lead everybody to the same predictions.

    Not to the last digit: PyTorch's Adam adds its epsilon after the bias correction, Keras's and planish's before.
    """
    answers = {process.name: np.array(process.ask("trained")) for process in processes}
    expected = np.median(list(answers.values()), axis=0)
    for name, answer in answers.items():
        apart = np.abs(answer - expected).max()
        if not apart < 1e-3:
            raise SystemExit(f"{name} trains differently: {apart:.3g} from the others after two steps")


def measure(processes: list[Process], count: int, batch: int, rounds: int) -> Times:
    """Seconds for an epoch, in turns; the first of each is for warming up, on as many images."""
    for process in processes:
        process.ask("load", count=count)
    times: Times = {}
    for turn in range(rounds + 1):
        for process in processes:
            seconds = process.ask("seconds", task="fit", batch=batch)
            if turn:
                times.setdefault(process.name, []).append(seconds)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--batch-size", type=int, default=32)
    arguments = parser.parse_args()
    arguments.only = [name for name in arguments.only if name not in ("onnxruntime", "openvino")]  # these do not train
    processes = start(arguments, "fit")
    check(processes)
    times = measure(processes, arguments.images, arguments.batch_size, arguments.rounds)
    for process in processes:
        process.close()
    title = f"One epoch of {arguments.images:,} images, batch {arguments.batch_size}, {arguments.threads} threads"
    print(comparison(title, times, "s", 1))
    save(arguments.json, images=arguments.images, batch=arguments.batch_size, threads=arguments.threads, fit=times)


if __name__ == "__main__":
    main()
