"""Many images through nets, a few, and one at a time: `python benchmarks/predict.py --data mnist.npz`.

The blog's net on 60,000 images, unless `--models` and `--images` say otherwise.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import asdict, dataclass, field

import numpy as np
from nets import BLOG, NETS, Net, images, weights
from peers import PREDICTING, Process, able, add_arguments, start
from reference import reference
from report import Times, best_peer, comparison, machine_line, save, table

# A library that is also measured with smaller batches than the net's; Keras's default is 32.
ALSO = {"keras-jax": 32, "keras-tf": 32}
CHECKED, CHECKED_PIXELS = 16, 2 * 224 * 224  # images, and fewer large ones
APART = 1e-5
MOST_SECONDS = 3.0  # of single images in a round
FEW, FEW_SECONDS = 16, 0.2  # images of a small batch, and how long a round repeats it


@dataclass
class Cell:
    """One net: seconds for all images, for a small batch, and for a single one."""

    net: str
    images: int
    many: Times = field(default_factory=dict)
    few: Times = field(default_factory=dict)
    one: Times = field(default_factory=dict)


def check(net: Net, processes: list[Process], arguments: argparse.Namespace) -> None:
    """Nothing is timed before all give the right probabilities."""
    count = min(CHECKED, CHECKED_PIXELS // (net.shape[0] * net.shape[1]))
    x, _ = images(net, max(count, 64) if net.images >= 64 else net.images, arguments.data)
    expected = reference(net, x[:count], weights(net))
    for process in processes:
        apart = np.abs(np.array(process.ask("predictions", count=count, batch=count)) - expected).max()
        if not apart < APART:
            raise SystemExit(f"{net.name}: {process.name} is wrong: {apart:.3g} from the reference")


def many(net: Net, processes: list[Process], rounds: int) -> Times:
    """Seconds for all images; one run of each for warming up, then in turns."""
    cases = [
        (process, batch)
        for process in processes
        for batch in sorted({net.batch, min(net.batch, ALSO.get(process.name, net.batch))})
    ]
    times: Times = {}
    for turn in range(rounds + 1):
        for process, batch in cases:
            seconds = process.ask("seconds", task="predict", batch=batch)
            if turn:
                name = process.name if process.name == "planish" else f"{process.name}, batch {batch}"
                times.setdefault(name, []).append(seconds)
    return times


def few(processes: list[Process], rounds: int) -> Times:
    """Seconds for a batch of `FEW` images, the mean of many calls, in turns."""
    times: Times = {}
    for turn in range(rounds + 1):
        for process in processes:
            seconds = process.ask("seconds", task="predict", batch=FEW, count=FEW, at_least=FEW_SECONDS)
            if turn:
                times.setdefault(process.name, []).append(seconds)
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
                count = max(1, calls // 20) if slow else calls
                seconds = process.ask("latency", task=task, count=count, most_seconds=MOST_SECONDS)
                if turn:
                    label = f"{process.name} {told}" if "one_call" in process.abilities else process.name
                    times.setdefault(label, []).append(seconds)
    return times


def overview(cells: list[Cell]) -> str:
    """A line for each net and kind of call: planish beside the best of the others."""
    rows = []
    for cell in cells:
        rows.append(_line(f"{cell.net}, {cell.images:,} images", cell.many, "ms", 1e3))
        if cell.few:
            rows.append(_line(f"{cell.net}, a batch of {FEW}", cell.few, "µs", 1e6))
        rows.append(_line(f"{cell.net}, one image", cell.one, "µs", 1e6))
    return table(["", "planish", "best of the others", "planish's time as a share"], rows)


def _line(title: str, times: Times, unit: str, scale: float) -> list[str]:
    medians = [statistics.median(values) for name, values in times.items() if name.startswith("planish")]
    name, best = best_peer(times)
    own = min(medians, default=None)
    return [
        title,
        f"{own * scale:,.4g} {unit}" if own else "-",
        f"{best * scale:,.4g} {unit} ({name})" if best else "-",
        f"{own / best:.3f}" if own and best else "-",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser, PREDICTING)
    parser.add_argument("--models", nargs="+", choices=list(NETS), default=[BLOG.name])
    parser.add_argument("--images", type=int, help="60,000 for the blog's net; for others see nets.py")
    parser.add_argument("--calls", type=int, default=2000, help="of one image, in each round")
    arguments = parser.parse_args()
    processes, cells = start(arguments, "predict"), []
    for net in (NETS[name] for name in arguments.models):
        cell = Cell(net.name, arguments.images or (60_000 if net == BLOG else net.images))
        processes = able(processes, net, cell.images)
        check(net, processes, arguments)
        cell.many = many(net, processes, arguments.rounds)
        if cell.images > FEW:
            cell.few = few(processes, arguments.rounds)
        cell.one = one(processes, arguments.calls, arguments.rounds)
        cells.append(cell)
        told = f"{arguments.threads} threads"
        print(comparison(f"### {net.name}: {cell.images:,} images, {told}", cell.many, "ms", 1e3), end="\n\n")
        if cell.few:
            print(comparison(f"### {net.name}: a batch of {FEW}, {told}", cell.few, "µs", 1e6), end="\n\n")
        print(comparison(f"### {net.name}: one image, {told}", cell.one, "µs", 1e6), end="\n\n", flush=True)
    for process in processes:
        process.close()
    print(f"### All\n\n{overview(cells)}\n\n{machine_line()}; {arguments.threads} threads, medians.")
    save(arguments.json, threads=arguments.threads, cells=[asdict(cell) for cell in cells])


if __name__ == "__main__":
    main()
