"""Models that real Keras ran: its predictions, and its weights after three steps (`parity/run.py` asks it live)."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

import planish

FOLDER = Path(__file__).parent
CASES = json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))


def _named(case):
    return f"{case['seed']}-{case['optimizer'][0]}"


@pytest.fixture(scope="module")
def arrays():
    with np.load(FOLDER / "arrays.npz") as held:
        return dict(held)


def _build(case):
    model = planish.Sequential([planish.Input(tuple(case["input_shape"]))])
    for name, arguments in case["layers"]:
        model.add(getattr(planish.layers, name)(**arguments))
    loss, loss_arguments = case["loss"]
    name, arguments = case["optimizer"]
    optimizer = getattr(planish.optimizers, name).from_config(arguments)
    model.compile(optimizer, getattr(planish.losses, loss)(**loss_arguments))
    return model


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_predictions_and_three_steps(case, arrays):
    start, expected = f"{case['seed']}/given/", f"{case['seed']}/keras/"
    model = _build(case)
    model.set_weights([arrays[f"{start}w{i}"] for i in range(len(model.weights))])
    x, y = arrays[start + "x"], arrays[start + "y"]
    prediction = arrays[expected + "prediction"]
    np.testing.assert_allclose(model.predict_on_batch(x), prediction, rtol=0, atol=1e-5 * np.abs(prediction).max())
    for rows in np.split(np.arange(len(x)), case["steps"]):
        model.train_on_batch(x[rows], y[rows])
    for i, value in enumerate(model.get_weights()):
        wanted = arrays[f"{expected}w{i}"]
        np.testing.assert_allclose(value, wanted, rtol=0, atol=1e-4 * max(1, np.abs(wanted).max()))


def test_steps_in_float64_are_near(arrays, monkeypatch):
    """What `parity/run.py` asks where both sides differ."""
    monkeypatch.syspath_prepend(str(FOLDER.parent.parent / "parity"))
    exact = importlib.import_module("exact")
    case = CASES[0]
    start, expected = f"{case['seed']}/given/", f"{case['seed']}/keras/"
    given = {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
    answer = exact.exact_answer(case, given)
    for i in range(len(_build(case).weights)):
        wanted = arrays[f"{expected}w{i}"]
        np.testing.assert_allclose(answer[f"w{i}"], wanted, rtol=0, atol=1e-4 * max(1, np.abs(wanted).max()))
