"""Models whose precision is float64: asked for in each of Keras's ways, and computed as Keras on TensorFlow does."""

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

import planish as keras
from planish import dtype_policies
from planish.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, Layer, Rescaling
from planish.models import Model, Sequential, clone_model, load_model
from planish.primitives.interpreter import interpret
from tests.float64.cases import TOLERANCES, classifier, data, filled, regressor, trained

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "recorded.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _float32_afterwards():
    yield
    keras.config.set_floatx("float32")
    dtype_policies._global[0] = None


def small(**options):
    return Sequential([Input((5,)), Dense(4, activation="tanh", **options), Dense(3, **options)])


class Own(Model):
    """A subclass, all of whose layers are asked for what it is."""

    def __init__(self, **options):
        super().__init__(**options)
        self.first, self.last = (Dense(units, dtype=options["dtype"]) for units in (4, 3))

    def call(self, x):
        return self.last(keras.ops.tanh(self.first(x)))


WAYS = {
    "floatx": lambda: (keras.config.set_floatx("float64"), small())[1],
    "backend": lambda: (keras.backend.set_floatx("float64"), small())[1],
    "policy": lambda: (keras.config.set_dtype_policy("float64"), small())[1],
    "argument": lambda: small(dtype="float64"),
    "NumPy's type": lambda: small(dtype=np.float64),
    "object": lambda: small(dtype=keras.DTypePolicy("float64")),
    "subclass": lambda: Own(dtype="float64"),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_a_model_in_float64(way):
    model, x = WAYS[way](), np.random.default_rng(0).normal(size=(6, 5))
    y = model.predict(x, verbose=0)
    first, bias, last, _ = model.get_weights()
    assert {y.dtype, first.dtype, bias.dtype} == {np.dtype(np.float64)}
    np.testing.assert_allclose(y, np.tanh(x @ first) @ last, rtol=0, atol=1e-14)
    layer = model.layers[0]
    assert (layer.dtype, layer.compute_dtype, layer.variable_dtype, layer.dtype_policy.name) == ("float64",) * 4
    assert (model(x).dtype, model(x[:2]).numpy().dtype) == (np.float64, np.float64)


@pytest.mark.parametrize("name", ["classifier", "regressor"])
def test_training_is_keras_s(name):
    keras.config.set_floatx("float64")
    found = trained(keras, name)
    for what, tolerance in TOLERANCES.items():
        pairs = zip(found[what], RECORDED[name][what], strict=True)
        for one, other in pairs:
            np.testing.assert_allclose(one, other, rtol=0, atol=tolerance, err_msg=what)


@pytest.mark.parametrize("make", [classifier, regressor])
def test_programs_are_right(make):
    """The compiled program beside the interpreter, and gradients beside differences of losses."""
    model = filled(make(keras, dtype="float64"), 7)
    x, classes, numbers = data(8, 3)
    graph = model.graph()
    expected = interpret(graph, {"x": x, **{each.path: each.value for each in model.weights}}).outputs["y"]
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=0, atol=1e-12)
    y = classes if make is classifier else numbers
    loss = "sparse_categorical_crossentropy" if make is classifier else "mse"
    model.compile("sgd", loss)
    found = model.gradients(x, y=y)
    step = 1e-5
    for place in ((0, 1, 2, 0), (1, 5, 5, 2)):
        losses = []
        for sign in (1, -1):
            moved = x[place[0] : place[0] + 1].copy()
            moved[(0, *place[1:])] += sign * step
            losses.append(model.evaluate(moved, y[place[0] : place[0] + 1], verbose=0))
        assert abs((losses[0] - losses[1]) / (2 * step) - found[place]) < 1e-7


def test_steps_taken_by_the_interpreter_are_the_same():
    models = [filled(classifier(keras, dtype="float64"), 1) for _ in range(2)]
    x, classes, _ = data(3)
    for model, eagerly in zip(models, (True, False), strict=True):
        model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=eagerly)
        model.fit(x, classes, batch_size=5, shuffle=False, verbose=0)
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


def test_threads_change_no_bit(monkeypatch):
    results = []
    for threads in ("1", "3"):
        monkeypatch.setenv("PLANISH_NUM_THREADS", threads)
        model = filled(classifier(keras, dtype="float64"), 1)
        x, classes, _ = data(3, 300)
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(x, classes, batch_size=256, verbose=0, shuffle=False)
        results.append([*model.get_weights(), model.predict(x, verbose=0)])
    assert all((one == other).all() for one, other in zip(*results, strict=True))


def test_a_frozen_trunk_changes_no_bit():
    x, classes, _ = data(3)
    results = []
    for together in (True, False):
        model = filled(classifier(keras, dtype="float64"), 1)
        for layer in model.layers[:-1]:
            layer.trainable = False
        model.compile("sgd", "sparse_categorical_crossentropy")
        for _ in range(1 if together else 3):
            model.fit(x, classes, epochs=3 if together else 1, batch_size=8, shuffle=False, verbose=0)
        results.append(model.get_weights())
    assert all((one == other).all() for one, other in zip(*results, strict=True))


def test_numbers_keep_their_digits():
    """Constants of layers, scalars of optimizers, and weights of images."""
    keras.config.set_floatx("float64")
    model = Sequential([Input((2,)), Rescaling(0.1, 0.3), Dense(1, use_bias=False, kernel_initializer="ones")])
    x = np.array([[0.7, 0.9]])
    assert model.predict(x, verbose=0)[0, 0] == pytest.approx(0.1 * 0.7 + 0.3 + 0.1 * 0.9 + 0.3, abs=1e-15)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.train_on_batch(x, np.array([[0.2]]), sample_weight=np.array([0.3]))
    wrong = 2 * 0.3 * (0.1 * 0.7 + 0.3 + 0.1 * 0.9 + 0.3 - 0.2)
    expected = [1 - 0.1 * wrong * (0.1 * each + 0.3) for each in x[0]]
    np.testing.assert_allclose(model.get_weights()[0][:, 0], expected, rtol=0, atol=1e-15)
    assert {variable.dtype for variable in model.optimizer.variables} == {"int64", "float64"}


