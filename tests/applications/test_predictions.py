"""Nets of `planish.applications` compute what Keras's compute with the same weights: `make parity` tries them all."""

import json
from pathlib import Path

import numpy as np
import pytest

import planish
from parity import known_nets
from tests.applications.nets import PREDICTED

RECORDED = json.loads((Path(__file__).parent / "predictions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PREDICTED)
def test_a_net_predicts_what_keras_predicts(name, zeros_at_first):
    case = next(case for case in known_nets.CASES if case.name == name)
    model = known_nets.built(planish, case, 32)
    known_nets.set_weights(model, known_nets.weights(model, PREDICTED[name]))
    made, expected = model.predict(known_nets.images(32)[0][:2], verbose=0), np.array(RECORDED[name])
    assert np.abs(made - expected).max() <= 1e-5 * np.abs(expected).max()
