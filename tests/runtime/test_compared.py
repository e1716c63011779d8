"""PLANISH_COMPARE: the interpreter watches compiled programs."""

import numpy as np
import pytest

import planish
from planish.codegen.pieces import elementwise
from planish.layers import Activation, Conv2D, Dense, Flatten, Input
from planish.models import Sequential


@pytest.fixture(autouse=True)
def _compare(monkeypatch):
    monkeypatch.setenv("PLANISH_COMPARE", "1")
    monkeypatch.setenv("PLANISH_CACHE_DIR", "off")


def _model(activation):
    return Sequential([Input((5, 5, 2)), Conv2D(3, 2), Activation(activation), Flatten(), Dense(2)])


def test_a_right_program_runs():
    planish.utils.set_random_seed(0)
    model = _model("relu")
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).random((20, 5, 5, 2))
    model.fit(x, np.zeros((20, 2)), batch_size=8, verbose=0)
    assert model.predict(x, verbose=0).shape == (20, 2)


def test_a_wrong_operation_is_named(monkeypatch):
    monkeypatch.setitem(elementwise._EMITTERS, "sigmoid", elementwise._EMITTERS["tanh"])
    with pytest.raises(AssertionError, match="compiled operation 'sigmoid'"):
        _model("sigmoid").predict(np.ones((2, 5, 5, 2)), verbose=0)
