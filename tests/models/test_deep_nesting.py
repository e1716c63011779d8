"""Models inside models inside models: what can be done with them, and what is said if Python cannot follow."""

import copy
import pickle
import sys

import numpy as np
import pytest

import planish as keras
from planish.layers import Dense, Input, Layer

X = np.ones((2, 4), np.float32)


def functional(model):
    x = Input((4,))
    return keras.Model(x, model(x))


def sequential(model):
    return keras.Sequential([Input((4,)), model])


def nested(around, depth):
    model = keras.Sequential([Input((4,)), Dense(4)])
    for _ in range(depth):
        model = around(model)
    return model


class Around(Layer):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, x):
        return self.inner(x)


@pytest.fixture(scope="module", params=[sequential, functional])
def model(request):
    return nested(request.param, 150)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_and_pickles(model, copied):
    other = copied(model)
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])
    other.set_weights([2 * weight for weight in other.get_weights()])
    np.testing.assert_allclose(other(X), 2 * np.asarray(model(X)), rtol=1e-6)
    assert len([*other.flattened()]) == len([*model.flattened()])
    assert "_inside" not in vars(other)


def test_layers_that_are_deep_inside_others_are_copied_once():
    shared = Dense(4)
    layer = Around(Around(shared))
    layer.other = shared
    other = copy.deepcopy(layer)
    assert other.other is other.inner.inner
    assert other.other is not shared


@pytest.fixture
def short_of_calls():
    """Python follows fewer calls than it does: the time to make models that are too deep grows with the square of their
    number."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(450)
    yield
    sys.setrecursionlimit(before)


def test_what_is_too_deep_for_python_is_told(short_of_calls):
    for around, act in (
        (Around, lambda layer: layer(X)),
        (Around, lambda layer: layer(Input((4,)))),
        (functional, keras.models.clone_model),
        (sequential, lambda model: model.to_json()),
    ):
        with pytest.raises(ValueError, match="nested too deep for Python to follow\n  remedy: one model with all"):
            act(nested(around, 200))
