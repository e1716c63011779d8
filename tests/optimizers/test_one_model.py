"""An optimizer trains one model: what it keeps belongs to the weights themselves and not to their names."""

import copy
import re
import warnings

import numpy as np
import pytest

from planish.layers import Dense, Input
from planish.models import Sequential, load_model
from planish.optimizers import SGD, Adam, Nadam, RMSprop, schedules

X, Y = np.ones((4, 2), np.float32), np.ones((4, 3), np.float32)
FOREIGN = "was built for another model, or for this one before it changed"

OPTIMIZERS = [
    SGD,
    Adam,
    Nadam,
    lambda: SGD(momentum=0.9),
    lambda: RMSprop(momentum=0.5),
    lambda: SGD(schedules.ExponentialDecay(0.1, 2, 0.5)),
    lambda: Adam(use_ema=True),
]


def model_with(optimizer, name="d"):
    model = Sequential([Input((2,)), Dense(3, name=name)])
    model.compile(optimizer, "mse")
    return model


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_a_second_model_is_refused_as_in_keras(make):
    optimizer = make()
    first, second = model_with(optimizer), model_with(optimizer)
    first.fit(X, Y, epochs=3, verbose=0)
    before = second.get_weights()
    for train in (lambda: second.fit(X, Y, verbose=0), lambda: second.train_on_batch(X, Y)):
        with pytest.raises(ValueError, match=FOREIGN) as caught:
            train()
    assert "expected: 'd/kernel', 'd/bias'\n  received: 'd/kernel', 'd/bias', of other layers" in str(caught.value)
    assert all(np.array_equal(a, b) for a, b in zip(before, second.get_weights(), strict=True))
    assert int(optimizer.iterations) == 3
    first.fit(X, Y, verbose=0)  # goes on as if nothing had been
    assert int(optimizer.iterations) == 4


def test_the_remedy_works():
    optimizer = Adam()
    first, second = model_with(optimizer), model_with(optimizer)
    first.fit(X, Y, verbose=0)
    with pytest.raises(ValueError, match=re.escape("compile each model with an optimizer of its own")):
        second.fit(X, Y, verbose=0)
    second.compile(Adam(0.01), "mse")
    second.fit(X, Y, verbose=0)
    assert int(second.optimizer.iterations) == 1


def test_a_model_whose_layers_were_exchanged_is_refused():
    model = model_with(Adam())
    model.fit(X, Y, verbose=0)
    model.pop()
    model.add(Dense(3, name="d"))
    with pytest.raises(ValueError, match=FOREIGN):
        model.fit(X, Y, verbose=0)
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)


def test_a_model_that_lost_a_layer_trains_on():
    model = Sequential([Input((2,)), Dense(3), Dense(3)])
    model.compile(SGD(momentum=0.9), "mse")
    model.fit(X, Y, verbose=0)
    model.pop()
    model.fit(X, Y, verbose=0)
    assert int(model.optimizer.iterations) == 2


def test_a_layer_can_be_thawed():
    model = Sequential([Input((2,)), Dense(3, trainable=False), Dense(3)])
    model.compile(Adam(), "mse")
    model.fit(X, Y, verbose=0)
    frozen = model.layers[0].get_weights()
    model.layers[0].trainable = True
    model.fit(X, Y, verbose=0)
    assert not np.array_equal(frozen[0], model.layers[0].get_weights()[0])


def test_slots_of_weights_whose_paths_look_alike_are_apart():
    optimizer = Adam()
    inner = Sequential([Dense(3, name="b")], name="a")
    model = Sequential([Input((2,)), inner, Dense(3, name="a_b")])
    model.compile(optimizer, "mse")
    model.fit(X, Y, epochs=2, verbose=0)
    paths = [variable.path for variable in optimizer.variables]
    assert len(set(paths)) == len(paths) == 2 + 2 * 4
    assert not np.array_equal(*(optimizer.slots(weight)["momentum"].value for weight in model.weights[1::2]))


def test_a_copy_of_a_model_has_an_optimizer_that_knows_its_weights():
    model = model_with(Adam())
    model.fit(X, Y, verbose=0)
    other = copy.deepcopy(model)
    for each in (model, other):
        each.fit(X, Y, verbose=0)
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_model_is_saved_without_the_state_that_belongs_to_another(tmp_path):
    optimizer = Adam()
    first, second = model_with(optimizer), model_with(optimizer)
    first.fit(X, Y, epochs=2, verbose=0)
    first.save_weights(tmp_path / "first.weights.h5")
    second.save(tmp_path / "second.keras")
    assert len(load_model(tmp_path / "second.keras").optimizer.variables) == 2 + 4  # slots that wait for a first step
    before = [variable.numpy() for variable in optimizer.variables]
    with pytest.warns(UserWarning, match="the optimizer 'adam' trains another model"):
        second.load_weights(tmp_path / "first.weights.h5")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first.load_weights(tmp_path / "first.weights.h5")
    for one, two in zip(before, optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, two)
