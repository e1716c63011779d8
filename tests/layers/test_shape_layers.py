"""Reshape, Permute, ZeroPadding2D."""

import numpy as np
import pytest

from planish.layers import Permute, Reshape, ZeroPadding2D

from .support import again, error_of, images

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


@pytest.mark.parametrize(
    ("padding", "sides"), [(2, ((2, 2), (2, 2))), ((1, 3), ((1, 1), (3, 3))), (((1, 2), (0, 4)), ((1, 2), (0, 4)))]
)
def test_zero_padding(padding, sides):
    layer = ZeroPadding2D(padding)
    np.testing.assert_array_equal(layer(X), np.pad(X, ((0, 0), *sides, (0, 0))))
    assert layer.padding == sides
    assert again(layer).get_config() == layer.get_config()


def test_zero_padding_channels_first():
    y = ZeroPadding2D((1, 2), data_format="channels_first")(X.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(y, np.pad(X.transpose(0, 3, 1, 2), ((0, 0), (0, 0), (1, 1), (2, 2))))


@pytest.mark.parametrize("padding", [-1, (1, 2, 3), ((1, 2), 3, 4), "ab", ((1, -2), (0, 0))])
def test_wrong_padding(padding):
    with pytest.raises(ValueError, match="ZeroPadding2D 'zero_padding2d': argument 'padding' is wrong"):
        ZeroPadding2D(padding)
