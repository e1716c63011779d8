"""Nets of `planish.applications` compute what Keras's compute with the same weights: `make parity` tries them all."""

import json
from pathlib import Path

import numpy as np
import pytest

import planish
from parity import applications
from tests.applications.nets import PREDICTED

RECORDED = json.loads((Path(__file__).parent / "predictions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PREDICTED)
def test_a_net_predicts_what_keras_predicts(name, zeros_at_first):
    case = next(case for case in applications.CASES if case.name == name)
    model = applications.built(planish, case, 32)
    applications.set_weights(model, case.gain)
    made, expected = model.predict(applications.images(32)[0][:2], verbose=0), np.array(RECORDED[name])
    assert np.abs(made - expected).max() <= 1e-5 * np.abs(expected).max()
