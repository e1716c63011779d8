"""Time to the first prediction in fresh processes, and cold compiling: `python benchmarks/startup.py`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import comparison, save

ROOT = Path(__file__).resolve().parent.parent

_BUILD = """
import sys; sys.path[:0] = [{workers!r}, {benchmarks!r}]
from blog_model import weights
from planish_peer import Peer
"""
_SAVE = (
    _BUILD
    + """
model = Peer(weights(), 2).model
model.predict_on_batch(__import__("numpy").zeros((1, 28, 28, 1), "float32"))
model.save({file!r})
"""
)
_LOAD = """
import numpy, planish
model = planish.models.load_model({file!r})
assert model.predict_on_batch(numpy.zeros((1, 28, 28, 1), "float32")).shape == (1, 10)
"""
_COLD = (
    _BUILD
    + """
import time, numpy
model = Peer(weights(), 2).model
x = numpy.zeros((1, 28, 28, 1), "float32")
start = time.perf_counter()
model.predict_on_batch(x)
print(time.perf_counter() - start)
"""
)


def run(program: str, cache: str, names: dict[str, str]) -> tuple[float, str]:
    """Seconds of a whole process, and what it printed."""
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PLANISH_CACHE_DIR": cache, "PYTHONPATH": paths}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, as after an installation
    for name, value in names.items():
        program = program.replace("{" + name + "!r}", repr(value))
    start = time.perf_counter()
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return time.perf_counter() - start, done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    benchmarks = ROOT / "benchmarks"
    programs = {"planish: import, load, predict one": _LOAD, "import numpy, h5py": "import numpy, h5py"}
    times: dict[str, list[float]] = {name: [] for name in programs}
    cold = []
    with tempfile.TemporaryDirectory() as folder:
        names = {
            "file": str(Path(folder) / "blog.keras"),
            "workers": str(benchmarks / "workers"),
            "benchmarks": str(benchmarks),
        }
        warm = str(Path(folder) / "warm")
        run(_SAVE, warm, names)
        run(_LOAD, warm, names)
        for turn in range(arguments.rounds):
            for name, program in programs.items():
                times[name].append(run(program, warm, names)[0])
            cold.append(float(run(_COLD, str(Path(folder) / f"cold{turn}"), names)[1]))
    print(comparison("Fresh processes, warm cache", times, "ms", 1e3), end="\n\n")
    print(comparison("First prediction of the blog's model, nothing cached", {"planish, compiling": cold}, "ms", 1e3))
    save(arguments.json, startup=times, cold=cold)


if __name__ == "__main__":
    main()
