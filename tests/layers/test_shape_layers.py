"""Reshape, Permute, RepeatVector, Identity."""

import numpy as np
import pytest

from planish import Input, Model
from planish.layers import Identity, Permute, RepeatVector, Reshape

from .support import again, compiled_as_interpreted, error_of, images

X = images(2, 4, 6, 3)


@pytest.mark.parametrize("target", [(72,), (8, 9), (-1,), (2, -1, 6), (4, 6, 3, 1)])
def test_reshape(target):
    layer = Reshape(target)
    expected = X.reshape(2, *target)
    np.testing.assert_array_equal(layer(X), expected)
    assert layer.compute_output_shape((None, 4, 6, 3)) == (None, *expected.shape[1:])
    assert again(layer).get_config() == layer.get_config()


@pytest.mark.parametrize("target", [(-1, -1), (0, 3), (2.5,), "ab"])
def test_wrong_target_shapes(target):
    with pytest.raises(ValueError, match="Reshape 'reshape': argument 'target_shape' is wrong"):
        Reshape(target)


def test_reshape_to_another_size():
    assert error_of(lambda: Reshape((8, 8))(X)) == [
        "Reshape 'reshape': 72 numbers cannot take the shape (8, 8)",
        "  expected:    64 numbers",
        "  received:    72 numbers",
        "  input shape: (None, 4, 6, 3)",
        "  remedy:      Reshape((8, 9))",
    ]
    with pytest.raises(ValueError, match=r"expected: +a multiple of 5 numbers"):
        Reshape((5, -1))(X)


def test_permute():
    layer = Permute((3, 1, 2))
    np.testing.assert_array_equal(layer(X), X.transpose(0, 3, 1, 2))
    assert layer.compute_output_shape((None, 4, 6, 3)) == (None, 3, 4, 6)
    assert again(layer).get_config() == layer.get_config()


@pytest.mark.parametrize("dims", [(0, 1), (1, 1), (1, 3)])
def test_wrong_dims(dims):
    with pytest.raises(ValueError, match="Permute 'permute': argument 'dims' is wrong"):
        Permute(dims)


def test_permute_of_another_rank():
    with pytest.raises(ValueError, match="is not an order of the input's axes"):
        Permute((2, 1))(X)


def test_a_vector_as_a_sequence():
    layer, x = RepeatVector(4), images(5, 3)
    assert (compiled_as_interpreted(layer, 5, 3) == np.repeat(x[:, None], 4, 1)).all()
    assert layer.compute_output_shape((None, 3)) == (None, 4, 3)
    assert again(layer).get_config() == layer.get_config()
    assert layer.name == "repeat_vector"


@pytest.mark.parametrize("n", [0, 2.5, "2", None, True])
def test_a_wrong_number_of_repetitions(n):
    with pytest.raises(ValueError, match="RepeatVector 'repeat_vector': argument 'n' is wrong"):
        RepeatVector(n)


def test_only_vectors_are_repeated():
    with pytest.raises(ValueError, match=r"expected: +rank 2: \(batch, features\)"):
        RepeatVector(2)(X)


def test_identity():
    layer = Identity()
    np.testing.assert_array_equal(layer(X), X)
    assert layer.compute_output_shape((None, 4, 6, 3)) == (None, 4, 6, 3)
    assert again(layer).get_config() == layer.get_config()
    compiled_as_interpreted(layer, 3, 5, 2)


def test_identity_of_a_structure():
    a, b = Input((3,)), Input((2,))
    given = Identity()({"a": a, "b": [b]})
    model = Model([a, b], [given["a"], given["b"][0] * 2.0])
    x, y = images(4, 3), images(4, 2)
    for found, expected in zip(model.predict([x, y], verbose=0), (x, 2 * y), strict=True):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(Identity()([x, y])[1], y)


def test_identity_alone_is_a_model():
    x = Input((3,))
    np.testing.assert_array_equal(Model(x, Identity()(x)).predict(images(4, 3), verbose=0), images(4, 3))
