"""`predict_on_batch` of one image from many Python threads at once: `python benchmarks/callers.py`.

All threads call the same model. Results are compared with those of a single thread first. The first row of a net is one
Python thread, and a single thread of planish's: what one core does.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from nets import NETS, images
from own import model_of
from report import machine_line, save, table

import planish

ONE_CORE = 0  # stands for one caller that has a single core


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=list(NETS), default=["blog", "vgg", "resnet20"])
    parser.add_argument("--callers", nargs="+", type=int, default=[1, 2, 16])
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found: dict[str, dict[int, list[float]]] = {}
    for name in arguments.models:
        net = NETS[name]
        model, (x, _) = model_of(net), images(net, 1)
        found[name] = {count: [] for count in (ONE_CORE, *arguments.callers)}
        expected = model.predict_on_batch(x)
        for _ in range(arguments.rounds):
            for count, rates in found[name].items():
                planish.set_num_threads(1 if count == ONE_CORE else None)
                rates.append(_images_per_second(model, x, expected, max(count, 1), arguments.seconds))
    rows = []
    for name, measured in found.items():
        medians = {count: statistics.median(rates) for count, rates in measured.items()}
        first = medians[ONE_CORE]
        rows += [
            [name, str(count) if count else "1, one core", f"{rate:,.0f}", f"{rate / first:.2f}"]
            for count, rate in medians.items()
        ]
    print(table(["net", "Python threads", "images a second", "times the first row"], rows))
    print(f"\n{machine_line()}")
    save(arguments.json, rates=found)
    return 0


def _images_per_second(model: Any, x: np.ndarray, expected: np.ndarray, callers: int, seconds: float) -> float:
    """RuntimeError if a caller gets anything else than `expected`."""
    ends: list[float] = []
    begin, counts = threading.Barrier(callers, lambda: ends.append(time.perf_counter() + seconds)), []

    def call() -> None:
        begin.wait()
        y, count, (end,) = expected, 0, ends
        while time.perf_counter() < end:
            y = model.predict_on_batch(x)
            count += 1
        if np.array_equal(y, expected):
            counts.append(count)

    threads = [threading.Thread(target=call) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(counts) < callers:
        raise RuntimeError(f"{callers - len(counts)} of {callers} callers got other numbers")
    return sum(counts) / seconds


if __name__ == "__main__":
    sys.exit(main())
