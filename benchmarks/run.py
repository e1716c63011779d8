"""Everything into a folder: `python benchmarks/run.py OUT [--data mnist.npz] [--peer NAME=PYTHON]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMPARED, OWN = ["predict", "fit"], ["startup", "memory", "bits", "degradation", "growth", "accuracy"]
TAKE_DATA, DRAW = [*COMPARED, "bits", "accuracy"], ["fit", "growth"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--peer", action="append", default=[])
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    data = ["--data", str(arguments.data)] if arguments.data else []
    peers = [word for peer in arguments.peer for word in ("--peer", peer)]
    failed = []
    for name in [*COMPARED, *(name for name in OWN if name != "accuracy" or data)]:
        options = [*peers, "--threads", str(arguments.threads)] if name in COMPARED else []
        options += data if name in TAKE_DATA else []
        options += ["--picture", str(arguments.out / f"{name}.svg")] if name in DRAW else []
        command = [sys.executable, HERE / f"{name}.py", *options, "--json", arguments.out / f"{name}.json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        (arguments.out / f"{name}.md").write_text(done.stdout, encoding="utf-8")
        print(f"## {name}\n\n{done.stdout}", flush=True)
        if done.returncode:
            failed.append(name)
    if failed:
        print("failed: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
