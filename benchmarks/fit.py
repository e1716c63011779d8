"""An epoch of several nets, planish beside other libraries: `python benchmarks/fit.py --data mnist.npz`.

For every net, all libraries have to train alike before anything is timed. Times are medians, measured in turns. With
the default numbers of images a run of all nets takes about twenty minutes on two processors; `--images 60000 --models
blog` measures a whole epoch of MNIST.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from nets import NETS, TRAINED, Net, trainable, weights
from peers import TRAINING, Process, able, add_arguments, start
from report import Times, best_peer, comparison, machine_line, save, table

# What a step of SGD changes, and the losses of some steps, relative to their size. Rounding alone is some 1e-6. But
# where two values of a pooling window are the same but for rounding, it is up to a library which one is the maximum,
# and that moves gradients by some 1e-2. So there are several draws of images: all have to agree on at least one.
CHANGES_APART, LOSSES_APART, DRAWS = 1e-3, 1e-2, 6
DEEP = 40
LEAST_SECONDS = 0.5  # shorter epochs are repeated
MEASURED_STEPS = 8  # at least, for libraries too slow for an epoch


@dataclass
class Cell:
    """One net at one batch size."""

    net: str
    batch: int
    images: int
    times: Times = field(default_factory=dict)
    measured: dict[str, int] = field(default_factory=dict)  # images that were measured, where not all

    def fewer(self) -> str:
        """Says which libraries were measured on fewer images."""
        slow = [f"{name} on {count:,}" for name, count in self.measured.items() if count < self.images]
        return f"\n\nScaled from fewer images: {', '.join(slow)}." if slow else ""


def check(net: Net, processes: list[Process], folder: str) -> float:
    """Makes sure that all train alike; gives how far apart they are. SystemExit names a library that does not.

    Rounding grows from layer to layer, so a net of more than DEEP arrays of weights may be as much farther apart.
    With Adam, losses only: PyTorch's adds its epsilon after the bias correction, Keras's and planish's before.
    """
    apart = dict.fromkeys((process.name for process in processes), float("inf"))
    first = [value for value, used in zip(weights(net), trainable(net), strict=True) if used]
    for draw in range(DRAWS):
        losses, changes = {}, {}
        for process in processes:
            file = str(Path(folder) / f"{process.name}.npz")
            losses[process.name] = [np.concatenate([*process.ask("trained", file=file, draw=draw).values()])]
            with np.load(file) as arrays:
                last = [arrays[name] for name, used in zip(arrays.files, trainable(net), strict=True) if used]
            changes[process.name] = [after - before for after, before in zip(last, first, strict=True)]
        for name, best in apart.items():
            ratio = max(_apart(losses, name) / LOSSES_APART, _apart(changes, name) / CHANGES_APART)
            apart[name] = min(best, ratio * CHANGES_APART)
        if all(value < CHANGES_APART * max(1.0, len(first) / DEEP) for value in apart.values()):
            return max(apart.values())
    worst = max(apart, key=apart.__getitem__)
    raise SystemExit(f"{net.name}: {worst} trains differently, {apart[worst]:.3g} from the others")


def _apart(found: dict[str, list[np.ndarray]], name: str) -> float:
    """The largest distance of an array from the median of all, relative to its size.

    Arrays that are as good as zero beside the others, such as a bias's gradient in front of batch normalization, are
    compared on the scale of the others.
    """
    middles = [np.median(arrays, axis=0) for arrays in zip(*found.values(), strict=True)]
    scale = np.linalg.norm(np.concatenate([middle.ravel() for middle in middles]))
    return max(
        float(np.linalg.norm(values - middle) / max(np.linalg.norm(middle), 1e-2 * scale))
        for values, middle in zip(found[name], middles, strict=True)
    )


def measure(cell: Cell, processes: list[Process], rounds: int, most_seconds: float) -> None:
    """Seconds for an epoch, measured in turns, with everything compiled before.

    A library that would take longer than `most_seconds` gets fewer images, and its time is scaled up.
    """
    for process in processes:
        seconds = process.ask("warm_up", batch=cell.batch)
        steps = max(MEASURED_STEPS, int(most_seconds / seconds / cell.batch))
        cell.measured[process.name] = min(cell.images, steps * cell.batch)
    for _ in range(rounds):
        for process in processes:
            count = cell.measured[process.name]
            seconds = process.ask("seconds", task="fit", batch=cell.batch, count=count, at_least=LEAST_SECONDS)
            cell.times.setdefault(process.name, []).append(seconds * cell.images / count)


def overview(cells: list[Cell]) -> str:
    """A line for each cell: planish beside the best of the others."""
    rows = []
    for cell in cells:
        own = statistics.median(cell.times["planish"]) if "planish" in cell.times else None
        name, best = best_peer(cell.times)
        rows.append([
            f"{cell.net}, batch {cell.batch}",
            f"{cell.images:,}",
            f"{own:.4g} s" if own else "-",
            f"{best:.4g} s ({name})" if best else "-",
            f"{own / best:.3f}" if own and best else "-",
        ])  # fmt: skip
    return table(["", "images", "planish", "best of the others", "planish's time as a share"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser, TRAINING)
    parser.add_argument("--models", nargs="+", choices=list(NETS), default=TRAINED)
    parser.add_argument("--batches", nargs="+", type=int, default=[32, 128])
    parser.add_argument("--images", type=int, help="of an epoch of every net (default: see nets.py)")
    parser.add_argument(
        "--most-seconds", type=float, default=4, help="libraries that take longer get fewer images (%(default)s)"
    )
    parser.add_argument("--picture", type=Path, help="where a picture goes (SVG)")
    arguments = parser.parse_args()
    processes, cells, apart = start(arguments, "fit"), [], {}
    for net in (NETS[name] for name in arguments.models):
        images = arguments.images or net.images
        processes = able(processes, net, images)
        with tempfile.TemporaryDirectory() as folder:
            apart[net.name] = check(net, processes, folder)
        for batch in arguments.batches:
            cell = Cell(net.name, batch, images)
            measure(cell, processes, arguments.rounds, arguments.most_seconds)
            cells.append(cell)
            title = f"### {net.name}, batch {batch}: an epoch of {images:,} images, {arguments.threads} threads"
            print(comparison(title, cell.times, "s", 1) + cell.fewer(), end="\n\n", flush=True)
    for process in processes:
        process.close()
    print(f"### All\n\n{overview(cells)}\n\n{machine_line()}; {arguments.threads} threads, medians.")
    print("\nTrained apart, relative: " + ", ".join(f"{name} {far:.1g}" for name, far in apart.items()))
    save(arguments.json, threads=arguments.threads, apart=apart, cells=[asdict(cell) for cell in cells])
    if arguments.picture:
        from picture import training_picture

        arguments.picture.write_text(training_picture([asdict(cell) for cell in cells]), encoding="utf-8")


if __name__ == "__main__":
    main()
