"""Functional models on both sides: `python parity/compare_functional.py [--models 200] [--first-seed 0]`.

Random models run in planish here, and in real Keras on TensorFlow in a process of its own, as in `run.py`. It compares
predictions, weights after an epoch of three steps, names, History, `evaluate`, and files both ways; it prints what
differs, and exits with 1 if something does. Weights that are apart by rounding, which is when planish's are nearer than
Keras's to those of float64, do not differ.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from asking import Keras, ahead
from both import config_differences
from compare import AHEAD, distance
from functional import Case, functional_case
from graphs import Arrays, answer, arrays, build, data, predictions

import planish

SCORES_APART = 1e-4  # of losses and metrics, relative to them or to 1


class Verdict(NamedTuple):
    """What differs, in words; and how far apart both sides are at most, where 1 is the limit."""

    case: Case
    found: list[str]
    prediction: float = 0.0
    weights: float = 0.0


def compare_functional(cases: list[Case], folder: Path) -> Iterator[Verdict]:
    """The verdict on each case, in order, as soon as both sides, which run side by side, have answered."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "functional.json").write_text(json.dumps(cases), encoding="utf-8")
    failed: dict[int, str] = {}
    with Keras("keras_functional.py", folder) as keras:

        def ask(case: Case) -> None:
            failed[case["seed"]] = _prepare(case, folder)
            if not failed[case["seed"]]:
                keras.ask(case)

        for case in ahead(cases, ask, AHEAD):
            if text := failed[case["seed"]]:
                yield Verdict(case, [text])
                continue
            own = _own_answer(case, folder)
            keras.wait()
            yield _judged(case, own, folder)


def _prepare(case: Case, folder: Path) -> str:
    """Writes what Keras's side reads: data, weights, and planish's file. What went wrong, or nothing."""
    try:
        model = build(planish, case)
        given = arrays(case, model)
        np.savez(folder / f"f{case['seed']}.npz", **given)  # type: ignore[arg-type]
        model.set_weights([given[f"w{i}"] for i in range(len(model.weights))])
        model.save(folder / f"f{case['seed']}.keras")
    except Exception as error:
        return _failure("planish", error)
    return ""


def _failure(who: str, error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{who}: {type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"


def _own_answer(case: Case, folder: Path) -> tuple[Arrays, dict[str, Any]] | str:
    with np.load(folder / f"f{case['seed']}.npz") as held:
        given = dict(held)
    try:
        model = build(planish, case)
        return answer(model, case, given)
    except Exception as error:
        return _failure("planish", error)


def _judged(case: Case, own: tuple[Arrays, dict[str, Any]] | str, folder: Path) -> Verdict:
    error = folder / f"f{case['seed']}-error.txt"
    if error.exists():
        return Verdict(case, ["Keras: " + error.read_text(encoding="utf-8").rstrip().splitlines()[-1]])
    if isinstance(own, str):
        return Verdict(case, [own])
    ours, told = own
    theirs_told = json.loads((folder / f"f{case['seed']}-keras.json").read_text(encoding="utf-8"))
    with np.load(folder / f"f{case['seed']}-keras.npz") as held:
        theirs = dict(held)
    read = _read_from_keras(case, folder)
    if isinstance(read, str):
        return Verdict(case, [read])
    found = list(told_differently(told, theirs_told))
    pairs = {name: (ours[name], theirs[name]) for name in ours.keys() & theirs.keys()}
    pairs |= {name: (theirs[name], theirs[name.replace("loaded", "prediction")]) for name in theirs if "loaded" in name}
    pairs |= {name: (value, theirs[name.replace("read", "prediction")]) for name, value in read.items()}
    apart = {name: _ratio(name, *pair) for name, pair in sorted(pairs.items())}
    for name in _rounded(case, folder, {name: pairs[name] for name, ratio in apart.items() if not ratio <= 1}):
        del apart[name]
    found += [f"{name}: {ratio:.3g} times the allowed difference" for name, ratio in apart.items() if not ratio <= 1]
    weights = max((ratio for name, ratio in apart.items() if name.startswith("w")), default=0.0)
    prediction = max((ratio for name, ratio in apart.items() if not name.startswith("w")), default=0.0)
    return Verdict(case, found, prediction, weights)


def _rounded(case: Case, folder: Path, pairs: dict[str, tuple[Any, Any]]) -> list[str]:
    """Weights after training of which planish's are nearer to those of a model of float64 than Keras's are."""
    trained = {name: pair for name, pair in pairs.items() if name.startswith("w")}
    if not trained:
        return []
    planish.config.set_floatx("float64")
    try:
        with np.load(folder / f"f{case['seed']}.npz") as held:
            exact, _ = answer(build(planish, case), case, dict(held))
    finally:
        planish.config.set_floatx("float32")
    errors = {name: [np.abs(side - exact[name]).max() for side in pair] for name, pair in trained.items()}
    return [name for name, (ours, theirs) in errors.items() if ours <= theirs]


def _read_from_keras(case: Case, folder: Path) -> Arrays | str:
    """What planish predicts after loading Keras's file."""
    with np.load(folder / f"f{case['seed']}.npz") as held:
        given = dict(held)
    try:
        model = planish.models.load_model(folder / f"f{case['seed']}-keras.keras")
        return predictions(model, data(case, given)[0], "read")
    except Exception as error:
        return _failure("planish, reading Keras's file", error)


def told_differently(ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[str]:
    """Names, configurations, and the numbers of `evaluate` and of History."""
    for what in ("layers", "paths", "trainable"):
        one, other = ([_last_two(told) for told in side[what]] for side in (ours, theirs))
        if one != other:
            yield f"{what}: {one}, Keras {other}"
    yield from (f"read by Keras {apart}" for apart in config_differences(theirs["loaded"], theirs["config"]))
    for what in ("evaluate", "history"):
        if list(ours[what]) != list(theirs[what]):
            yield f"{what}: {list(ours[what])}, Keras {list(theirs[what])}"
            continue
        for key, value in theirs[what].items():
            if not np.allclose(ours[what][key], value, rtol=SCORES_APART, atol=SCORES_APART):
                yield f"{what} {key}: {ours[what][key]}, Keras {value}"


def _last_two(told: Any) -> Any:
    """A path without the names of models, which only Keras's Sequential puts in front."""
    return "/".join(told.split("/")[-2:]) if isinstance(told, str) else told


def _ratio(name: str, ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any]) -> float:
    if ours.shape != theirs.shape:
        return float("inf")
    return distance(name if name.startswith("w") else "prediction", ours, theirs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=200)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, nargs="+", help="these only")
    parser.add_argument("--keep", type=Path, help="a folder for the files and arrays of both sides")
    arguments = parser.parse_args()
    seeds = arguments.seeds or range(arguments.first_seed, arguments.first_seed + arguments.models)
    with tempfile.TemporaryDirectory() as temporary:
        cases = [functional_case(seed) for seed in seeds]
        verdicts = []
        for verdict in compare_functional(cases, arguments.keep or Path(temporary)):
            verdicts.append(verdict)
            if verdict.found:
                print(f"seed {verdict.case['seed']}: " + "; ".join(verdict.found), flush=True)
    agreed = [verdict for verdict in verdicts if not verdict.found]
    if agreed:
        prediction = max(verdict.prediction for verdict in agreed)
        weights = max(verdict.weights for verdict in agreed)
        print(f"largest difference, relative to the limit: predictions {prediction:.2f}, weights {weights:.2f}")
    print(f"{len(agreed)} of {len(verdicts)} functional models agree")
    return 0 if len(agreed) == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
