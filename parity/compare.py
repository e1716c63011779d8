"""Runs cases on both sides and says what differs. Real Keras has a process, and an environment, of its own."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import on_arrays
from asking import JAX, TENSORFLOW, Keras, ahead
from both import Arrays, answer, build, config_differences, configuration, loss_values, rebuild
from chains import Case
from exact import exact_answer
from given import arrays

import planish

ROOT = Path(__file__).resolve().parent.parent
PREDICTION_BOUND = 1e-5
WEIGHT_BOUND = 1e-4
ROUNDING_BOUND = 100.0  # times the limit: what is farther apart is not rounding
AHEAD = 8  # cases that Keras may be ahead by
SMALLEST = 1e-6  # results that are all smaller are compared as if the largest were this


class Verdict(NamedTuple):
    """What differs, in words; and how far apart both sides are at most, where 1 is the limit.

    `errors`, if the weights differ: how far planish's and Keras's are from those of exact steps.
    """

    case: Case
    found: list[str]
    prediction: float
    weights: float
    errors: tuple[float, float] | None = None

    @property
    def rounding(self) -> bool:
        """Whether only weights differ, and planish's are better."""
        return self.errors is not None and self.errors[0] < self.errors[1] and self.weights < ROUNDING_BOUND


def compare(cases: list[Case], folder: Path, *, resume: bool = False) -> Iterator[Verdict]:
    """The verdict on each case, in order, as soon as both sides have answered; the folder keeps it. `resume` takes
    those that a run which was broken off has left there.

    Keras runs on TensorFlow, which planish follows, but on JAX where layers besides `Flatten` have channels first: on a
    CPU, TensorFlow cannot convolve those. On JAX, cross-entropies behind a softmax are those of probabilities, which
    are cut off at 1e-7: a saturated model does not learn there, and does on TensorFlow, and in planish.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "verdicts.jsonl"
    if not resume:
        kept.unlink(missing_ok=True)
    before = {_as_text(verdict.case): verdict for verdict in _kept(kept)}
    fresh = _compared([case for case in cases if _as_text(case) not in before], folder, kept)
    for case in cases:
        yield before.get(_as_text(case)) or next(fresh)
    fresh.close()


def _compared(cases: list[Case], folder: Path, kept: Path) -> Generator[Verdict]:
    with contextlib.ExitStack() as stack:

        @functools.cache
        def keras(where: tuple[str, str]) -> Keras:
            return stack.enter_context(Keras("keras_side.py", folder, where))

        def ask(case: Case) -> None:
            _prepare(case, folder)
            keras(_backend(case)).ask(case)

        for case in ahead(cases, ask, AHEAD):
            own = _own_answer(case, folder)
            keras(_backend(case)).wait()
            verdict = _judged(case, own, folder)
            with kept.open("a", encoding="utf-8") as file:
                print(json.dumps(verdict), file=file)
            yield verdict


def _kept(path: Path) -> list[Verdict]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    every = map(json.loads, lines)
    return [Verdict(*told, errors=errors and (errors[0], errors[1])) for *told, errors in every]


def _as_text(case: Case) -> str:
    return json.dumps(case, sort_keys=True)


def _prepare(case: Case, folder: Path) -> None:
    """Writes what Keras's side reads: planish's configuration, data, weights, and file."""
    seed = case["seed"]
    for before in folder.glob(f"{seed}-*"):
        before.unlink()
    if "arrays" in case:
        np.savez(folder / f"{seed}.npz", **on_arrays.given(case))  # type: ignore[arg-type]
        return
    model = build(planish, case)
    given = arrays(case, model)
    np.savez(folder / f"{seed}.npz", **given)  # type: ignore[arg-type]
    if not case.get("built"):
        (folder / f"{seed}.json").write_text(json.dumps(configuration(model)), encoding="utf-8")
    if case.get("files") and not case.get("built"):
        model.set_weights([given[f"w{i}"] for i in range(len(model.weights))])
        model.save(folder / f"{seed}.keras")


def _backend(case: Case) -> tuple[str, str]:
    if "backend" in case:
        return JAX if case["backend"] == "jax" else TENSORFLOW
    formats = [arguments.get("data_format") for name, arguments in case["layers"] if name != "Flatten"]
    return JAX if "channels_first" in formats else TENSORFLOW


def _own_answer(case: Case, folder: Path) -> Arrays | str:
    with np.load(folder / f"{case['seed']}.npz") as given:
        try:
            if "arrays" in case:
                return on_arrays.answer(planish, case, given)
            found = answer(build(planish, case), case, given)
            return found | loss_values(planish, case, given, found["prediction"])
        except Exception as error:
            return f"planish: {type(error).__name__}: {error}"


def _judged(case: Case, ours: Arrays | str, folder: Path) -> Verdict:
    error = folder / f"{case['seed']}-error.txt"
    if error.exists():
        lines = error.read_text(encoding="utf-8").rstrip().splitlines()
        return Verdict(case, [f"Keras: {lines[-1]}"], 0, 0)
    if isinstance(ours, str):
        return Verdict(case, [ours], 0, 0)
    found = [] if "arrays" in case or case.get("built") else _config_mistakes(case, folder)
    with np.load(folder / f"{case['seed']}-keras.npz") as theirs:
        ours = ours | ({"loaded": ours["prediction"]} if "loaded" in theirs else {})
        found += [f"{name}: shape {ours[name].shape}, Keras {theirs[name].shape}"
                  for name in theirs if ours[name].shape != theirs[name].shape]  # fmt: skip
        if found:
            return Verdict(case, found, 0, 0)
        keras = dict(theirs)
    if "loaded" in keras:
        ours["read"], keras["read"] = _read(case, folder)
    result = _largest_result(keras)
    apart = {name: distance(name, ours[name], keras[name], result * is_result(name)) for name in keras}
    found = [_told(name, ours[name], ratio) for name, ratio in apart.items() if not ratio <= 1]
    weights = max((ratio for name, ratio in apart.items() if is_weight(name)), default=0)
    prediction = max(ratio for name, ratio in apart.items() if not is_weight(name))
    errors = _errors(case, ours, keras, folder) if prediction <= 1 < weights else None
    return Verdict(case, found, prediction, weights, errors)


def _errors(case: Case, ours: Arrays, keras: Arrays, folder: Path) -> tuple[float, float]:
    """The largest difference from exact weights, planish's and Keras's, as multiples of the limit."""
    with np.load(folder / f"{case['seed']}.npz") as given:
        exact = exact_answer(case, given)
    del exact["prediction"]
    own, other = (max(distance(name, side[name], exact[name]) for name in exact) for side in (ours, keras))
    return own, other


def is_weight(name: str) -> bool:
    return name[0] == "w"


def is_result(name: str) -> bool:
    """Of a metric, after one of its updates."""
    return name.startswith("result")


def _largest_result(arrays: Arrays) -> float:
    """The largest finite one of a metric; 0 without any."""
    results = np.concatenate([[0.0], *(np.ravel(value) for name, value in arrays.items() if is_result(name))])
    return float(np.abs(results[np.isfinite(results)]).max())


def _read(case: Case, folder: Path) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Predictions after the steps: of the model in Keras's file, and of a model with Keras's weights."""
    model = planish.models.load_model(folder / f"{case['seed']}-keras.keras")
    with np.load(folder / f"{case['seed']}.npz") as given, np.load(folder / f"{case['seed']}-keras.npz") as keras:
        same = build(planish, case)
        same.set_weights([keras[f"w{i}"] for i in range(len(same.weights))])
        return model.predict_on_batch(given["x"]), same.predict_on_batch(given["x"])


