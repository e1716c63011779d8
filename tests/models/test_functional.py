"""Functional models: what is between symbolic inputs and outputs, in any form, and what cannot be."""

import copy
import gc
import json
import pickle
import weakref

import numpy as np
import pytest

from planish import Input, Model, Sequential, layers, models, ops
from planish.layers import Add, BatchNormalization, Concatenate, Conv2D, Dense, Dropout, Flatten, GlobalAveragePooling2D
from planish.models import load_model
from tests.layers.support import error_of

RANDOM = np.random.default_rng(3)


def images(count=3, *shape):
    return RANDOM.standard_normal((count, *(shape or (8, 8, 3)))).astype(np.float32)


def residual(name=None):
    x = Input((8, 8, 3), name="image")
    a = Conv2D(4, 3, padding="same", activation="relu", name="first")(x)
    b = BatchNormalization(name="norm")(Conv2D(4, 3, padding="same", name="second")(a))
    y = Dense(3, name="scores")(GlobalAveragePooling2D(name="pool")(layers.ReLU(name="relu")(Add(name="sum")([a, b]))))
    return Model(x, y, name=name)


def outputs_of(model, *arrays):
    return model([*arrays] if len(arrays) > 1 else arrays[0], training=False)


def test_layers_come_in_keras_order():
    assert [layer.name for layer in residual().layers] == [
        "image", "first", "second", "norm", "sum", "relu", "pool", "scores",
    ]  # fmt: skip


def test_a_shared_layer_is_there_once_and_has_one_set_of_weights():
    x, z = Input((4,)), Input((4,))
    shared = Dense(4)
    model = Model([x, z], shared(shared(x)) + shared(z))
    assert len(model.weights) == 2
    assert [layer.class_name for layer in model.layers] == ["InputLayer", "Dense", "InputLayer"]
    a, b = images(2, 4), images(2, 4)
    kernel, bias = shared.get_weights()
    expected = (a @ kernel + bias) @ kernel + bias + b @ kernel + bias
    np.testing.assert_allclose(model([a, b], training=True), expected, atol=1e-5)


def test_models_inside_models():
    x = Input((8, 8, 3))
    inner = residual("inner")
    twice = Model(x, inner(x) * 0.5 + inner(ops.flip(x, axis=1)), name="twice")
    outer = Sequential([Input((8, 8, 3)), twice, Dense(2)])
    a = images()
    expected = inner.predict(a, verbose=0) * 0.5 + inner.predict(a[:, ::-1], verbose=0)
    np.testing.assert_allclose(twice.predict(a, verbose=0), expected, atol=1e-5)
    assert outer.output_shape == (None, 2)
    assert {*inner.weights} < {*outer.weights}


def test_what_is_inside_of_a_model_can_be_asked_for():
    model = residual()
    a = images()
    features = Model(model.inputs, model.get_layer("sum").output)
    every = Model(model.input, [layer.output for layer in model.layers])
    assert len(every.outputs) == 8
    np.testing.assert_array_equal(features.predict(a, verbose=0), model.activations(a, "sum"))


def test_a_model_may_begin_inside_of_another():
    model = residual()
    a = images()
    head = Model(model.get_layer("sum").output, model.output)
    middle = Model(model.input, model.get_layer("sum").output)
    assert head.layers[0].class_name == "InputLayer"
    assert model.layers[0].class_name == "InputLayer"
    np.testing.assert_allclose(
        head.predict(middle.predict(a, verbose=0), verbose=0), model.predict(a, verbose=0), atol=1e-6
    )
    assert {*head.weights} < {*model.weights}


def test_a_replaced_head():
    base = Sequential([Input((8, 8, 3)), Conv2D(4, 3), Flatten(), Dense(3)])
    model = Model(base.inputs, Dense(7)(base.layers[-2].output))
    assert model.output_shape == (None, 7)
    assert base.output_shape == (None, 3)
    assert model.layers[1] is base.layers[0]


@pytest.mark.parametrize(
    "form", [lambda a, b: [a, b], lambda a, b: (a, b), lambda a, b: {"b": b, "a": a}, lambda a, b: [{"a": a}, (b,)]]
)
def test_inputs_and_outputs_in_any_nesting(form):
    a, b = Input((3,), name="a"), Input((2,), name="b")
    model = Model(form(a, b), form(a * 2.0, b + 1.0))
    x, z = images(2, 3), images(2, 2)
    returned = model(form(x, z), training=True)
    assert type(returned) is type(form(x, z))
    expected = form(x * 2, z + 1)
    for got, wanted in zip(_flat(returned), _flat(expected), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-6)


def _flat(structure):
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in _flat(structure[key])]
    return [leaf for item in structure for leaf in _flat(item)] if isinstance(structure, list | tuple) else [structure]


