"""`import planish as keras`: what a Keras user writes is there, and costs nothing until it is used."""

import subprocess
import sys
from pathlib import Path

import pytest

import planish
import planish as keras


@pytest.mark.parametrize("name", planish.__all__)
def test_every_public_name_is_there(name):
    assert getattr(planish, name) is not None
    assert name in dir(planish)


def test_keras_names():
    assert keras.Sequential is keras.models.Sequential
    assert keras.Input is keras.layers.Input
    assert keras.layers.Dense.__module__ == "planish.layers.dense"
    assert issubclass(keras.layers.Conv2D, keras.Layer)
    assert keras.initializers.HeNormal is not None
    assert keras.regularizers.L2 is not None
    assert keras.activations.relu is not None


def test_unknown_names():
    with pytest.raises(AttributeError, match="module 'planish' has no attribute 'backend_'"):
        planish.backend_  # noqa: B018


def test_importing_planish_imports_no_room():
    code = "import sys, planish; print(sorted(name for name in sys.modules if name.startswith(('planish.', 'numpy'))))"
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "[]"
