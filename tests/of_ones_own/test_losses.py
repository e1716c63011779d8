"""Losses of one's own, as Keras users write them: compiled with their gradients, and refused with the reason."""

import functools

import numpy as np
import pytest

import planish as keras
from planish import losses, primitives
from planish.layers import Dense, Input

GENERATOR = np.random.default_rng(5)
X = GENERATOR.normal(size=(10, 4)).astype(np.float32)
Y = GENERATOR.normal(size=(10, 3)).astype(np.float32)
LABELS = GENERATOR.integers(0, 3, 10)
KERNEL = GENERATOR.normal(size=(4, 3)).astype(np.float32)


def trained(loss, y=Y, activation=None, **settings):
    """The loss of a step on all images, the loss of `evaluate` after it, and the new kernel."""
    layer = Dense(3, activation, use_bias=False)
    model = keras.Sequential([Input((4,)), layer])
    layer.set_weights([KERNEL])
    model.compile(keras.optimizers.SGD(0.1), loss, **settings)
    stepped = model.train_on_batch(X, y)
    return [stepped, model.evaluate(X, y, batch_size=4, verbose=0), layer.get_weights()[0].tolist()]


def mean_of_batch(y_true, y_pred):
    squares = primitives.batch_sum(primitives.square(y_true - y_pred), (0,))
    return squares / (3.0 * primitives.batch_size())


def scaled(factor):
    def closure(y_true, y_pred):
        return factor * (y_true - y_pred) ** 2

    return closure


class Own(losses.Loss):
    """Reduces the last axis, as Keras's users do."""

    def __init__(self, power=2, **options):
        super().__init__(**options)
        self.power = power

    def call(self, y_true, y_pred):
        return primitives.reduce_mean((y_true - y_pred) ** self.power, (0,))

    def get_config(self):
        return {**super().get_config(), "power": self.power}


class OfBatch(losses.Loss):
    def call(self, y_true, y_pred):
        return mean_of_batch(y_true, y_pred)


def with_factor(y_true, y_pred, factor):
    return factor * primitives.square(y_true - y_pred)


SAME_AS_MSE = [
    mean_of_batch,
    scaled(1.0),
    functools.partial(with_factor, factor=1.0),
    lambda y_true, y_pred: losses.MeanSquaredError()(y_true, y_pred),
    Own(),
    OfBatch(),
    OfBatch(reduction="none"),
    functools.partial(losses.mean_squared_error),
]


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "interpreted"])
@pytest.mark.parametrize("loss", SAME_AS_MSE, ids=lambda loss: type(loss).__name__)
def test_ways_to_write_a_loss(loss, eager):
    step, evaluated, kernel = trained(loss, run_eagerly=eager)
    expected = trained("mse")
    assert (step, evaluated) == pytest.approx(expected[:2], rel=1e-5)
    np.testing.assert_allclose(kernel, expected[2], rtol=1e-4, atol=1e-6)


SPARSE = [
    lambda labels, logits: losses.sparse_categorical_crossentropy(labels, logits, from_logits=True),
    functools.partial(losses.sparse_categorical_crossentropy, from_logits=True),
    lambda labels, logits: losses.SparseCategoricalCrossentropy(from_logits=True)(labels, logits),
]


@pytest.mark.parametrize("loss", SPARSE)
def test_labels_reach_the_losses_inside(loss):
    step, evaluated, kernel = trained(loss, LABELS)
    expected = trained(losses.SparseCategoricalCrossentropy(from_logits=True), LABELS)
    assert (step, evaluated) == pytest.approx(expected[:2], rel=1e-5)
    np.testing.assert_allclose(kernel, expected[2], rtol=1e-5)


def test_sample_weights_of_a_number_for_the_batch():
    layer = Dense(3, use_bias=False)
    model = keras.Sequential([Input((4,)), layer])
    layer.set_weights([KERNEL])
    model.compile(keras.optimizers.SGD(0.1), mean_of_batch)
    weights = np.arange(10) / 9
    weighted = model.evaluate(X, Y, batch_size=10, verbose=0, sample_weight=weights)
    assert weighted == pytest.approx(0.5 * float(np.mean((X @ KERNEL - Y) ** 2)), rel=1e-5)


def test_a_partial_has_the_name_of_its_function():
    assert losses.get(functools.partial(with_factor, factor=2.0)).name == "with_factor"


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "interpreted"])
def test_a_variable_of_a_loss_may_change_between_steps(eager):
    factor = keras.backend.variable(1.0)

    def loss(y_true, y_pred):
        return factor * primitives.square(y_true - y_pred)

    model = keras.Sequential([Input((4,)), Dense(3, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.0), loss, run_eagerly=eager)
    once = [model.train_on_batch(X, Y), model.evaluate(X, Y, verbose=0)]
    keras.backend.set_value(factor, 3.0)
    thrice = [model.train_on_batch(X, Y), model.evaluate(X, Y, verbose=0)]
    np.testing.assert_allclose(thrice, 3 * np.array(once), rtol=1e-6)


def test_two_variables_of_one_name_in_a_regularizer():
    one, two = keras.backend.variable(0.5, name="scale"), keras.backend.variable(2.0, name="scale")
    layer = Dense(3, kernel_initializer="ones", kernel_regularizer=lambda w: one * two * keras.regularizers.total(w))
    model = keras.Sequential([Input((4,)), layer])
    model.compile("sgd", lambda y_true, y_pred: 0.0 * y_pred)
    assert model.evaluate(X, Y, verbose=0) == 12.0
    with pytest.raises(ValueError, match=r"backend\.variable: `constraint` is not supported"):
        keras.backend.variable(1.0, constraint="non_neg")


class Forgetful(losses.Loss):
    def __init__(self, gamma=2.0):
        self.gamma = gamma


def branching(y_true, y_pred):
    return y_pred if primitives.reduce_sum(y_pred, (0,)) > 0 else y_true


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (branching, r"^loss 'branching': a value that is computed later is neither true nor false"),
        (lambda t, p: p.numpy(), r"^loss '<lambda>': a value that is computed later has no `numpy`"),
        (lambda t, p: float(np.mean(p)), r"^loss '<lambda>': NumPy's mean cannot take a value"),
        (
            lambda t, p: 3.0,
            r"^loss '<lambda>': the result cannot be compiled\n  rule: .*once",
        ),
        (
            lambda t, p: [abs(each) for each in p],
            r"^loss '<lambda>': a value that is computed later cannot be iterated",
        ),
        (Forgetful(), r"^loss Forgetful: `super\(\).__init__\(\)` was not called"),
        (lambda t: t, r"^the loss takes other arguments than it will be given"),
    ],
)
def test_what_cannot_be_compiled_is_refused_with_the_reason(loss, message):
    with pytest.raises((TypeError, ValueError, AttributeError), match=message):
        trained(loss)
