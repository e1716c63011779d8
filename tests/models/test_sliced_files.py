"""Functional models that cut tensors: every key that Python allows goes into a configuration and comes back."""

import json

import numpy as np
import pytest

import planish

KEYS = {
    "an ellipsis alone": ...,
    "an ellipsis first": (..., slice(None, 2)),
    "an ellipsis in the middle": (slice(None), ..., slice(1, None, 2)),
    "an ellipsis last": (slice(None), slice(1, 3), ...),
    "an ellipsis and a place": (..., 1),
    "an ellipsis and a new axis": (..., None),
}


def _model(key):
    planish.utils.clear_session(free_memory=False)
    image = planish.Input((4, 5, 3), name="image")
    return planish.Model(image, image[key])


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_model_comes_back_with_its_key(key, tmp_path):
    model, x = _model(key), np.random.default_rng(2).random((3, 4, 5, 3), np.float32)
    model.save(tmp_path / "cut.keras")
    read = planish.models.load_model(tmp_path / "cut.keras")
    np.testing.assert_array_equal(read.predict(x, verbose=0), x[key])
    copy = planish.models.model_from_json(model.to_json())
    np.testing.assert_array_equal(copy.predict(x, verbose=0), x[key])


def test_an_ellipsis_is_written_as_keras_writes_it():
    """The form is that of Keras 3.15."""
    config = json.loads(json.dumps(_model((..., slice(None, 2))).get_config()))
    (call,) = config["layers"][1]["inbound_nodes"]
    assert call["args"][1] == [
        {"class_name": "__ellipsis__", "config": {}},
        {"class_name": "__slice__", "config": {"start": None, "stop": 2, "step": None}},
    ]