@pytest.mark.parametrize("again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies(again):
    model = residual()
    other = again(model)
    a = images()
    np.testing.assert_array_equal(other.predict(a, verbose=0), model.predict(a, verbose=0))
    assert not {*map(id, other.layers)} & {*map(id, model.layers)}
    assert Model(other.input, other.get_layer("sum").output).output_shape == (None, 8, 8, 4)


def test_a_network_of_many_layers_is_copied_and_saved_without_recursion(tmp_path):
    x = y = Input((2,))
    for _ in range(700):
        y = layers.Activation("linear")(y)
    model = Model(x, Dense(1)(y))
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert len(other.layers) == len(model.layers) == 702


def test_files_and_configurations(tmp_path):
    model = residual("net")
    model.save(tmp_path / "net.keras")
    a = images()
    loaded = load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(loaded.predict(a, verbose=0), model.predict(a, verbose=0))
    config = json.loads(json.dumps(model.get_config()))
    assert json.loads(json.dumps(Model.from_config(config).get_config())) == json.loads(json.dumps(loaded.get_config()))


def test_models_are_freed_when_nobody_uses_them():
    gc.disable()
    try:
        model = residual()
        model.predict(images(), verbose=0)
        seen = weakref.ref(model), weakref.ref(model.layers[1])
        del model
        assert [ref() for ref in seen] == [None, None]
    finally:
        gc.enable()


def test_sizes_that_come_with_the_data():
    x = Input((None, None, 3))
    y = Conv2D(4, 3, strides=2)(x)
    assert y.shape == (None, None, None, 4)
    model = Model(x, Dense(2)(GlobalAveragePooling2D()(y)))
    assert model.output_shape == (None, 2)
    for shape in ((9, 11, 3), (20, 7, 3)):
        assert model(images(2, *shape), training=True).shape == (2, 2)
    lines = error_of(lambda: Dense(2, name="d")(Flatten()(y)))
    assert lines[0] == "Dense 'd': the layer's weights depend on a size that comes with the data"
    assert "GlobalAveragePooling2D() in place of Flatten()" in lines[-2]


def test_training_behaves_as_it_is_told():
    x = Input((4,))
    always, never = Dropout(0.5)(x, training=True), Dropout(0.5)(x, training=False)
    ones = np.ones((50, 4), np.float32)
    assert (Model(x, always)(ones, training=False) == 0).any()
    assert (np.asarray(Model(x, never)(ones, training=True)) == 1).all()


def test_statistics_of_the_batch_at_inference():
    x = Input((4,))
    model = Model(x, BatchNormalization()(x, training=True))
    a = images(32, 4)
    y = model.predict(a, verbose=0)
    np.testing.assert_allclose(y, (a - a.mean(0)) / np.sqrt(a.var(0) + 1e-3), atol=1e-5)
    assert (model.layers[1].moving_mean.numpy() == 0).all()


def test_mistakes_are_explained():
    x, z = Input((4,), name="x"), Input((4,), name="z")
    y = Add(name="sum")([Dense(4, name="a")(x), z])
    lines = error_of(lambda: Model(x, y, name="net"))
    assert lines[0] == "Functional 'net': the outputs cannot be computed from the inputs"
    assert "  received: outputs that also need the input 'z' (None, 4)" in lines
    assert error_of(lambda: Model(x, 3))[0].endswith("`outputs` contains something that is not a symbolic tensor")
    assert error_of(lambda: Model([x, x], x))[0].endswith("an input is given twice")
    assert error_of(lambda: Model([], x))[0].endswith("`inputs` is empty")
    twice = error_of(lambda: Model(x, Dense(2, name="same")(Dense(2, name="same")(x))))
    assert twice[0].endswith("two layers have the same name")
    shapes = error_of(lambda: Conv2D(2, 3, name="c")(Dense(4, name="d")(x)))
    assert "  shapes:      (None, 4) -> Dense 'd' (None, 4) -> Conv2D 'c'" in shapes


def test_concatenations_and_sums_train_as_the_interpreter_does():
    a = images(8, 6, 6, 2)
    y = RANDOM.standard_normal((8, 3)).astype(np.float32)

    def trained(eager):
        x = Input((6, 6, 2))
        left, right = Conv2D(3, 3, padding="same", activation="relu")(x), Conv2D(2, 1)(x)
        joined = Concatenate()([left, right, x])
        model = Model(x, Dense(3)(Flatten()(Conv2D(3, 3)(joined) + Conv2D(3, 3)(joined * 0.5))))
        for place, weight in enumerate(model.weights):
            weight.assign(np.random.default_rng(place).standard_normal(weight.shape) * 0.2)
        model.compile("sgd", "mse", run_eagerly=eager)
        model.fit(a, y, epochs=3, batch_size=4, shuffle=False, verbose=0)
        return model.get_weights()

    for compiled, interpreted in zip(trained(False), trained(True), strict=True):
        np.testing.assert_allclose(compiled, interpreted, atol=2e-5)


def test_a_model_with_unregistered_layers_of_ones_own_can_be_cloned():
    class Own(layers.Layer):
        def call(self, x):
            return x * 2.0

    inner = Sequential([Input((4,)), Own(), Dense(3)])
    x = Input((4,), name="start")
    for model in (inner, Model(x, inner(Own()(x)) + 1.0, name="outer")):
        clone = models.clone_model(model)
        clone.set_weights(model.get_weights())
        a = images(2, 4)
        assert clone.name == model.name
        assert [layer.name for layer in clone.layers] == [layer.name for layer in model.layers]
        assert not {*clone.weights} & {*model.weights}
        np.testing.assert_array_equal(clone.predict(a, verbose=0), model.predict(a, verbose=0))
