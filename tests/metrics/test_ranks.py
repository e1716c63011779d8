"""Targets (n,) and outputs (n, 1), or the reverse, are compared one with one, by whatever compares them."""

import numpy as np
import pytest

from planish.layers import Dense, Input
from planish.metrics import MeanMetricWrapper, MeanSquaredError
from planish.models import Sequential


def distance(y_true, y_pred):
    return np.abs(y_true - y_pred)


def equal(y_true, y_pred):
    return y_true == y_pred


PLAIN, COLUMN = np.arange(6.0), np.arange(6.0)[:, None]


@pytest.mark.parametrize("y_true", [PLAIN, COLUMN])
@pytest.mark.parametrize("y_pred", [PLAIN, COLUMN])
def test_functions_compare_one_with_one(y_true, y_pred):
    for function, expected in ((distance, 1.0), (equal, 0.0)):
        metric = MeanMetricWrapper(function)
        metric.update_state(y_true + 1, y_pred)
        assert metric.result() == expected


@pytest.mark.parametrize("y", [PLAIN, COLUMN])
@pytest.mark.parametrize("weight", [None, PLAIN, COLUMN])
def test_functions_agree_with_what_is_built_in(y, weight):
    model = Sequential([Input((1,)), Dense(1, kernel_initializer="ones")])

    def square(y_true, y_pred):
        return np.mean((y_true - y_pred) ** 2, axis=-1)

    model.compile("sgd", "mse", weighted_metrics=[square, MeanSquaredError(name="built_in")], run_eagerly=True)
    found = model.evaluate(COLUMN + 2, y, sample_weight=weight, verbose=0, return_dict=True)
    assert found["square"] == found["built_in"] == 4.0


def test_class_numbers_of_several_outputs_come_as_they_are():
    seen = []

    def shapes(y_true, y_pred):
        seen.append((y_true.shape, y_pred.shape))
        return np.zeros(len(y_pred))

    for labels in (np.zeros(4), np.zeros((4, 1))):
        MeanMetricWrapper(shapes).update_state(labels, np.zeros((4, 3)))
    assert seen == [((4,), (4, 3)), ((4, 1), (4, 3))]
