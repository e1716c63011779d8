"""A model that left as ONNX comes back, and gives what it gave."""

import pytest

import planish
from planish.applications import MobileNetV2
from tests.convert.exported import NEAR, apart, exported, images_for, interpreted
from tests.convert.test_onnx_out import blog, randomized, residual, sequences


def known():
    return MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=5)


@pytest.mark.parametrize("made", [blog, residual, sequences, known])
def test_a_model_comes_back(made, tmp_path):
    model = randomized(made()) if made is not known else made()
    back = planish.load_onnx(exported(model, tmp_path))
    assert back.input_shape == model.input_shape
    (given,), (expected,) = (interpreted(each, images_for(model)) for each in (back, model))
    assert apart(given, expected) <= NEAR
    kinds = [type(layer).__name__ for layer in back.layers]
    assert "Permute" not in kinds
