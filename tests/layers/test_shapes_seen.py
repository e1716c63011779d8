"""Users' code in Keras's way sees the batch axis in `x.shape`; code in planish's way sees the shape of one image."""

import numpy as np
import pytest

from planish import Input, Model, Sequential, backend, ops, random
from planish.layers import Activation, Dense, Lambda, Layer

from .support import compiled_as_interpreted, error_of, images

X = images(2, 4, 3, 2)


class InKeras(Layer):
    """Notes what it sees before and after the layers inside."""

    def __init__(self, *inner):
        super().__init__()
        self.inner, self.seen = list(inner), []

    def call(self, x, training=None):
        self.seen.append(x.shape)
        for layer in self.inner:
            x = layer(x)
            self.seen.append(x.shape)
        return x


class InPlanish(Layer):
    def __init__(self, *inner):
        super().__init__()
        self.inner, self.seen = list(inner), []

    def call(self, x, context):
        self.seen.append(x.shape)
        for layer in self.inner:
            x = layer(x)
            self.seen.append(x.shape)
        return x


def test_both_ways_in_each_other():
    innermost = InKeras()
    middle = InPlanish(innermost, Dense(5))
    outer = InKeras(middle, InKeras())
    assert outer(X).shape == (2, 4, 3, 5)
    assert {*innermost.seen} == {(None, 4, 3, 2)}
    assert middle.seen[-3:] == [(4, 3, 2), (4, 3, 2), (4, 3, 5)]
    assert outer.seen[-3:] == [(None, 4, 3, 2), (None, 4, 3, 5), (None, 4, 3, 5)]


def test_a_call_that_fails_leaves_nothing_behind():
    class Failing(Layer):
        def call(self, x):
            raise KeyError(x.shape)

    with pytest.raises(KeyError, match=r"\(None, 4, 3, 2\)"):
        Failing()(X)
    plain = InPlanish()
    plain(X)
    assert plain.seen == [(4, 3, 2)]


def test_a_call_in_keras_way_on_top_of_one_in_planishs():
    class Above(InPlanish):
        def call(self, x, training=None):
            self.above = x.shape
            return super().call(x)

    layer = Above()
    layer(X)
    assert (layer.above, layer.seen) == ((None, 4, 3, 2), [(4, 3, 2)])


def test_a_subclass_of_a_layer_of_planish():
    class Wide(Dense):
        def call(self, x, training=None):
            return super().call(x) * x.shape[1] + x.ndim

    layer = Wide(3)
    np.testing.assert_allclose(layer(X), (X @ np.asarray(layer.kernel)) * 4 + 4, rtol=1e-5, atol=1e-5)


def test_functions_that_operations_call():
    seen = []

    def doubled(_, x):
        seen.append(x.shape)
        return 2.0 * x

    Lambda(lambda x: ops.fori_loop(0, 2, doubled, x))(X)
    assert seen == [(None, 4, 3, 2)] * 2


def test_weights_and_numbers_have_no_batch_axis():
    seen = []

    class Scaled(Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(2,), initializer="ones")

        def call(self, x):
            squares = ops.square(self.scale)
            mean = ops.mean(x)
            seen.append((squares.shape, squares.ndim, mean.shape, mean.ndim, x.dtype, (x > 0).dtype))
            return x * squares + mean

    Scaled()(X)
    assert seen == [((2,), 1, (), 0, "float32", "float32")]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ops.reshape(x, (x.shape[0], x.shape[1] * x.shape[2], x.shape[3])),
        lambda x: ops.reshape(x, (-1, *x.shape[2:])) if len(x.shape) == 3 else ops.sum(x, axis=x.ndim - 1),
        lambda x: ops.broadcast_to(ops.mean(x, axis=-1, keepdims=True), x.shape),
        lambda x: ops.image.resize(x, (2 * x.shape[1], 2 * x.shape[2])),
        lambda x: backend.batch_flatten(x) * backend.int_shape(x)[1],
    ],
)
def test_compiled(function):
    compiled_as_interpreted(Lambda(function), 2, 4, 3, 2)


def test_keras_2_functions_of_shapes():
    layer = Lambda(lambda x: backend.batch_flatten(x) * backend.int_shape(x)[1])
    np.testing.assert_allclose(layer(X), X.reshape(2, -1) * 4, rtol=1e-6)
    model = Sequential([Input((4, 3, 2)), Lambda(lambda x: backend.bias_add(x, np.ones(4), "channels_first"))])
    np.testing.assert_allclose(model.predict(X, verbose=0), X + 1, rtol=1e-6)


def test_symbolic_shapes_are_the_same():
    layer = InKeras()
    tensor = Input((4, 3, 2))
    layer(tensor)
    assert layer.seen[0] == tensor.shape
    model = Model(tensor, Activation(lambda x: x / x.shape[1])(tensor))
    np.testing.assert_allclose(model.predict(X, verbose=0), X / 4, rtol=1e-6)


@pytest.mark.parametrize("make", [ops.zeros, ops.ones, random.normal, random.uniform, random.gamma])
def test_arrays_of_a_shape_with_none(make):
    more = (2.0,) if make is random.gamma else ()
    text = error_of(lambda: Lambda(lambda x: x + make(x.shape, *more))(X))
    assert any("ops." in line for line in text if "remedy:" in line), text


def test_what_is_computed_later_is_refused_as_before():
    assert "neither true nor false" in error_of(lambda: Lambda(lambda x: x if x[:, 0] > 0 else -x)(X), TypeError)[0]
    assert "NumPy's mean" in error_of(lambda: Lambda(lambda x: np.mean(x, axis=-1))(X), TypeError)[0]
    assert "has no `foo`" in error_of(lambda: Lambda(lambda x: x.foo)(X), AttributeError)[0]


def test_a_shape_in_a_model_is_that_of_a_layer():
    seen = []

    class Whole(Model):
        def __init__(self):
            super().__init__()
            self.dense = Dense(3)

        def call(self, inputs):
            a, b = inputs["a"], inputs["b"]
            seen.append((a.shape, b.shape))
            return self.dense(ops.reshape(a, (-1, a.shape[1] * a.shape[2]))) + b.shape[-1]

    arrays = {"a": images(2, 4, 3), "b": images(2, 5)}
    model = Whole()
    model.compile("sgd", lambda t, p: ops.mean(ops.square(t - p), axis=-1) * p.shape[1])
    model.fit(arrays, np.zeros((2, 3), np.float32), verbose=0)
    assert model.predict(arrays, verbose=0).shape == (2, 3)
    assert {*seen} == {((None, 4, 3), (None, 5))}
