"""Layers and models inside of functions that TensorFlow's pipelines call with tensors that have no values yet.

What stands for TensorFlow here has what planish asks of it: whether a tensor has a value, and a function as a step.
"""

import sys
import types

import numpy as np
import pytest

import planish as keras
from planish import layers

X = np.random.default_rng(3).random((4, 6, 7, 3), np.float32)


class Shape(tuple):
    """Of a tensor; the number of axes may be unknown."""

    @property
    def rank(self):
        return None if self == ("unknown",) else len(self)


class Later:
    """A tensor of a pipeline: `value` is a function of what the pipeline is given."""

    def __init__(self, shape, value=lambda given: given):
        self.shape, self.value = Shape(shape), value

    @property
    def ndim(self):
        return self.shape.rank

    def set_shape(self, shape):
        self.shape = Shape(shape)

    def __getitem__(self, place):
        shape = (1, *self.shape) if place is None else self.shape[1:]
        return Later(shape, lambda given: self.value(given)[place])


Later.__module__ = "tensorflow.python.framework.ops"


def numpy_function(function, tensors, types):
    def value(given, place):
        results = function(*(tensor.value(given) for tensor in tensors))
        several = results if isinstance(results, list) else [results]
        assert [each.dtype.name for each in several] == ([types] if isinstance(types, str) else types)
        return several[place]

    if isinstance(types, str):
        return Later(("unknown",), lambda given: value(given, 0))
    return [Later(("unknown",), lambda given, place=place: value(given, place)) for place in range(len(types))]


@pytest.fixture(autouse=True)
def tensorflow(monkeypatch):
    module = types.ModuleType("tensorflow")
    module.numpy_function = numpy_function
    module.is_symbolic_tensor = lambda value: isinstance(value, Later)
    monkeypatch.setitem(sys.modules, "tensorflow", module)


def test_a_layer_becomes_a_step_of_the_pipeline():
    resize = layers.Resizing(3, 5)
    y = resize(Later((None, 6, 7, 3)))
    assert y.shape == (None, 3, 5, 3)
    np.testing.assert_array_equal(y.value(X), resize(X))


def test_sizes_that_are_not_known_stay_unknown():
    assert layers.Rescaling(0.5)(Later((None, None, None, 3))).shape == (None, None, None, 3)


@pytest.mark.parametrize(
    "layer", [layers.Resizing(3, 5), keras.Sequential([layers.Resizing(3, 5), layers.Rescaling(1.0)])]
)
def test_one_image_gives_one_image(layer):
    y = layer(Later((None, None, 3)))
    assert y.shape == (3, 5, 3)
    np.testing.assert_allclose(y.value(X[0]), layers.Resizing(3, 5)(X)[0], atol=1e-6)


def test_a_model_that_changes_images_does_so_anew_for_each_batch():
    change = keras.Sequential([layers.RandomRotation(0.4, seed=1), layers.RandomFlip(seed=2)])
    y, still = change(Later((None, 6, 7, 3))), change(Later((None, 6, 7, 3)), training=False)
    first, second = y.value(X), y.value(X)
    assert not np.array_equal(first, X)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(still.value(X), X)


def test_a_model_of_several_inputs_and_outputs_keeps_their_structure():
    a, b = keras.Input((3,)), keras.Input((3,))
    model = keras.Model([a, b], {"sum": layers.Add()([a, b]), "wide": layers.Dense(4)(b)})
    one, other = Later((None, 3), lambda given: given[0]), Later((None, 3), lambda given: given[1])
    y = model([one, other])
    given = np.ones((2, 3), np.float32), np.full((2, 3), 5, np.float32)
    assert {name: each.shape for name, each in y.items()} == {"sum": (None, 3), "wide": (None, 4)}
    np.testing.assert_array_equal(y["sum"].value(given), np.full((2, 3), 6))
    np.testing.assert_allclose(y["wide"].value(given), model.predict([*given], verbose=0)["wide"], rtol=1e-6)


def test_images_are_prepared_for_nets_that_people_know():
    y = keras.applications.mobilenet_v2.preprocess_input(Later((None, None, 3)))
    assert y.shape == (None, None, 3)
    np.testing.assert_allclose(y.value(X[0] * 255), X[0] * 2 - 1, atol=1e-5)


def test_a_tensor_of_an_unknown_number_of_axes_is_refused():
    with pytest.raises(ValueError, match=r"number of axes of the tensor is not known(.|\n)*set_shape"):
        layers.Rescaling(0.5)(Later(("unknown",)))


def test_a_layer_that_cannot_take_the_tensor_says_so_when_the_pipeline_is_made():
    with pytest.raises(ValueError, match="wrong rank"):
        layers.Conv2D(2, 3)(Later((None, 6)))


def test_functions_of_tensorflow_in_a_layer_are_told_what_to_use_instead():
    def call(x):
        return x.__tf_tensor__()

    with pytest.raises(TypeError, match=r"TensorFlow's functions(.|\n)*ops\.mean"):
        layers.Lambda(call)(X)
    with pytest.raises(TypeError, match=r"TensorFlow's functions(.|\n)*ops\.mean"):
        call(keras.Input((3,)))


def test_tensorflows_tape_is_told_what_to_use_instead():
    loss = keras.losses.MeanSquaredError()(np.ones((2, 3)), np.zeros((2, 3)))
    for value in (loss, layers.Rescaling(2.0)(X)):
        assert not hasattr(value, "_id")
        with pytest.raises(AttributeError, match=r"tape has not seen(.|\n)*model\.gradients\(x, target, of=layer\)"):
            _ = value._id


def test_tensorflow_does_not_rewrite_layers():
    assert hasattr(layers.Rescaling(1.0), "autograph_info__")
    assert hasattr(keras.Sequential(), "autograph_info__")
