"""An epoch with more threads than processors, and beside a busy process: `python benchmarks/degradation.py`.

Exits with 1 if 4 threads on 2 processors take more than 1.5 times as long as 2, or a busy process makes it more than
2.5 times.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from pathlib import Path

from nets import BLOG, NETS, images
from own import busy_processes, epoch_seconds, model_of
from report import machine_line, save, table

# Threads for each processor, busy processes, and how many times the undisturbed time it may take.
CASES = {
    "a thread for each processor": (1, 0, 1.0),
    "two threads for each processor": (2, 0, 1.5),
    "beside a busy process": (1, 1, 2.5),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=list(NETS), default=[BLOG.name, "mlp"])
    parser.add_argument("--images", type=int, help="of an epoch (default: see nets.py)")
    parser.add_argument("--processors", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.processors])
    found = {name: _times(name, arguments) for name in arguments.models}
    rows, missed = [], []
    for name, times in found.items():
        medians = {case: statistics.median(values) for case, values in times.items()}
        for case, seconds in medians.items():
            ratio, most = seconds / medians["a thread for each processor"], CASES[case][2]
            rows.append([name, case, f"{seconds:.3f} s", f"{ratio:.2f}", f"{most:.1f}"])
            missed += [f"{name} {case}"] if ratio > most else []
    print(table(["net", "", "an epoch", "times as long", "at most"], rows))
    print(f"\n{'Missed: ' + ', '.join(missed) if missed else 'All kept'}. {machine_line()}")
    save(arguments.json, seconds=found, processors=arguments.processors)
    return 1 if missed else 0


def _times(name: str, arguments: argparse.Namespace) -> dict[str, list[float]]:
    """Seconds of the cases, measured in turns, after one epoch for warming up."""
    import planish

    net = NETS[name]
    model = model_of(net)
    x, y = images(net, arguments.images or net.images)
    model.fit(x, y, verbose=0)
    times: dict[str, list[float]] = {case: [] for case in CASES}
    for _ in range(arguments.rounds):
        for case, (threads, busy, _) in CASES.items():
            planish.set_num_threads(threads * arguments.processors)
            with busy_processes(busy):
                times[case].append(epoch_seconds(model, x, y, 32))
    return times


if __name__ == "__main__":
    sys.exit(main())
