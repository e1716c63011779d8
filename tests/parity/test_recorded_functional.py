"""Functional models that real Keras ran: `parity/compare_functional.py` asks it live."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

import planish

FOLDER = Path(__file__).parent
RECORDED = json.loads((FOLDER / "functional.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def arrays():
    with np.load(FOLDER / "functional.npz") as held:
        return dict(held)


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: str(recorded["case"]["seed"]))
def test_predictions_scores_and_three_steps(recorded, arrays, monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER.parent.parent / "parity"))
    graphs = importlib.import_module("graphs")
    case = recorded["case"]
    model = graphs.build(planish, case)
    found, told = graphs.answer(model, case, graphs.arrays(case, model))
    start = f"{case['seed']}/"
    for name, expected in (
        (name.removeprefix(start), array) for name, array in arrays.items() if name.startswith(start)
    ):
        size = np.abs(expected).max(initial=0)
        bound = 1e-4 * max(1, size) if name.startswith("w") else 1e-5 * size
        np.testing.assert_allclose(found[name], expected, rtol=0, atol=bound, err_msg=name)
    for what in ("evaluate", "history"):
        assert list(told[what]) == list(recorded[what])
        for key, value in recorded[what].items():
            np.testing.assert_allclose(told[what][key], value, rtol=1e-4, atol=1e-4, err_msg=key)
