"""60,000 images through the blog's model, and one at a time: `python benchmarks/predict.py --data mnist.npz`."""

from __future__ import annotations

import argparse

import numpy as np
from nets import BLOG, images, reference, weights
from peers import PREDICTING, Process, add_arguments, start
from report import Times, comparison, save

# The batch sizes that each library is measured with; Keras's default is 32.
BATCHES = {"keras-jax": [32, 256], "keras-tf": [32, 256]}
BATCH = 256


def check(processes: list[Process], arguments: argparse.Namespace) -> None:
    """Nothing is timed before all give the right probabilities."""
    x, _ = images(BLOG, 64, arguments.data)
    expected = reference(x[:16], weights(BLOG))
    for process in processes:
        process.ask("choose", net=BLOG.name, count=64)
        apart = np.abs(np.array(process.ask("predictions", count=16, batch=16)) - expected).max()
        if not apart < 1e-5:
            raise SystemExit(f"{process.name} is wrong: {apart:.3g} from the reference")


def many(processes: list[Process], count: int, rounds: int) -> Times:
    """Seconds for all images; one run of each for warming up, then in turns."""
    cases = [(process, batch) for process in processes for batch in BATCHES.get(process.name, [BATCH])]
    for process in processes:
        process.ask("choose", net=BLOG.name, count=count)
    times: Times = {}
    for turn in range(rounds + 1):
        for process, batch in cases:
            seconds = process.ask("seconds", task="predict", batch=batch)
            if turn:
                name = process.name if process.name == "planish" else f"{process.name}, batch {batch}"
                times.setdefault(name, []).append(seconds)
    return times


def one(processes: list[Process], calls: int, rounds: int) -> Times:
    """Seconds for a single image, by way of calling."""
    times: Times = {}
    for turn in range(rounds + 1):
        for process in processes:
            for task, told in (("one", "predict_on_batch"), ("one_call", "predict(verbose=0)")):
                if task not in process.abilities:
                    continue
                slow = process.name.startswith("keras")
                seconds = process.ask("latency", task=task, count=max(1, calls // 20) if slow else calls)
                if turn:
                    label = f"{process.name} {told}" if "one_call" in process.abilities else process.name
                    times.setdefault(label, []).append(seconds)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser, PREDICTING)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--calls", type=int, default=2000, help="of one image, in each round")
    arguments = parser.parse_args()
    processes = start(arguments, "predict")
    check(processes, arguments)
    all_images = many(processes, arguments.images, arguments.rounds)
    single = one(processes, arguments.calls, arguments.rounds)
    for process in processes:
        process.close()
    print(comparison(f"{arguments.images:,} images, {arguments.threads} threads", all_images, "ms", 1e3), end="\n\n")
    print(comparison(f"One image, {arguments.threads} threads", single, "µs", 1e6))
    save(arguments.json, images=arguments.images, threads=arguments.threads, many=all_images, one=single)


if __name__ == "__main__":
    main()
