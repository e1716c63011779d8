"""Programs in the style of books and courses on both sides: `python parity/compare_programs.py [NAME ...] [--seeds 3]`.

Those in parity/programs are written for planish; for Keras, `planish` in their imports is replaced, and nothing else.
Each runs once a seed; all of a side in one process. Histories have the same keys, what follows from the program
(classes, weights, files) is equal, and final numbers are within the spread over the seeds. Keras's interpreter is that
of the environment variable PARITY_PROGRAMS_PYTHON (with scikit-learn, SciPy, Pillow and TensorBoard besides), or of a
virtual environment that is made in .venvs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from peers import interpreter  # noqa: E402

PROGRAMS = ROOT / "parity" / "programs"
ALLOWANCE = 0.03
"""How far apart the ranges of a number over the seeds may be, besides their widths: of it, or of 1."""

Answers = dict[str, Any]


def for_keras(text: str) -> str:
    """The program with its imports changed."""
    text = re.sub(r"^import planish as keras$", "from tensorflow import keras", text, flags=re.MULTILINE)
    text = re.sub(r"^from planish import (.*)$", r"from keras import \1", text, flags=re.MULTILINE)
    return re.sub(r"^from planish\.(.*)$", r"from tensorflow.keras.\1", text, flags=re.MULTILINE)


def started(python: str, folder: Path, names: list[str], seeds: int, scale: float) -> subprocess.Popen[str]:
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "KERAS_BACKEND": "tensorflow", "PYTHONPATH": str(ROOT)}
    command = [python, str(ROOT / "parity" / "run_programs.py"), str(folder), str(scale), str(seeds), *names]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def compared(names: list[str], seeds: int, scale: float) -> Iterator[tuple[Answers, Answers]]:
    """What each program gave on both sides, which run side by side."""
    keras = os.environ.get("PARITY_PROGRAMS_PYTHON") or interpreter("keras-programs")
    with tempfile.TemporaryDirectory() as temporary:
        changed = Path(temporary)
        for name in names:
            text = (PROGRAMS / f"{name}.py").read_text(encoding="utf-8")
            (changed / f"{name}.py").write_text(for_keras(text), encoding="utf-8")
        sides = [started(*side, names, seeds, scale) for side in ((sys.executable, PROGRAMS), (keras, changed))]
        for ours, theirs in zip(*(side.stdout or () for side in sides), strict=True):
            yield json.loads(ours), json.loads(theirs)


def differences(ours: Answers, theirs: Answers) -> Iterator[str]:
    for side, told in (("planish", ours), ("Keras", theirs)):
        if "error" in told:
            yield f"{side} fails: {told['error']}"
    if "error" not in ours and "error" not in theirs:
        yield from different_numbers(ours["answers"], theirs["answers"])


def different_numbers(ours: list[Answers], theirs: list[Answers]) -> Iterator[str]:
    one, other = ours[0], theirs[0]
    if list(one["history"]) != list(other["history"]):
        yield f"keys of History: {list(one['history'])}, Keras {list(other['history'])}"
    if one["exact"] != other["exact"]:
        yield f"{one['exact']}, Keras {other['exact']}"
    for key in one["final"].keys() ^ other["final"].keys():
        yield f"only one side has {key}"
    for key in one["final"].keys() & other["final"].keys():
        own, others = ([answer["final"][key] for answer in side] for side in (ours, theirs))
        if gap(own, others) > 0:
            yield f"{key}: {shown(own)}, Keras {shown(others)}"


def gap(ours: list[float], theirs: list[float]) -> float:
    """How far apart two ranges are, beyond their widths and the allowance; at most 0 if they are near enough."""
    width = max(max(side) - min(side) for side in (ours, theirs))
    apart = max(min(ours) - max(theirs), min(theirs) - max(ours))
    return apart - width - ALLOWANCE * max(1.0, abs(min(theirs)))


def finals(ours: Answers, theirs: Answers) -> Iterator[str]:
    sides = [side.get("answers", []) for side in (ours, theirs)]
    for key in sides[0][0]["final"] if all(sides) else ():
        own, others = ([answer["final"].get(key, float("nan")) for answer in side] for side in sides)
        yield f"{key}: {shown(own)}, Keras {shown(others)}"


def shown(numbers: list[float]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:.3g} to {high:.3g}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="all without names")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="of data and epochs")
    arguments = parser.parse_args()
    names = arguments.names or sorted(path.stem for path in PROGRAMS.glob("*.py"))
    differing = 0
    for ours, theirs in compared(names, arguments.seeds, arguments.scale):
        found = list(differences(ours, theirs))
        differing += bool(found)
        print(f"{ours['name']}: {'; '.join(found) or 'agrees'}", flush=True)
        print("".join(f"  {line}\n" for line in finals(ours, theirs)), end="", flush=True)
    print(f"{len(names) - differing} of {len(names)} programs agree")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
