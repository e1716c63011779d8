"""Reading a file of 100 MB: `python benchmarks/reading_files.py [--megabytes 100] [--rounds 5]`.

Times `load_weights` of each format beside h5py reading the same arrays, in turns, and `load_model` of a `.h5` and a
`.keras` file; and what each takes of memory at its peak, beyond what is there before, in a process of its own. The
model's own arrays are one copy of the file.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from report import machine_line, save, table

import planish

_ROWS = 1024


def model_of(megabytes: int) -> Any:
    """A model with so many megabytes of weights, in four layers."""
    units = megabytes * (1 << 20) // 4 // 4 // _ROWS
    layers = [planish.layers.Dense(units if place % 2 == 0 else _ROWS, use_bias=False) for place in range(4)]
    return planish.Sequential([planish.Input((_ROWS,)), *layers])


def with_h5py(path: Path) -> None:
    """Reads every array of a file."""
    arrays = []

    def read(_name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            arrays.append(item[()])

    with h5py.File(path, "r") as file:
        file.visititems(read)


def readers(folder: Path, megabytes: int) -> dict[str, Callable[[], object]]:
    """What is timed, by name. Files are written if they are not there."""
    model = model_of(megabytes)
    paths = {ending: folder / f"model{ending}" for ending in (".weights.h5", ".h5", ".hdf5", ".keras")}
    if not paths[".keras"].exists():
        model.save_weights(paths[".weights.h5"])
        model.save_weights(paths[".hdf5"])
        model.save(paths[".h5"])
        model.save(paths[".keras"])
    return {
        "h5py": lambda: with_h5py(paths[".weights.h5"]),
        "load_weights .weights.h5": lambda: model.load_weights(paths[".weights.h5"]),
        "load_weights .hdf5": lambda: model.load_weights(paths[".hdf5"]),
        "load_weights .keras": lambda: model.load_weights(paths[".keras"]),
        "load_model .h5": lambda: planish.models.load_model(paths[".h5"]),
        "load_model .keras": lambda: planish.models.load_model(paths[".keras"]),
    }


def seconds(read: Callable[[], object]) -> float:
    start = time.perf_counter()
    read()
    return time.perf_counter() - start


def peak_megabytes(folder: Path, name: str, megabytes: int) -> float:
    """The memory that a reader adds at its peak, in a process of its own."""
    command = [sys.executable, __file__, "--only", name, "--folder", str(folder), "--megabytes", str(megabytes)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _peak_nbytes() -> int:
    """The most memory that this process has had so far."""
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) * 1024


def _added_at_the_peak(read: Callable[[], object]) -> float:
    before = _peak_nbytes()
    read()
    return (_peak_nbytes() - before) / (1 << 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(_added_at_the_peak(readers(arguments.folder, arguments.megabytes)[arguments.only]))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        timed = readers(folder, arguments.megabytes)
        rounds = [{name: seconds(read) for name, read in timed.items()} for _ in range(arguments.rounds)]
        rows = [row(folder, name, rounds, arguments.megabytes) for name in timed]
    print(table([f"{arguments.megabytes} MB", "milliseconds", "of h5py's time", "MB at the peak"], rows))
    print(f"\n{machine_line()}")
    save(arguments.json, rounds=rounds)


def row(folder: Path, name: str, rounds: list[dict[str, float]], megabytes: int) -> list[str]:
    took = float(np.median([each[name] for each in rounds]))
    share = float(np.median([each[name] / each["h5py"] for each in rounds]))
    return [name, f"{took * 1000:.0f}", f"{share:.2f}", f"{peak_megabytes(folder, name, megabytes):.0f}"]


if __name__ == "__main__":
    main()
