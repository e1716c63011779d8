"""Memory over many calls, and the peak of predicting float64 images: `python benchmarks/memory.py`. Linux and macOS.

`python benchmarks/memory.py --models resnet50-224`: the peak of predicting with these nets, beside other libraries.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
from nets import BLOG, NETS, Net, images, weights
from peers import PREDICTING, Process, able, add_arguments, start
from report import save, table

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "benchmarks" / "workers"), str(ROOT)]
MEGABYTE = 2**20


def resident() -> float:
    """Megabytes that the process uses now; its peak where the system does not say."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / MEGABYTE
    return peak()


def peak() -> float:
    """The most megabytes that the process has used."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def growth(task: str, repeats: int, count: int) -> float:
    """Megabytes gained over `repeats` calls, after a tenth of them (at least one) for warming up."""
    from planish_peer import Peer

    model = Peer(BLOG, weights(BLOG)).model
    x, y = images(BLOG, count)
    if task == "predict":
        one = x[:1]

        def call() -> None:
            model.predict(one, verbose=0)
    else:

        def call() -> None:
            model.fit(x, y, batch_size=32, verbose=0)

    for _ in range(max(1, repeats // 10)):
        call()
    before = resident()
    for _ in range(repeats):
        call()
    return resident() - before


def float64_peak(count: int, warm: bool) -> float:
    """Megabytes that predicting adds to the peak, beside the images and the results.

    `warm`: one image was predicted before, so that compiling is not counted.
    """
    from planish_peer import Peer

    model = Peer(BLOG, weights(BLOG)).model
    x = np.random.default_rng(0).random((count, 28, 28, 1))
    if warm:
        model.predict(x[:1], verbose=0)
    before = peak()
    model.predict(x, verbose=0)
    return peak() - before - count * 10 * 4 / MEGABYTE


def measured(task: str, repeats: int, count: int) -> float:
    """In a process of its own, so that nothing else counts."""
    command = [sys.executable, __file__, "--inside", json.dumps([task, repeats, count])]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peaks(net: Net, processes: list[Process]) -> dict[str, tuple[float, float]]:
    """By library: megabytes that its imports took, and those that building the net and predicting with it added."""
    before = {process.name: process.ask("peak") / MEGABYTE for process in processes}
    found = {}
    for process in able(processes, net, net.batch):
        for batch in (1, net.batch):
            process.ask("seconds", task="predict", batch=batch, count=batch)
        found[process.name] = before[process.name], process.ask("peak") / MEGABYTE - before[process.name]
    return found


def compare(arguments: argparse.Namespace) -> None:
    """Each net in new processes: a peak never goes down."""
    found = {}
    for name in arguments.models:
        processes = start(arguments, "predict")
        found[name] = peaks(NETS[name], processes)
        for process in processes:
            process.close()
    names = list(dict.fromkeys(library for own in found.values() for library in own))
    told = [
        [name, *(f"{own[each][1]:,.0f} MB" if each in own else "-" for each in names)] for name, own in found.items()
    ]
    print(table(["one image, then a batch: the peak grows by", *names], told))
    save(arguments.json, megabytes=found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser, PREDICTING)
    parser.add_argument("--models", nargs="+", choices=list(NETS), help="compare libraries on these nets instead")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--fits", type=int, default=20)
    parser.add_argument("--images", type=int, default=60_000, help="of the float64 array")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        task, repeats, count = json.loads(arguments.inside)
        print(float64_peak(count, bool(repeats)) if task == "float64" else growth(task, repeats, count))
        return
    if arguments.models:
        compare(arguments)
        return
    found = {
        f"{arguments.calls:,} predict calls": measured("predict", arguments.calls, 1),
        f"{arguments.fits} fits": measured("fit", arguments.fits, 640),
        f"peak of predicting {arguments.images:,} float64 images": measured("float64", 1, arguments.images),
        "the same, with compiling": measured("float64", 0, arguments.images),
    }
    print(table(["", "grows by"], [[name, f"{value:.1f} MB"] for name, value in found.items()]))
    save(arguments.json, megabytes=found)


if __name__ == "__main__":
    main()
