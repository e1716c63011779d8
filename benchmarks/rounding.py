"""How far predictions are from the exact ones, beside other libraries: `python benchmarks/rounding.py`.

The largest error of any score, as a share of the largest score; the exact scores are those of `reference.py`, in
float64. Exits with 1 if planish is farther from them than `tests/codegen/test_rounding.py` allows.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from nets import NETS, Net, images, weights
from peers import KINDS, PREDICTING, Process, able, add_arguments, start
from reference import reference
from report import machine_line, save, table

BOUND = 5e-6
PEERS = ["planish", "planish-exact", *(name for name in PREDICTING if name != "planish")]


def errors(net: Net, processes: list[Process], count: int) -> dict[str, float]:
    """Of the largest score, by library."""
    exact = reference(net, images(net, count)[0], weights(net))
    found = {}
    for process in able(processes, net, count):
        scores = np.array(process.ask("predictions", count=count, batch=count))
        found[process.name] = float(np.abs(scores - exact).max() / exact.max())
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser, PEERS)
    parser.add_argument("--models", nargs="+", choices=list(NETS), default=list(NETS))
    parser.add_argument("--images", type=int, default=3)
    arguments = parser.parse_args()
    processes = start(arguments, "predict")
    found = {name: errors(NETS[name], processes, arguments.images) for name in arguments.models}
    for process in processes:
        process.close()
    names = [name for name in KINDS if any(name in of_net for of_net in found.values())]
    rows = [
        [net, *(f"{of_net[name]:.1e}" if name in of_net else "-" for name in names)] for net, of_net in found.items()
    ]
    print(table(["", *names], rows))
    print(f"\nThe largest error as a share of the largest score; {arguments.images} images. {machine_line()}")
    save(arguments.json, errors=found)
    return int(any(of_net.get("planish", 0.0) >= BOUND for of_net in found.values()))


if __name__ == "__main__":
    sys.exit(main())
