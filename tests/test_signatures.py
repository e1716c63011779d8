"""Functions of the user's own that cannot be called as they will be are refused where they are given."""

import functools

import numpy as np
import pytest

from planish import signatures
from planish.layers import Dense, Input, Layer
from planish.metrics import Metric
from planish.models import Sequential
from planish.signatures import takes


def alone(y_true):
    raise AssertionError("never called")


class Unweighted(Metric):
    def update_state(self, y_true, y_pred):
        pass

    def result(self):
        return np.float64(1)


class OfOne(Metric):
    def update_state(self, values):
        raise AssertionError("never called")


class OfThree(Layer):
    def call(self, one, two, three):
        raise AssertionError("never called")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"loss": alone}, "the loss takes other arguments than it will be given"),
        ({"loss": lambda t: t}, "the loss takes other arguments than it will be given"),
        ({"loss": "mse", "metrics": [alone]}, "the metric takes other arguments than it will be given"),
        ({"loss": "mse", "weighted_metrics": [alone]}, "the metric takes other arguments than it will be given"),
        ({"loss": "mse", "metrics": [OfOne()]}, "update_state of the metric 'of_one' takes other arguments"),
        ({"loss": "mse", "weighted_metrics": [Unweighted()]}, "update_state of the metric 'unweighted' takes other"),
    ],
)
def test_compile_refuses_them(arguments, said):
    model = Sequential([Input((3,)), Dense(1)])
    with pytest.raises(TypeError, match=said) as caught:
        model.compile("sgd", **arguments)
    assert "expected: a function of (y_true, y_pred" in str(caught.value)


def test_the_remedy_is_the_line_that_declares_it():
    def remedy(function, *names, **named):
        with pytest.raises(TypeError) as caught:
            signatures.require(function, "the loss", *names, **named)
        return str(caught.value).rpartition("remedy:")[2].strip()

    assert remedy(alone, "y_true", "y_pred") == "def alone(y_true, y_pred):"
    assert remedy(lambda t: t, "y_true", "y_pred") == "lambda y_true, y_pred: ..."
    assert (
        remedy(OfOne().update_state, "y_true", sample_weight=None) == "def update_state(self, y_true, sample_weight):"
    )


def test_a_layer_is_told_how_its_call_is_called():
    with pytest.raises(TypeError, match="`call` takes other arguments") as caught:
        Sequential([Input((3,)), OfThree(name="mine")])
    assert str(caught.value).endswith("received: call(one, two, three)\n  remedy:   def call(self, x, context):")


def test_a_metric_without_weights_is_fine_where_there_are_none():
    model = Sequential([Input((3,)), Dense(1)])
    model.compile("sgd", "mse", metrics=[Unweighted()], run_eagerly=True)
    assert model.evaluate(np.zeros((2, 3)), np.zeros(2), verbose=0)[1] == 1.0


def test_functions_of_all_kinds():
    class Called:
        def __call__(self, y_true, y_pred=None):
            pass

    assert takes(Called(), 1, 2)
    assert takes(functools.partial(max, 1), 2)
    assert takes(np.add, 1, 2)
    assert takes(lambda *given: None, 1, 2)
    assert not takes(Called(), 1, 2, 3)
    assert not takes(3, 1)
