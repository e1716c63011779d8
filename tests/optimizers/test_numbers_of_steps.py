"""The count of steps and the learning rate are variables, as in Keras 3 (asked: 3.15.1 on TensorFlow)."""

import copy
import pickle

import numpy as np
import pytest

from planish.callbacks import LambdaCallback
from planish.layers import Dense, Input
from planish.models import Sequential
from planish.optimizers import SGD, Adam, Nadam, schedules
from planish.variable import Variable

X, Y = np.ones((4, 2), np.float32), np.ones((4, 3), np.float32)


def model_with(optimizer):
    model = Sequential([Input((2,)), Dense(3)])
    model.compile(optimizer, "mse")
    return model


def test_the_learning_rate_is_a_variable():
    optimizer = Adam(0.25)
    rate = optimizer.learning_rate
    assert isinstance(rate, Variable)
    assert (rate.path, rate.shape, rate.dtype) == ("adam/learning_rate", (), "float32")
    assert (float(rate), rate.numpy(), type(rate.numpy())) == (0.25, 0.25, np.float32)
    rate.assign(0.5)
    optimizer.learning_rate.assign_sub(0.125)
    assert (float(rate), optimizer.scalars(0)["learning_rate"]) == (0.375, 0.375)
    assert optimizer.get_config()["learning_rate"] == 0.375
    optimizer.learning_rate = 0.75
    assert optimizer.learning_rate is rate
    assert rate == 0.75
    assert f"{rate:.3f} {0.5 * rate}" == "0.750 0.375"
    assert repr(rate) == "<Variable path=adam/learning_rate, shape=(), dtype=float32, value=0.75>"


def test_what_a_callback_assigns_is_trained_with():
    models = [model_with(SGD(0.5)), model_with(SGD(0.25))]
    models[1].set_weights(models[0].get_weights())
    halve = LambdaCallback(on_epoch_begin=lambda epoch, logs: models[0].optimizer.learning_rate.assign(0.25))
    for model in models:
        model.fit(X, Y, epochs=2, verbose=0, callbacks=[halve])
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_rate_of_a_schedule_is_a_number_for_reading():
    optimizer = SGD(schedules.ExponentialDecay(0.5, 10, 0.5))
    assert (float(optimizer.learning_rate), optimizer.learning_rate.numpy()) == (0.5, 0.5)
    optimizer.iterations.assign(10)
    assert float(optimizer.learning_rate) == 0.25
    with pytest.raises(TypeError, match="SGD: the learning rate follows a schedule"):
        optimizer.learning_rate = 0.1
    with pytest.raises(AttributeError):
        optimizer.learning_rate.assign(0.1)
    optimizer.learning_rate = schedules.PiecewiseConstantDecay([5], [1.0, 2.0])
    assert float(optimizer.learning_rate) == 2.0
    assert [variable.name for variable in optimizer.variables] == ["iteration"]


def test_the_count_of_steps_is_a_variable():
    model = model_with(Adam())
    steps = model.optimizer.iterations
    assert (steps.path, steps.dtype, steps.numpy(), type(steps.numpy())) == ("adam/iteration", "int64", 0, np.int64)
    model.fit(X, Y, epochs=3, batch_size=2, verbose=0)
    assert model.optimizer.iterations is steps
    assert (int(steps), steps + 1, steps == 6, steps % 4, list(range(3))[steps - 5]) == (6, 7, True, 2, 1)
    assert model.optimizer.variables[:2] == [steps, model.optimizer.learning_rate]


@pytest.mark.parametrize("steps", [-5, 2.5, True, None, "3", 2**60])
def test_counts_of_steps_that_make_no_sense(steps):
    with pytest.raises(ValueError, match="Adam: `iterations` is not a number of steps\n  expected: an integer, 0"):
        Adam().iterations = steps


def test_a_count_of_many_steps_takes_no_time():
    for optimizer in (Nadam(), Adam(), SGD(schedules.CosineDecayRestarts(0.1, 10))):
        optimizer.iterations = 2**50
        assert np.isfinite(list(optimizer.scalars(int(optimizer.iterations)).values())).all()
        model = model_with(optimizer)
        model.train_on_batch(X, Y)
        assert optimizer.iterations == 2**50 + 1


def test_the_product_of_momenta_is_that_of_all_factors():
    product = 1.0
    for number in range(1, 1501):
        product *= 0.999 * (1 - 0.5 * 0.96**number)
    assert Nadam(beta_1=0.999).momentum_product(1500) == pytest.approx(product, rel=1e-12)


@pytest.mark.parametrize("again", [copy.deepcopy, lambda optimizer: pickle.loads(pickle.dumps(optimizer))])
def test_copies_have_numbers_of_their_own(again):
    optimizer = Adam(0.5)
    other = again(optimizer)
    optimizer.learning_rate.assign(0.25)
    optimizer.iterations.assign_add(2)
    assert (float(other.learning_rate), int(other.iterations)) == (0.5, 0)
