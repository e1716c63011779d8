"""`trainable` of layers and of their variables. Answers are those of Keras 3.15.1."""

import numpy as np
import pytest

import planish as keras
from planish import Input, Model, Sequential
from planish.layers import BatchNormalization, Dense, Layer
from planish.models import load_model
from planish.variable import Weight

X, Y = np.ones((4, 3), np.float32), np.ones((4, 1), np.float32)


def flags(layer):
    return [variable.trainable for variable in layer.weights]


def built(layer):
    layer.build((None, 3))
    return layer


def test_freezing_a_layer_freezes_its_variables_and_thawing_thaws_them():
    dense = built(Dense(2))
    dense.trainable = False
    assert flags(dense) == [False, False]
    dense.trainable = True
    assert flags(dense) == [True, True]


@pytest.mark.parametrize("frozen", ["by its constructor", "before it is built"])
def test_variables_that_a_frozen_layer_makes_are_frozen(frozen):
    dense = Dense(2, trainable=frozen != "by its constructor")
    dense.trainable = False
    built(dense)
    assert flags(dense) == [False, False]
    dense.trainable = True
    assert flags(dense) == [True, True]


def test_a_variable_that_becomes_an_attribute_of_a_frozen_layer_is_frozen():
    layer = Layer(trainable=False)
    layer.scale = Weight("scale", "scale", (3,))
    assert not layer.scale.trainable
    layer.trainable = True
    assert layer.scale.trainable


def test_what_was_made_not_to_be_trained_stays_so():
    norm = built(BatchNormalization())
    for value, expected in ((False, [False] * 4), (True, [True, True, False, False])):
        norm.trainable = value
        assert flags(norm) == expected


def test_freezing_reaches_layers_inside():
    inner = Sequential([Input((3,)), Dense(2)])
    model = Sequential([Input((3,)), inner, Dense(1)])
    model.trainable = False
    assert flags(model) == [False] * 4
    inner.trainable = True
    assert flags(model) == [True, True, False, False]
    assert model.trainable_weights == []


def test_weights_keep_their_order_whatever_is_frozen():
    dense = built(Dense(2))
    dense.kernel.trainable = False
    assert [variable.name for variable in dense.weights] == ["kernel", "bias"]
    assert [variable.name for variable in dense.trainable_weights] == ["bias"]
    assert [variable.name for variable in dense.non_trainable_weights] == ["kernel"]


def test_a_frozen_variable_is_not_trained():
    model = Sequential([Input((3,)), Dense(2, name="first"), Dense(1)])
    dense = model.get_layer("first")
    dense.kernel.trainable = False
    kernel, bias = dense.get_weights()
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(dense.kernel, kernel)
    assert (dense.bias.numpy() != bias).any()


def test_a_file_of_a_model_with_a_frozen_variable_is_read_as_it_was_written(tmp_path):
    model = Sequential([Input((3,)), Dense(3, name="first", bias_initializer="ones"), Dense(1)])
    model.get_layer("first").kernel.trainable = False
    model.save(tmp_path / "model.keras")
    other = load_model(tmp_path / "model.keras")
    for got, wanted in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_frozen_copy_of_a_model_stays_frozen(tmp_path):
    x = Input((3,))
    model = Model(x, Dense(1, trainable=False)(x))
    model.save(tmp_path / "model.keras")
    for other in (load_model(tmp_path / "model.keras"), keras.models.clone_model(model)):
        assert flags(other) == [False, False]
