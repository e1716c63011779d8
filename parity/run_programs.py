"""Runs programs of parity/programs one after the other: `python run_programs.py FOLDER SCALE SEEDS NAME ...`.

A line of JSON for each: its name and its answers, one a seed; or what went wrong. It needs what the programs need.
"""

from __future__ import annotations

import contextlib
import json
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any


def answers(path: Path, seeds: int, scale: float) -> dict[str, Any]:
    try:
        with contextlib.redirect_stdout(sys.stderr):  # some show what they read
            main = runpy.run_path(str(path))["main"]
            return {"name": path.stem, "answers": [main(seed, scale) for seed in range(seeds)]}
    except Exception:  # the other programs run all the same
        return {"name": path.stem, "error": traceback.format_exc()}


def main(folder: str, scale: str, seeds: str, *names: str) -> None:
    for name in names:
        print(json.dumps(answers(Path(folder) / f"{name}.py", int(seeds), float(scale))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