@pytest.mark.parametrize("name", ["Adafactor", "Ftrl", "Lamb", "Muon", "Nadam"])
def test_what_an_optimizer_keeps_is_float64(name):
    keras.config.set_floatx("float64")
    model = small()
    model.compile(getattr(keras.optimizers, name)(use_ema=True), "mse")
    model.fit(np.ones((4, 5)), np.ones((4, 3)), verbose=0)
    assert {variable.dtype for variable in model.optimizer.variables} == {"int64", "float64"}


def test_files_of_keras_are_read():
    model = load_model(HERE / "keras.keras")
    x = data(4)[0]
    assert {variable.dtype for variable in model.weights} == {"float64"}
    np.testing.assert_allclose(model.predict(x[:3], verbose=0), RECORDED["file"], rtol=0, atol=1e-12)
    assert {variable.dtype for variable in model.optimizer.variables[2:]} == {"float64"}


def test_files_and_copies_keep_the_precision(tmp_path):
    model = filled(classifier(keras, dtype="float64"), 1)
    x, classes, _ = data(3)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, classes, verbose=0)
    model.save(tmp_path / "model.keras")
    expected = model.predict(x, verbose=0)
    copies = [load_model(tmp_path / "model.keras"), copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    copies.append(clone_model(model))
    copies[-1].set_weights(model.get_weights())
    for each in copies:
        assert (each.predict(x, verbose=0) == expected).all()
    assert model.program().startswith("%0: f64[N,8,8,3] = input[name='x']")
    assert "direct" in model.program(emit="plan")
    model.save_weights(tmp_path / "model.weights.h5")
    narrow = classifier(keras)
    narrow.load_weights(tmp_path / "model.weights.h5")
    assert narrow.predict(x, verbose=0).dtype == np.float32
    np.testing.assert_allclose(narrow.predict(x, verbose=0), expected, atol=1e-5)


def test_layers_of_both_precisions_are_refused():
    wide, narrow = Dense(3, dtype="float64", name="wide"), Dense(2, name="narrow")
    with pytest.raises(TypeError, match="'narrow/kernel' is float32, but what reads it computes in float64") as caught:
        Sequential([Input((4,)), wide, narrow])
    assert "keras.config.set_floatx('float64')" in str(caught.value)


def test_layers_without_weights_follow_the_others():
    model = Sequential([Input((4, 1)), Flatten(), Dropout(0.5), Dense(3, dtype="float64"), Dropout(0.5)])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 4, 1)), np.ones((4, 3)), verbose=0)
    assert model.predict(np.ones((2, 4, 1)), verbose=0).dtype == np.float64


def test_weights_of_another_type_are_refused():
    class Scaled(Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(1,), dtype="float32", initializer="ones")

        def call(self, x):
            return x * self.scale

    with pytest.raises(ValueError, match="this dtype is not supported") as caught:
        Scaled(dtype="float64")(np.ones((2, 2)))
    assert "the layer computes in float64" in str(caught.value)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "int32", "double"])
def test_other_types_are_refused(name):
    with pytest.raises(ValueError, match="set_floatx: planish does not compute in this type"):
        keras.config.set_floatx(name)
    with pytest.raises(ValueError, match="this dtype is not supported"):
        Dense(2, dtype=name)


def test_the_global_policy_comes_before_floatx():
    keras.config.set_floatx("float64")
    assert (keras.config.floatx(), keras.config.dtype_policy().name, keras.backend.floatx()) == ("float64",) * 3
    keras.config.set_dtype_policy("float32")
    assert (Dense(2).dtype, Conv2D(2, 3, dtype="float64").dtype, BatchNormalization().dtype) == (
        "float32",
        "float64",
        "float32",
    )


def test_looking_inside_is_in_float64():
    model = filled(classifier(keras, dtype="float64"), 1)
    x = data(3)[0][:2]
    name = model.layers[1].name
    assert (model.activations(x, name).dtype, model.gradients(x).dtype) == (np.float64, np.float64)
    lines = []
    model.summary(print_fn=lines.append)
    count = model.count_params()
    assert f"Total params: {count:,} ({8 * count / 1024:.2f} KB)" in "\n".join(map(str, lines))


def test_numbers_beyond_float32_are_numbers():
    x, y = np.full((4, 3), 1e39), np.full((4, 2), 2e39)
    model = Sequential([Input((3,)), Dense(2, dtype="float64", kernel_initializer="ones")])
    model.compile("sgd", "mae")
    np.testing.assert_allclose(model.predict(x, verbose=0), 3e39)
    model.fit(x, y, verbose=0)
    assert model.evaluate(x, y, verbose=0) > 1e38
    for bad in (np.inf, np.nan):
        with pytest.raises(ValueError, match="`x` holds values that are not finite"):
            model.fit(np.full((4, 3), bad), y, verbose=0)
    with pytest.raises(ValueError, match="`y` holds values that are not finite"):
        model.fit(x, np.full((4, 2), -np.inf), verbose=0)
    narrow = Sequential([Input((3,)), Dense(2)])
    narrow.compile("sgd", "mae")
    with pytest.raises(ValueError, match="`x` holds values that are too large"):
        narrow.fit(x, np.ones((4, 2)), verbose=0)
