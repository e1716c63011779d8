"""ImageDataGenerator makes what Keras's makes: tests/preprocessing/record_generator.py recorded that."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from planish.preprocessing.image import ImageDataGenerator

HERE = Path(__file__).parent
SPEC = importlib.util.spec_from_file_location("record_generator", HERE / "record_generator.py")
RECORDER = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(RECORDER)

THEIRS = dict(np.load(RECORDER.DATA))


@pytest.fixture(scope="module")
def ours():
    return RECORDER.recorded(ImageDataGenerator)


@pytest.mark.parametrize("name", THEIRS)
def test_values_are_those_of_keras(ours, name):
    # Whitening divides by small singular values, and with them their rounding.
    tolerance = 2e-3 * (np.abs(THEIRS[name]).max() if "zca" in name else 1)
    np.testing.assert_allclose(ours[name], THEIRS[name], rtol=2e-4, atol=tolerance)
    assert ours[name].dtype == (np.float32 if "zca" in name else THEIRS[name].dtype)


def test_nothing_else_is_made(ours):
    assert ours.keys() == THEIRS.keys()
