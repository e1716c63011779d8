"""What users do to symbolic tensors and layers by mistake, and what they are told."""

import numpy as np
import pytest

import planish as keras
from planish.layers import Add, Dense, Dot, Layer


@pytest.fixture
def x():
    return keras.Input((4,))


def test_the_length_of_a_symbolic_tensor_is_not_known(x):
    with pytest.raises(TypeError, match=r"no length yet(.|\n)*ops\.shape\(x\)\[0\]"):
        len(x)


def test_a_part_of_a_symbolic_tensor_cannot_be_assigned(x):
    with pytest.raises(TypeError, match=r"cannot be assigned(.|\n)*ops\.where"):
        x[:, 0] = 1


def test_a_symbolic_tensor_cannot_be_called_nor_taken_for_a_function(x):
    assert not callable(x)
    with pytest.raises(TypeError, match="'SymbolicTensor' object is not callable"):
        x(Dense(3))
    model = keras.Model(x, Dense(3)(x))
    for use in (
        lambda: Dense(3, activation=x),
        lambda: Dense(3, kernel_initializer=x),
        lambda: Dense(3, kernel_regularizer=x),
        lambda: model.compile("sgd", loss=x),
        lambda: model.compile("sgd", "mse", metrics=[x]),
        lambda: keras.models.clone_model(model, clone_function=x),
    ):
        with pytest.raises((TypeError, ValueError), match=r"SymbolicTensor|symbolic tensor"):
            use()


def test_a_symbolic_tensor_has_no_numbers(x):
    with pytest.raises(AttributeError, match=r"no numbers(.|\n)*predict"):
        x.numpy()
    assert not hasattr(x, "numpy")


def test_a_layer_cannot_be_called_on_a_layer():
    with pytest.raises(TypeError, match=r"a layer was called on a layer(.|\n)*Input\(shape=\.\.\.\)"):
        Dense(3)(Dense(4))


def test_a_layer_without_call_says_what_is_missing(x):
    class Silent(Layer):
        pass

    with pytest.raises(NotImplementedError, match=r"Silent does not say what it computes(.|\n)*def call\(self, x\)"):
        Silent()(x)


def test_a_model_without_outputs_says_what_it_received(x):
    with pytest.raises(TypeError, match=r"received: inputs=\.\.\."):
        keras.Model(inputs=x)


def test_merging_layers_say_how_many_tensors_they_take(x):
    with pytest.raises(ValueError, match=r"a list of tensors(.|\n)*Add\(\)\(\[a, b\]\)"):
        Add()(x)
    with pytest.raises(ValueError, match=r"a list of 2 tensors(.|\n)*Dot\(axes=1\)\(\[a, b\]\)"):
        Dot(axes=1)(x)


def test_structures_that_hold_themselves_are_refused(x):
    inside, named = [x], {}
    inside.append([inside])
    named["again"] = named
    for use in (
        lambda: keras.Model(inside, x),
        lambda: keras.Model(x, inside),
        lambda: keras.Model(x, named),
        lambda: Add()(inside),
    ):
        with pytest.raises(ValueError, match="holds itself"):
            use()


def test_a_layer_called_on_nothing_says_so():
    with pytest.raises(ValueError, match="there is no input"):
        Dense(3)({})


def test_a_merging_layer_that_is_called_on_two_tensors(x):
    with pytest.raises(TypeError, match=r"call\(inputs\)(.|\n)*Add\(\.\.\.\)\(\[a, b\]\)"):
        Add()(x, x)


def test_an_array_where_a_symbolic_tensor_belongs_is_told_by_its_shape(x):
    with pytest.raises(ValueError, match=r"received: an array of shape \(64, 4\), of type ndarray\n"):
        keras.Model(np.zeros((64, 4)), Dense(3)(x))


def test_a_weight_that_was_never_made(x):
    class Scaled(Layer):
        def call(self, inputs):
            return inputs * self.scale

    with pytest.raises(AttributeError, match=r"call uses `self.scale`(.|\n)*self.scale = self.add_weight"):
        Scaled()(x)


def test_a_call_that_returns_nothing(x):
    class Forgetful(Layer):
        def call(self, inputs):
            inputs + 1

    with pytest.raises(TypeError, match=r"received: a NoneType\n  remedy:   return y"):
        Forgetful()(x)


def test_a_kernel_before_the_shape_of_the_input_is_known():
    layer = Dense(3)
    with pytest.raises(AttributeError, match=r"has no `kernel` yet(.|\n)*build\(input_shape\)"):
        layer.kernel  # noqa: B018
    assert not hasattr(layer, "kernel")
