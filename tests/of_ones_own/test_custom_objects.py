"""Objects of one's own in configurations and files: registered, given for a block, or given for a call."""

import json

import numpy as np
import pytest

import planish as keras
from planish import (
    activations,
    constraints,
    custom_objects,
    initializers,
    losses,
    metrics,
    optimizers,
    primitives,
    regularizers,
)
from planish.layers import Dense, Input, Layer
from planish.saving import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)

X = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
Y = X[:, :1]


@pytest.fixture(autouse=True)
def nothing_stays_registered(monkeypatch):
    monkeypatch.setattr(custom_objects, "_registered", {})
    monkeypatch.setattr(custom_objects, "_names", {})


def activation(x):
    return 2.0 * primitives.tanh(x)


def initializer(shape, dtype=None):
    return np.full(shape, 0.25, dtype)


def regularizer(w):
    return 0.1 * regularizers.total(abs(w))


def halved(w):
    return 0.5 * w


def loss(y_true, y_pred):
    return abs(y_true - y_pred)


def metric(y_true, y_pred):
    return np.abs(y_true - y_pred)


class Activation:
    def __init__(self, factor=2.0):
        self.factor = factor

    def __call__(self, x):
        return self.factor * x

    def get_config(self):
        return {"factor": self.factor}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class Initializer(initializers.Initializer):
    def __init__(self, value=0.25):
        self.value = value

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.value, dtype)

    def get_config(self):
        return {"value": self.value}


class Regularizer(regularizers.Regularizer):
    def __init__(self, factor=0.1):
        self.factor = factor

    def __call__(self, x):
        return self.factor * regularizers.total(abs(x))

    def get_config(self):
        return {"factor": self.factor}


class Held(constraints.Constraint):
    def __init__(self, factor=0.5):
        self.factor = factor

    def __call__(self, w):
        return self.factor * w

    def get_config(self):
        return {"factor": self.factor}


class Loss(losses.Loss):
    def __init__(self, factor=1.0, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * abs(y_true - y_pred)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


class Metric(metrics.Mean):
    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(np.abs(y_true - y_pred), sample_weight)


class Optimizer(optimizers.SGD):
    pass


class Doubled(Layer):
    def call(self, x, context):
        return 2.0 * x


FUNCTIONS = [activation, initializer, regularizer, halved, loss, metric, optimizers.SGD]
CLASSES = [Activation, Initializer, Regularizer, Held, Loss, Metric, Optimizer]
OWN = {item.__name__: item for item in (*FUNCTIONS[:-1], *CLASSES, Doubled)}


def model_of(pieces):
    made = [piece() if isinstance(piece, type) else piece for piece in pieces]
    first = Dense(3, made[0], kernel_initializer=made[1], kernel_regularizer=made[2], kernel_constraint=made[3])
    model = keras.Sequential([Input((4,)), first, Doubled(name="doubled"), Dense(1)])
    model.compile(made[6], made[4], metrics=[made[5]])
    model.train_on_batch(X, Y)
    return model


def check_same(loaded, model):
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    assert loaded.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    assert loaded.train_on_batch(X, Y) == model.train_on_batch(X, Y)
    for ours, theirs in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("pieces", [FUNCTIONS, CLASSES], ids=["functions", "classes"])
def test_a_file_with_pieces_of_ones_own(pieces, tmp_path):
    model, path = model_of(pieces), tmp_path / "own.keras"
    model.save(path)
    check_same(keras.saving.load_model(path, custom_objects=OWN), model)
    with custom_object_scope(OWN):
        check_same(keras.models.load_model(path), keras.models.load_model(path))
    with pytest.raises(ValueError, match=r"unknown layer class 'Doubled'"):
        keras.saving.load_model(path)
    for item in OWN.values():
        register_keras_serializable("mine")(item)
    with pytest.raises(ValueError, match=r"unknown layer class 'Doubled'"):
        keras.saving.load_model(path)  # it names them without their package
    model.save(path)
    check_same(keras.saving.load_model(path), keras.saving.load_model(path))


@pytest.mark.parametrize(
    ("room", "item"),
    [
        (activations, activation), (activations, Activation), (initializers, initializer), (initializers, Initializer),
        (regularizers, regularizer), (regularizers, Regularizer), (constraints, halved), (constraints, Held),
        (losses, loss), (losses, Loss), (metrics, metric), (metrics, Metric), (optimizers, Optimizer),
    ],
)  # fmt: skip
def test_strings_and_configurations_in_a_block(room, item):
    name = item.__name__
    with pytest.raises(ValueError, match=f"unknown .* '{name}'"):
        room.get(name)
    with custom_object_scope({name: item}):
        found = room.get(name)
        config = json.loads(json.dumps(room.serialize(found)))
        assert type(room.get(config)) is type(found)
    assert type(room.get(room.deserialize(config, {name: item}))) is type(found)


def test_the_forms_are_those_of_keras():
    register_keras_serializable("mine", "Kept")(Held)
    register_keras_serializable()(activation)
    assert constraints.serialize(Held(0.25)) == {
        "module": __name__,
        "class_name": "Held",
        "config": {"factor": 0.25},
        "registered_name": "mine>Kept",
    }
    assert activations.serialize(activation) == {
        "module": "builtins",
        "class_name": "function",
        "config": "Custom>activation",
        "registered_name": "function",
    }
    assert get_registered_name(Held) == "mine>Kept"
    assert get_registered_object("mine>Kept") is Held
    assert constraints.deserialize(constraints.serialize(Held(0.25))).factor == 0.25


def test_a_registered_class_does_not_take_the_place_of_planishs_own():
    @register_keras_serializable("mine")
    class Dense(keras.layers.Dense):
        pass

    assert type(keras.layers.deserialize(keras.layers.serialize(keras.layers.Dense(3)))) is keras.layers.Dense
    assert type(keras.layers.deserialize(keras.layers.serialize(Dense(3)))) is Dense


def test_blocks_in_blocks():
    with CustomObjectScope({"one": 1}):
        with CustomObjectScope({"two": 2}):
            assert [get_registered_object(name) for name in ("one", "two", "three")] == [1, 2, None]
        assert get_registered_object("two") is None
    assert get_registered_object("one") is None
    assert get_registered_object("one", {"one": 1}) == get_registered_object("one", None, {"one": 1}) == 1


def test_the_dictionary_of_what_was_registered_may_be_changed():
    get_custom_objects().update({"swish2": activation})
    assert keras.layers.Activation("swish2").activation is activation


def test_mistakes():
    with pytest.raises(ValueError, match="the class Bare cannot be registered: it has no get_config"):

        @register_keras_serializable()
        class Bare:
            pass

    with pytest.raises(TypeError, match="register_keras_serializable was used without parentheses"):

        @register_keras_serializable
        class Missing:
            pass

    with pytest.raises(ValueError, match=r"'mine' of module 'my.code' is not an object that planish has"):
        keras.saving.deserialize_keras_object({"class_name": "mine", "config": {}, "module": "my.code"})
