"""Initializers, regularizers and activations of one's own, as functions and as classes."""

import functools

import numpy as np
import pytest

import planish as keras
from planish import initializers, primitives, regularizers
from planish.layers import Dense, Input
from planish.models import Sequential

X, Y = np.ones((6, 4), np.float32), np.zeros((6, 3), np.float32)


class Half(initializers.Initializer):
    def __call__(self, shape, dtype=None, **options):
        assert dtype == "float32"
        return np.full(shape, 0.5, dtype)


@pytest.mark.parametrize(
    "initializer",
    [
        lambda shape: np.full(shape, 0.5),
        lambda shape, dtype=None: np.full(shape, 0.5, dtype),
        lambda shape, dtype: np.full(shape, 0.5, dtype),
        functools.partial(np.full, fill_value=0.5),
        Half(),
        Half,
    ],
)
def test_initializers(initializer):
    layer = Dense(3, kernel_initializer=initializer, bias_initializer=initializer)
    layer.build((None, 2))
    assert (layer.get_weights()[0] == 0.5).all()
    assert (layer.get_weights()[1] == 0.5).all()


@pytest.mark.parametrize(
    ("initializer", "message"),
    [
        (lambda: 1.0, "the initializer takes other arguments than it will be given\n  expected: a function of .shape"),
        (lambda shape: np.zeros((1, 1)), r"the initializer gave an array of another shape\n  expected: \(4, 3\)"),
        (lambda shape: np.full(shape, "a"), "the initializer gave an array that does not hold plain numbers"),
    ],
)
def test_mistakes_of_initializers(initializer, message):
    with pytest.raises((TypeError, ValueError), match=message):
        Sequential([Input((4,)), Dense(3, kernel_initializer=initializer)]).predict(X, verbose=0)


class Largest(regularizers.Regularizer):
    def __call__(self, x):
        return 0.5 * primitives.reduce_max(abs(x), range(len(x.shape)))


def loss_with(**options):
    """The loss of a layer of ones on ones: 16 without penalties; a kernel of 12 ones, outputs of 4."""
    model = Sequential([Input((4,)), Dense(3, kernel_initializer="ones", **options)])
    model.compile("sgd", "mse")
    evaluated = model.evaluate(X, Y, verbose=0)
    assert model.train_on_batch(X, Y) == pytest.approx(evaluated)
    return evaluated - 16


@pytest.mark.parametrize(
    ("regularizer", "penalty"),
    [(lambda w: 0.5 * regularizers.total(w**2), 6.0), (Largest(), 0.5), (Largest, 0.5), (regularizers.L1(0.5), 6.0)],
)
def test_regularizers_of_weights(regularizer, penalty):
    assert loss_with(kernel_regularizer=regularizer) == pytest.approx(penalty)


def test_regularizers_of_outputs():
    assert loss_with(activity_regularizer=lambda y: 0.5 * regularizers.total(y)) == pytest.approx(6.0)


def test_a_class_that_writes_call_is_a_function_of_arrays_too():
    assert keras.regularizers.get(lambda w: 0.5 * regularizers.total(w))(np.ones((2, 3))) == 3.0


class PerRow(regularizers.Regularizer):
    def __call__(self, x):
        return primitives.reduce_sum(x, (1,))


class Neither(regularizers.Regularizer):
    pass


@pytest.mark.parametrize(
    ("regularizer", "message"),
    [
        (lambda w: 0.1, "regularizer '<lambda>': the result cannot be compiled"),
        (lambda w: w.sum(), "regularizer '<lambda>': a value that is computed later has no `sum`"),
        (lambda: 0.1, "the regularizer takes other arguments than it will be given"),
        (Neither(), r"regularizer Neither defines neither __call__\(x\) nor penalty\(x\)"),
    ],
)
def test_mistakes_of_regularizers(regularizer, message):
    with pytest.raises((TypeError, ValueError, AttributeError, NotImplementedError), match=message):
        loss_with(kernel_regularizer=regularizer)


def test_several_numbers_are_added_up_as_in_keras():
    assert loss_with(kernel_regularizer=lambda w: 0.5 * w**2) == pytest.approx(6.0)
    assert loss_with(kernel_regularizer=PerRow()) == pytest.approx(12.0)
    assert loss_with(activity_regularizer=lambda y: primitives.reduce_sum(y, (0,))) == pytest.approx(12.0)


def test_activations():
    class Scaled:
        def __call__(self, x):
            return 3.0 * x

    ones = {"kernel_initializer": "ones"}
    for activation in (lambda x: 3.0 * x, Scaled(), functools.partial(lambda factor, x: factor * x, 3.0)):
        model = Sequential([Input((4,)), Dense(2, activation, **ones)])
        assert model.predict(X, verbose=0).tolist() == [[12.0, 12.0]] * 6
    with pytest.raises(TypeError, match="the activation takes other arguments than it will be given"):
        Dense(2, lambda: 3)
