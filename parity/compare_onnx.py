"""ONNX files in planish: `python parity/compare_onnx.py [NET ...] [--models 60] [--first-seed 0] [--folder FOLDER]`.

A process of its own, in an environment with PyTorch and ONNX Runtime, exports torchvision's nets and draws random
networks (`torchvision_onnx.py`). Here each file is loaded, compiled and run: within 1e-4 of the largest number that
ONNX Runtime gives. Whatever differs is printed, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from compare import ROOT
from peers import interpreter

import planish

APART = 1e-4


def compared(path: Path) -> tuple[float, float]:
    """How far the numbers are from those of ONNX Runtime, as a share of the largest, and the seconds of loading."""
    with np.load(path.with_suffix(".npz")) as held:
        images, *expected = (held[name] for name in ("x", *sorted(set(held) - {"x"})))
    begun = time.perf_counter()
    model = planish.load_onnx(path, data_format="channels_first")
    seconds = time.perf_counter() - begun
    found = model.predict(images, verbose=0)
    ours = found if isinstance(found, list) else [found]
    pairs = list(zip(ours, expected, strict=True))
    if any(one.shape != other.shape for one, other in pairs):
        raise ValueError(
            f"shapes {[one.shape for one, _ in pairs]}, ONNX Runtime {[other.shape for _, other in pairs]}"
        )
    apart = max(float(np.abs(one - other).max() / max(np.abs(other).max(), 1e-3)) for one, other in pairs)
    return apart, seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("nets", nargs="*", default=["all"], help="all without names; 'none' for random networks alone")
    parser.add_argument("--models", type=int, default=60)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--folder", help="where the files are made and stay")
    arguments = parser.parse_args()
    differing = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments.folder or temporary)
        python = os.environ.get("PARITY_PYTHON") or interpreter("torch-onnx")
        side = [python, str(ROOT / "parity" / "torchvision_onnx.py"), str(folder)]
        subprocess.run([*side, str(arguments.models), str(arguments.first_seed), *arguments.nets], check=True)
        for path in sorted(folder.glob("*.failed")):
            differing += 1
            print(f"{path.stem} was not exported: {path.read_text()[:300]}")
        for path in sorted(folder.glob("*.npz")):
            path = path.with_suffix(".onnx")
            try:
                apart, seconds = compared(path)
                said = f"{apart:.1e} apart, loaded in {seconds:.2f} s"
            except Exception as error:
                apart, said = np.inf, f"{type(error).__name__}: {error}"
            differing += not apart <= APART
            print(f"{path.stem}: {said}", flush=True)
    print(f"{differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
