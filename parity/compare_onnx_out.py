"""Exported models in ONNX Runtime: `python parity/compare_onnx_out.py [--models 100] [--only WORD]`.

planish exports random functional models, each layer with all of its options, the operations of `keras.ops`, and the
nets of `planish.applications` for small images; ONNX's checker passes each file, and ONNX Runtime, in an environment of
its own, runs it for 1 and 3 images. What differs by more than 1e-5 of the largest number is printed, and the exit
status is 1.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from compare import ROOT
from peers import interpreter

sys.path.insert(0, str(ROOT))

from onnx_cases import BATCHES, Exported, cases

APART = 1e-5
AT_ONCE = 100
VERSIONS = (13, 18, 21)
"""Of ONNX's operators, which take turns."""


def prepared(number: int, make: Callable[[], Exported], folder: Path) -> str:
    """Writes the file, its inputs, and what is expected of it. What went wrong, or nothing."""
    try:
        case = make()
        case.write(str(folder / f"{number}.onnx"), VERSIONS[number % len(VERSIONS)])
        for count in BATCHES:
            given = case.inputs(count)
            np.savez(folder / f"{number}-{count}.npz", **{f"x{i}": each for i, each in enumerate(given)})
            np.savez(folder / f"{number}-{count}-expected.npz", *case.expected(given))
    except Exception as error:
        return f"planish: {type(error).__name__}: {error}"
    return ""


def judged(number: int, folder: Path) -> tuple[str, float]:
    """What differs, or nothing; and by how much, as a share of what may differ."""
    error = folder / f"{number}-error.txt"
    if error.exists():
        return f"ONNX Runtime: {error.read_text(encoding='utf-8')}", np.inf
    worst = 0.0
    for count in BATCHES:
        with (
            np.load(folder / f"{number}-{count}-expected.npz") as expected,
            np.load(folder / f"{number}-{count}-given.npz") as given,
        ):
            pairs = [(given[f"y{i}"], expected[f"arr_{i}"]) for i in range(len(expected.files))]
        worst = max([worst, *(apart(*pair) / APART for pair in pairs)])
    return ("" if worst <= 1 else f"{worst:.3g} times the allowed difference"), worst


def apart(given: np.ndarray, expected: np.ndarray) -> float:
    """As a share of the largest number; infinity for other shapes, and where only one is not a number."""
    if given.shape != expected.shape or not (np.isnan(given) == np.isnan(expected)).all():
        return np.inf
    with np.errstate(invalid="ignore"):
        difference = np.where((given == expected) | np.isnan(given), 0.0, np.abs(given.astype(float) - expected))
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=1e-9)
    return float(difference.max(initial=0) / scale)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=100, help="random functional models")
    parser.add_argument("--only", default="", help="cases whose names have this word")
    wanted = parser.parse_args()
    chosen = [case for case in cases(wanted.models) if wanted.only in case[0]]
    python = os.environ.get("PARITY_PYTHON") or interpreter("onnxruntime")
    differing, worst = 0, 0.0
    for start in range(0, len(chosen), AT_ONCE):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            failed = {i: prepared(i, make, folder) for i, (_, make) in enumerate(chosen[start : start + AT_ONCE])}
            subprocess.run([python, str(ROOT / "parity" / "onnx_side.py"), name], check=True)
            for i, said in failed.items():
                found, share = (said, np.inf) if said else judged(i, folder)
                differing += bool(found)
                worst = max(worst, share)
                if found:
                    print(f"{chosen[start + i][0]}: {found}", flush=True)
    print(f"{len(chosen) - differing} of {len(chosen)} files agree; at most {worst:.2g} of the allowed difference")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
