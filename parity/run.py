"""Live parity with real Keras: `python parity/run.py [--models 210] [--first-seed 0]`.

Random models run in planish here, and in real Keras in a process of its own: that of the interpreter which the
environment variable PARITY_PYTHON names, or of a virtual environment that is made in .venvs/keras. Compared are
predictions (within 1e-5 of the largest output) and the weights after three training steps (within 1e-4 of the largest
weight of the array, or of 1 if that is larger). Whatever differs is printed with its seed and its model, and the exit
status is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "parity")]

from models import Case, data, random_case, weights  # noqa: E402

PREDICTION_BOUND = 1e-5
WEIGHT_BOUND = 1e-4


def build(case: Case) -> Any:
    """The planish model of a case, compiled."""
    import planish

    model = planish.Sequential([planish.Input(tuple(case["input_shape"]))])
    for name, arguments in case["layers"]:
        model.add(getattr(planish.layers, name)(**arguments))
    loss_name, loss_arguments = case["loss"]
    name, arguments = case["optimizer"]
    model.compile(getattr(planish.optimizers, name)(**arguments), getattr(planish.losses, loss_name)(**loss_arguments))
    return model


def given(case: Case) -> dict[str, np.ndarray]:
    """What both sides start from: data and weights."""
    model = build(case)
    x, y = data(case, model.output_shape[-1])
    start = weights(case, [(variable.path, variable.shape) for variable in model.weights])
    return {"x": x, "y": y, **{f"w{i}": value for i, value in enumerate(start)}}


def answer(case: Case, start: Any) -> dict[str, np.ndarray]:
    """planish's predictions, and its weights after three steps."""
    model = build(case)
    model.set_weights([start[f"w{i}"] for i in range(len(model.weights))])
    batch = case["batch"]
    results = {"prediction": np.asarray(model.predict_on_batch(start["x"]))}
    for step in range(3):
        rows = slice(step * batch, (step + 1) * batch)
        model.train_on_batch(start["x"][rows], start["y"][rows])
    return results | {f"w{i}": value for i, value in enumerate(model.get_weights())}


def differences(ours: Any, theirs: Any) -> list[str]:
    """What is too far apart, in words."""
    found = []
    for name in theirs:
        a, b = ours[name], theirs[name]
        if a.shape != b.shape:
            found.append(f"{name}: shape {a.shape}, Keras {b.shape}")
            continue
        largest = float(np.abs(b).max(initial=0))
        bound = PREDICTION_BOUND * largest if name == "prediction" else WEIGHT_BOUND * max(1.0, largest)
        apart = float(np.abs(a.astype(np.float64) - b).max(initial=0))
        if not apart <= bound and not np.array_equal(a, b, equal_nan=True):
            found.append(f"{name}: {apart:.3g} apart, allowed {bound:.3g}")
    return found


def interpreter() -> str:
    """Real Keras's Python: PARITY_PYTHON, or a virtual environment made on demand."""
    if chosen := os.environ.get("PARITY_PYTHON"):
        return chosen
    folder = ROOT / ".venvs" / "keras"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    ready = folder / "ready"
    if not ready.exists():
        venv.create(folder, with_pip=True, clear=True)
        requirements = ROOT / "benchmarks" / "requirements" / "keras-jax.txt"
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--requirement", requirements], check=True)
        ready.touch()
    return str(python)


def ask_keras(cases: list[Case], folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Starts real Keras on these cases."""
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    command = [interpreter(), str(ROOT / "parity" / "keras_side.py"), str(folder)]
    return subprocess.Popen(command, env={**os.environ, **environment})


def compare(cases: list[Case], folder: Path) -> list[tuple[Case, list[str]]]:
    """The cases that differ, after running all of them on both sides.

    XLA's own compilation is most of the time, so Keras runs without its optimizations first. At that level XLA makes
    NaN of a few models that it gets right by default: those that differ are put to Keras once more, as it comes.
    """
    for case in cases:
        np.savez(folder / f"{case['seed']}.npz", **given(case))
    peer = ask_keras(cases, folder, XLA_FLAGS="--xla_backend_optimization_level=0")
    own = {case["seed"]: _own_answer(case, folder) for case in cases}
    if peer.wait():
        raise SystemExit("real Keras's process failed")
    again = [case for case in cases if _judged(case["seed"], own[case["seed"]], folder)]
    if again and ask_keras(again, folder).wait():
        raise SystemExit("real Keras's process failed")
    return [(case, found) for case in again if (found := _judged(case["seed"], own[case["seed"]], folder))]


def _own_answer(case: Case, folder: Path) -> dict[str, np.ndarray] | str:
    with np.load(folder / f"{case['seed']}.npz") as start:
        try:
            return answer(case, start)
        except Exception as error:
            return f"planish: {type(error).__name__}: {error}"


def _judged(seed: int, ours: Any, folder: Path) -> list[str]:
    error = folder / f"{seed}-error.txt"
    if error.exists():
        return [f"Keras: {error.read_text(encoding='utf-8').splitlines()[-1]}"]
    if isinstance(ours, str):
        return [ours]
    with np.load(folder / f"{seed}-keras.npz") as theirs:
        return differences(ours, theirs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=210)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, nargs="+", help="these only")
    parser.add_argument("--keep", type=Path, help="a folder for the arrays of both sides")
    arguments = parser.parse_args()
    seeds = arguments.seeds or range(arguments.first_seed, arguments.first_seed + arguments.models)
    cases = [random_case(seed) for seed in seeds]
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        failures = compare(cases, folder)
    for case, found in failures:
        print(f"\nseed {case['seed']}: " + "; ".join(found) + f"\n  {json.dumps(case)}")
    print(f"{len(cases) - len(failures)} of {len(cases)} models agree ({time.perf_counter() - start:.0f} s)")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
