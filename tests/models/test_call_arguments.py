"""Models and layers whose `call` takes several inputs as separate arguments, which Keras has, too."""

import numpy as np
import pytest

from planish import Input, Model
from planish.layers import Dense, Layer
from planish.models import load_model

A = np.random.default_rng(0).random((4, 5), dtype=np.float32)
B, Y = A[::-1].copy(), np.ones((4, 3), np.float32)


class Pair(Model):
    def __init__(self, **options):
        super().__init__(**options)
        self.dense = Dense(3)

    def call(self, a, b):
        return self.dense(a) + 2.0 * self.dense(b)


class Optional(Model):
    def __init__(self):
        super().__init__()
        self.dense = Dense(3)

    def call(self, a, b=None):
        return self.dense(a) if b is None else self.dense(a) + self.dense(b)


def through(dense, *arrays):
    return [array @ dense.kernel.numpy() + dense.bias.numpy() for array in arrays]


@pytest.mark.parametrize("call", [lambda m: m(A, B), lambda m: m(A, b=B), lambda m: m(a=A, b=B)])
def test_a_model_called_with_two_arrays_computes_and_is_built(call):
    model = Pair()
    y = call(model)
    a, b = through(model.dense, A, B)
    np.testing.assert_allclose(y, a + 2 * b, rtol=1e-5)
    assert model.built
    assert len(model.weights) == 2


def test_it_does_not_know_its_inputs():
    model = Pair(name="pair")
    model(A, B)
    with pytest.raises(AttributeError, match=r"Pair 'pair': the model was only called with several arguments"):
        _ = model.inputs
    assert not hasattr(model, "output_shape")


def test_it_is_a_layer_of_a_functional_model():
    x, z = Input((5,)), Input((5,))
    pair = Pair()
    model = Model([x, z], pair(x, z))
    a, b = through(pair.dense, A, B)
    np.testing.assert_allclose(model.predict([A, B], verbose=0), a + 2 * b, rtol=1e-5)
    model.compile("sgd", "mse")
    before = pair.dense.kernel.numpy()
    model.fit([A, B], Y, verbose=0)
    assert (pair.dense.kernel.numpy() != before).any()


@pytest.mark.parametrize(
    "use",
    [
        lambda m: m.fit([A, B], Y, verbose=0),
        lambda m: m.predict([A, B], verbose=0),
        lambda m: m.evaluate([A, B], Y, verbose=0),
        lambda m: m.predict_on_batch([A, B]),
        lambda m: m(A),
        lambda m: m.build((None, 5)),
    ],
    ids=["fit", "predict", "evaluate", "predict_on_batch", "one array", "build"],
)
@pytest.mark.parametrize("called", [False, True])
def test_data_alone_do_not_have_the_second_argument(use, called):
    model = Pair()
    model.compile("sgd", "mse")
    if called:
        model(A, B)
    with pytest.raises(TypeError) as caught:
        use(model)
    text = str(caught.value)
    assert text.startswith("Pair was called without `b`\n")
    assert "expected: call(a, b)" in text
    assert "def call(self, inputs): a, b = inputs" in text
    assert "Model([a, b], model(a, b))" in text
    assert model(A, B).shape == (4, 3)


def test_an_argument_that_may_be_missing_leaves_fit_and_predict_as_they_are():
    model = Optional()
    assert model(A, B).shape == (4, 3)
    model.compile("sgd", "mse")
    model.fit(A, Y, verbose=0)
    np.testing.assert_allclose(model.predict(A, verbose=0), through(model.dense, A)[0], rtol=1e-5)
    assert model.output_shape == (None, 3)
    a, b = through(model.dense, A, B)
    np.testing.assert_allclose(model(A, B), a + b, rtol=1e-5)


def test_its_weights_can_be_saved_and_loaded(tmp_path):
    model, other = Pair(), Pair()
    y = model(A, B)
    other(A, B)
    model.save_weights(tmp_path / "pair.weights.h5")
    other.load_weights(tmp_path / "pair.weights.h5")
    np.testing.assert_array_equal(other(A, B), y)


def test_it_can_be_saved_and_loaded_as_a_whole(tmp_path):
    model = Pair(name="pair")
    y = model(A, B)
    model.save(tmp_path / "pair.keras")
    other = load_model(tmp_path / "pair.keras", custom_objects={"Pair": Pair})
    assert other.built
    np.testing.assert_array_equal(other(A, B), y)
    assert model.get_build_config() == {
        "input_shape": (None, 5),
        "shapes_dict": {"a_shape": (None, 5), "b_shape": (None, 5)},
    }


def test_a_setting_of_zero_reaches_call():
    class Scaled(Model):
        def call(self, x, factor=1.0):
            return x * factor

    assert not np.any(Scaled()(A, factor=0.0))


def test_it_has_a_summary(capsys):
    model = Pair()
    model(A, B)
    model.summary()
    assert "18" in capsys.readouterr().out


class Scaled(Layer):
    """Layers inside are not built when it is called first; `scale` is a setting."""

    def __init__(self):
        super().__init__()
        self.dense = Dense(3)

    def call(self, a, scale, b=None):
        y = self.dense(a) * scale
        return y if b is None else y + self.dense(b)


class Several(Layer):
    def __init__(self):
        super().__init__()
        self.dense = Dense(3)

    def call(self, *tensors):
        return sum(self.dense(tensor) for tensor in tensors)


def test_settings_of_a_call_are_there_when_the_layer_is_built():
    for call in (lambda m: m(A, 2.0), lambda m: m(A, scale=2.0), lambda m: m(A, 2.0, None)):
        layer = Scaled()
        np.testing.assert_allclose(call(layer), 2 * (A @ layer.dense.kernel.numpy()), rtol=1e-5)
    layer = Scaled()
    x = Input((5,))
    model = Model(x, layer(x, 2.0, x))
    np.testing.assert_allclose(model.predict(A, verbose=0), 3 * (A @ layer.dense.kernel.numpy()), rtol=1e-5)


def test_a_layer_takes_any_number_of_inputs():
    layer = Several()
    np.testing.assert_allclose(layer(A, A, A), 3 * (A @ layer.dense.kernel.numpy()), rtol=1e-5)
    x = Input((5,))
    assert Model(x, Several()(x, x)).output_shape == (None, 3)


def test_a_layer_says_which_argument_is_missing():
    class Sum(Layer):
        def call(self, a, b):
            return a + b

    for given in (A, Input((5,))):
        with pytest.raises(TypeError, match=r"Sum was called without `b`\n  expected: call\(a, b\)"):
            Sum()(given)


def test_a_call_that_fails_leaves_the_model_as_it_was():
    model = Pair()
    with pytest.raises(ValueError, match="features"):
        model(A, np.ones((4, 7), np.float32))
    assert not model.weights
    assert model(np.ones((4, 7)), np.ones((4, 7))).shape == (4, 3)
