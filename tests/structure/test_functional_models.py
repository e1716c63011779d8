"""Functional models of planish: what lies between two points that every way passes is one step."""

import pytest

import planish as keras
from planish.layers import Conv2D, Dense, Flatten, ReLU
from tests.models import branched


def test_branches_are_one_step_and_count_all_of_their_layers():
    found = keras.shapes(branched.residual())
    assert [step.label for step in found.steps] == ["Add block 'sum'", "Flatten 'flat'", "Dense 'scores'"]
    assert found.parameters == branched.residual().count_params()
    assert found.pair is not None
    assert found.pair.features == 60
    assert found.alternatives


def test_a_chain_with_models_inside_is_its_layers():
    inner_x = keras.Input((6, 6, 1))
    inner = keras.Model(inner_x, ReLU(name="second")(Conv2D(2, 3, name="first")(inner_x)), name="inner")
    x = keras.Input((6, 6, 1))
    model = keras.Model(x, Flatten(name="flat")(inner(x)))
    assert [step.name for step in keras.shapes(model).steps] == ["first", "second", "flat"]
    assert int(keras.flat_features(model)) == 32
    assert keras.flat_features(model, (8, 8, 1)) == 72
    assert keras.flatten_map(model, input_shape=(8, 8, 1)).shape == (6, 6, 2)


def test_a_layer_used_several_times_is_counted_once():
    model = branched.shared()
    found = keras.shapes(model)
    assert found.parameters == model.count_params()
    assert found.output_shape == (4,)


def test_windows_of_the_copy_are_those_of_the_model():
    model = branched.residual()
    own, copied = model.flatten_map(), keras.flatten_map(model, input_shape=(6, 5, 2))
    assert [copied.receptive_field(index) for index in range(60)] == [own.receptive_field(index) for index in range(60)]


def test_models_with_several_ends_are_refused():
    with pytest.raises(ValueError, match=r"not one way[\s\S]*2 inputs and 2 outputs"):
        keras.shapes(branched.two_inputs())


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="mine")
        self.inner = Dense(2)

    def call(self, x):
        return self.inner(x)


def test_classes_that_write_call_themselves_are_refused():
    model = Subclassed()
    model.build((None, 3))
    with pytest.raises(ValueError, match=r"not one way[\s\S]*writes `call` itself"):
        keras.shapes(model)