def _config_mistakes(case: Case, folder: Path) -> list[str]:
    """What planish loses of its own model in a round trip through Keras's configuration."""
    config = json.loads((folder / f"{case['seed']}-keras.json").read_text(encoding="utf-8"))
    expected = configuration(build(planish, case))
    try:
        model = rebuild(planish, config)
    except (TypeError, ValueError) as error:
        return [f"planish does not read Keras's configuration: {type(error).__name__}: {error}"]
    return [f"read from Keras: {apart}" for apart in config_differences(configuration(model), expected)]


def distance(name: str, ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any], least: float = 0.0) -> float:
    """The largest difference as a multiple of the limit: a share of the largest number, or of 1 for small weights.

    `least`, of predictions: the largest number is at least this. Results of a metric are sums of numbers that cancel: a
    small one is as exact as its metric's others are, not more.
    """
    if np.array_equal(ours, theirs, equal_nan=True):
        return 0.0
    largest = float(np.abs(theirs).max())
    bound = WEIGHT_BOUND * max(1.0, largest) if is_weight(name) else PREDICTION_BOUND * max(largest, least, SMALLEST)
    return float(np.abs(ours.astype(np.float64) - theirs).max()) / bound


def _told(name: str, ours: np.ndarray[Any, Any], ratio: float) -> str:
    return f"{name} {ours.shape}: {ratio:.3g} times the allowed difference"
