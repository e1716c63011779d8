"""Everything into a folder: `python benchmarks/run.py OUT [--data mnist.npz] [--peer NAME=PYTHON]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from peers import KINDS, PREDICTING, TRAINING

HERE = Path(__file__).resolve().parent
COMPARED, NEED_DATA = ["predict", "fit"], ["accuracy", "raw_pixels"]
OWN = [
    "startup",
    "first_calls",
    "memory",
    "bits",
    "degradation",
    "callers",
    "bands",
    "by_layer",
    "growth",
    "frozen",
    "loading",
    "reading_files",
    "dask_predict",
    "shipped",
    "ranks",
    *NEED_DATA,
]
TAKE_DATA, DRAW = [*COMPARED, "bits", "ranks", *NEED_DATA], ["fit", "growth"]
# With --quick: checks in a minute or two that everything works; the numbers mean little.
QUICK = {
    "predict": "--images 500 --calls 20 --rounds 1",
    "fit": "--images 256 --rounds 1 --most-seconds 1",
    "startup": "--rounds 1",
    "first_calls": "--models MobileNetV3Small --tasks predict",
    "memory": "--calls 500 --fits 2 --images 500",
    "bits": "--images 300",
    "degradation": "--images 3000 --rounds 1",
    "callers": "--seconds 0.2 --rounds 1",
    "bands": "--models mobilenetv2-96 --rounds 5",
    "by_layer": "--models mobilenetv2-96 --rounds 2",
    "growth": "--counts 1000 10000 --channels 8 32 64 --images 64 --rounds 1",
    "frozen": "--net MobileNetV3Small --size 32 --images 8 --epochs 2 --batch 4",
    "loading": "--net pool --size 32 --file-size 32 --images 32 --batch 8",
    "reading_files": "--megabytes 8 --rounds 1",
    "dask_predict": "--images 2000 --part 100 --rounds 1",
    "shipped": "--net lenet --rounds 1",
    "ranks": "--images 1000 --epochs 1 --rounds 1",
    "accuracy": "--images 2000 --epochs 1 --seeds 1",
    "raw_pixels": "--images 600 --epochs 1 --seeds 1",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--peer", action="append", default=[])
    parser.add_argument("--only", nargs="+", choices=list(KINDS), help="these libraries only")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="a little of everything, to see that it works")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    data = ["--data", str(arguments.data)] if arguments.data else []
    peers = [word for peer in arguments.peer for word in ("--peer", peer)]
    failed = []
    for name in [*COMPARED, *(name for name in OWN if name not in NEED_DATA or data)]:
        options = QUICK[name].split() if arguments.quick else []
        if name in COMPARED:
            able = {"predict": PREDICTING, "fit": TRAINING}[name]
            only = [peer for peer in arguments.only or able if peer in able]
            options += [*peers, "--threads", str(arguments.threads), "--only", *only]
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
