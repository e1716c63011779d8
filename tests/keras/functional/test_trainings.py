"""Losses, metrics, weights and data of several outputs: names and numbers are Keras's (training.json).

Two things are better than in Keras. `metrics_names` has the names of what `evaluate` gives, and so `evaluate` gives the
weighted twin of a metric once and not twice. What Keras refuses although its meaning is clear is taken.
"""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import planish

FOLDER = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("trainings", FOLDER / "trainings.py")
trainings = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(trainings)
RECORDED = json.loads((FOLDER / "training.json").read_text(encoding="utf-8"))
TAKEN = [name for name, found in RECORDED.items() if "refused" not in found]
REFUSED_BY_KERAS_ONLY = [
    "a loss for one output only, by name",
    "sample weights by name",
    "one output, loss by name",
]


@pytest.fixture(autouse=True)
def fresh_names():
    planish.utils.clear_session(free_memory=False)


def test_every_case_is_recorded():
    assert list(trainings.CASES) == list(RECORDED)


@pytest.mark.parametrize("name", TAKEN)
def test_names_and_numbers_are_those_of_keras(name):
    found, expected = trainings.run(planish, name), RECORDED[name]
    for what in ("history", "evaluate_by_name", "train_on_batch", "test_on_batch"):
        assert list(found[what]) == list(expected[what]), what
        for key, value in expected[what].items():
            np.testing.assert_allclose(found[what][key], value, rtol=1e-4, atol=1e-5, err_msg=f"{what} {key}")
    if name != "class weights of the only output":
        np.testing.assert_allclose(found["evaluate"], expected["evaluate"], rtol=1e-4, atol=1e-5)
    values = found["evaluate"] if isinstance(found["evaluate"], list) else [found["evaluate"]]
    assert len(found["metrics_names"]) == len(values)


@pytest.mark.parametrize("name", REFUSED_BY_KERAS_ONLY)
def test_what_keras_refuses_although_its_meaning_is_clear(name):
    assert "refused" in RECORDED[name]
    found = trainings.run(planish, name)
    assert all(np.isfinite(values).all() for values in found["history"].values())


def test_sample_weights_by_name_are_those_by_place():
    found = trainings.run(planish, "sample weights by name")["history"]
    expected = RECORDED["sample weights for all"]["history"]
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=1e-4)


def test_metrics_in_a_list_of_another_length_are_refused():
    with pytest.raises(ValueError, match="`metrics` does not match the model's 2 outputs"):
        trainings.run(planish, "one loss for all and metrics")
