"""Predictions with depthwise convolutions computed band by band with those beside them, and without, in turns:
`python benchmarks/bands.py`.

Exits with 1 if the bits differ.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from nets import NETS, images
from own import model_of
from report import machine_line, save, table

MODELS = ["mobilenetv2-96", "mobilenetv2-224", "efficientnetb0-224"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", choices=list(NETS), default=MODELS)
    parser.add_argument("--images", nargs="+", type=int, default=[1, 8])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    os.environ["PLANISH_CACHE_DIR"] = "off"
    rows, found, differ = [], {}, []
    for name in arguments.models:
        whole, bands = _model(name, bands=False), _model(name, bands=True)
        for count in arguments.images:
            x, _ = images(NETS[name], count)
            if not np.array_equal(whole.predict_on_batch(x), bands.predict_on_batch(x)):
                differ.append(name)
            for threads in arguments.threads:
                times = _in_turns((whole, bands), x, threads, arguments.rounds)
                found[f"{name}, {count}, {threads}"] = times
                first, second = (statistics.median(each) * 1e3 / count for each in times)
                ratio = statistics.median(b / a for a, b in zip(*times, strict=True))
                rows.append([name, str(count), str(threads), f"{first:.2f} ms", f"{second:.2f} ms", f"{ratio:.3f}"])
    print(table(["net", "images", "threads", "whole maps", "bands", "as a share, in turns"], rows))
    print(f"\n{'The bits differ: ' + ', '.join(differ) if differ else 'All the same bits'}. {machine_line()}")
    save(arguments.json, seconds=found)
    return 1 if differ else 0


def _model(name: str, *, bands: bool) -> Any:
    """With its program made, and found by no other model."""
    from planish.codegen.planning import cascades
    from planish.runtime import programs

    fewest = cascades.FEWEST_NBYTES
    cascades.FEWEST_NBYTES = fewest if bands else sys.maxsize
    programs._COMPILED.clear()
    model = model_of(NETS[name])
    model.predict_on_batch(images(NETS[name], 1)[0])
    cascades.FEWEST_NBYTES = fewest
    return model


def _in_turns(models: tuple[Any, Any], x: np.ndarray, threads: int, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of the fastest of three calls of each, in every round."""
    import planish

    planish.set_num_threads(threads)
    times: tuple[list[float], list[float]] = [], []
    for number in range(rounds):
        for place in (0, 1) if number % 2 else (1, 0):
            times[place].append(min(_seconds(models[place], x) for _ in range(3)))
    return times


def _seconds(model: Any, x: np.ndarray) -> float:
    start = time.perf_counter()
    model.predict_on_batch(x)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
