"""Layers and weights that a layer makes in its own `call`, which Keras refuses, too."""

import numpy as np
import pytest

from planish import Input, Model, ops
from planish.layers import Activation, Dense, Layer

X = np.ones((2, 4), np.float32)


class Assigned(Model):
    def call(self, x):
        self.dense = Dense(3)
        return self.dense(x)


class Once(Layer):
    def __init__(self):
        super().__init__()
        self.dense = None

    def call(self, x):
        if self.dense is None:
            self.dense = Dense(3)
        return self.dense(x)


class Listed(Model):
    def __init__(self):
        super().__init__()
        self.stack, self.named = [], {}

    def call(self, x):
        if not self.stack:
            self.stack.append(Dense(3))
            self.named["last"] = Dense(3)
        return self.named["last"](self.stack[0](x))


class Weighted(Layer):
    def call(self, x):
        self.kernel = self.add_weight(shape=(4, 3), name="kernel")
        return ops.matmul(x, self.kernel)


class Nameless(Layer):
    def call(self, x):
        return ops.matmul(x, self.add_weight(shape=(4, 3)))


@pytest.mark.parametrize("made", [Assigned, Once, Listed, Weighted, Nameless])
@pytest.mark.parametrize("given", [X, Input((4,))], ids=["an array", "a symbolic tensor"])
def test_parts_that_are_made_in_call_are_refused_every_time(made, given):
    layer = made()
    before = len(layer.weights), {name: repr(value) for name, value in vars(layer).items() if name[0] != "_"}
    for _ in range(2):
        with pytest.raises(ValueError, match="`call` makes layers or weights"):
            layer(given)
    layer.built = False
    assert (len(layer.weights), {name: repr(value) for name, value in vars(layer).items() if name[0] != "_"}) == before


class Beside(Model):
    """As in Keras, its `call` runs for `first` to be built, and may make more then."""

    def __init__(self, *, again):
        super().__init__()
        self.again, self.first, self.last = again, Dense(4), None

    def call(self, x):
        if self.last is None or self.again:
            self.last = Dense(3)
        return self.last(self.first(x))


def test_call_may_make_parts_once_where_others_are_built():
    model = Beside(again=False)
    y = model(X)
    assert len(model.weights) == 4
    np.testing.assert_array_equal(model(X), y)
    model.compile("sgd", "mse")
    model.fit(X, np.ones((2, 3)), verbose=0)
    assert len(model.weights) == 4


def test_call_may_not_make_them_again():
    model = Beside(again=True)
    for _ in range(2):
        with pytest.raises(ValueError, match="`call` makes layers or weights"):
            model(X)


def test_the_message_names_what_was_made_and_where_it_belongs():
    with pytest.raises(ValueError, match=r"received: Dense 'dense\w*'\n.*self\.inner = Dense\(\.\.\.\) in __init__"):
        Assigned()(X)
    with pytest.raises(ValueError, match=r"a weight 'kernel' of shape \(4, 3\)\n.*self\.add_weight.* in build"):
        Weighted()(X)


def test_fit_refuses_them_too():
    model = Assigned()
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="`call` makes layers or weights"):
        model.fit(X, np.ones((2, 3)), verbose=0)


def test_layers_may_be_made_in_build_and_lose_nothing():
    class Built(Layer):
        def build(self, input_shape):
            self.dense = Dense(input_shape[-1])

        def call(self, x):
            return Activation("relu")(self.dense(x))

    layer = Built()
    assert layer(X).shape == (2, 4)
    assert len(layer.weights) == 2


def test_a_layer_that_replaces_another_one_changes_what_the_model_gives():
    class Wrapped(Model):
        def __init__(self):
            super().__init__()
            self.inner = Dense(3)

        def call(self, x):
            return self.inner(x)

    model = Wrapped()
    model.compile("sgd", "mse")
    model.fit(X, np.ones((2, 3)), verbose=0)
    model.inner = Dense(5)
    assert model.predict(X, verbose=0).shape == (2, 5)
    assert model.output_shape[-1] == 5
    model.compile("sgd", "mse")
    model.fit(X, np.ones((2, 5)), verbose=0)
