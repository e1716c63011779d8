"""MaxPooling3D, AveragePooling3D and the pools of whole volumes."""

import itertools

import numpy as np
import pytest

import planish
from planish.layers import AveragePooling3D, GlobalAveragePooling3D, GlobalMaxPooling3D, Input, MaxPooling3D
from planish.models import Sequential

from .support import again, error_of, images


def pooled(x, size, strides, padding, function):
    """The definition, window by window; windows are cut at the border."""
    extents = x.shape[1:4]
    needed = [max((-(-n // s) - 1) * s + k - n, 0) for n, s, k in zip(extents, strides, size, strict=True)]
    before = [n // 2 if padding == "same" else 0 for n in needed]
    sizes = [
        -(-n // s) if padding == "same" else (n - k) // s + 1 for n, s, k in zip(extents, strides, size, strict=True)
    ]
    y = np.zeros((len(x), *sizes, x.shape[4]))
    for place in itertools.product(*map(range, sizes)):
        axes = zip(place, strides, size, before, strict=True)
        window = x[(slice(None), *(slice(max(0, p * s - b), p * s - b + k) for p, s, k, b in axes))]
        y[(slice(None), *place)] = function(np.float64(window), axis=(1, 2, 3))
    return y


KINDS = [(MaxPooling3D, np.max), (AveragePooling3D, np.mean)]


@pytest.mark.parametrize(("kind", "function"), KINDS)
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "strides"), [((2, 2, 2), (2, 2, 2)), ((3, 1, 2), (1, 2, 3)), ((1, 4, 3), (2, 1, 1))])
def test_windows(kind, function, padding, size, strides):
    x = images(2, 5, 7, 6, 3)
    layer = kind(size, strides, padding)
    expected = pooled(x, size, strides, padding, function)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape(x.shape) == expected.shape
    model = Sequential([Input(x.shape[1:]), layer])
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)
    first = kind(size, strides, padding, data_format="channels_first")
    np.testing.assert_allclose(first(np.moveaxis(x, -1, 1)), np.moveaxis(expected, -1, 1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("layer", "function"), [(GlobalMaxPooling3D, np.max), (GlobalAveragePooling3D, np.mean)])
def test_whole_volumes(layer, function):
    x = images(2, 5, 7, 6, 3)
    np.testing.assert_allclose(layer()(x), function(x, axis=(1, 2, 3)), rtol=1e-5, atol=1e-6)
    kept = layer("channels_first", keepdims=True)(np.moveaxis(x, -1, 1))
    np.testing.assert_allclose(
        kept, function(np.moveaxis(x, -1, 1), axis=(2, 3, 4), keepdims=True), rtol=1e-5, atol=1e-6
    )


def gradient(layer, x):
    """Of the sum of what the layer gives, weighted."""
    model = Sequential([Input(x.shape[1:]), layer, planish.layers.Flatten(), planish.layers.Dense(1, use_bias=False)])
    weight = np.arange(1, model.weights[0].shape[0] + 1, dtype=np.float32)[:, None]
    model.set_weights([weight])
    return model.gradients(x), weight


def test_the_gradient_of_a_maximum_goes_to_the_first_of_equal_voxels():
    x = np.zeros((1, 4, 2, 2, 1), np.float32)
    found = np.asarray(gradient(MaxPooling3D(2), x)[0])
    expected = np.zeros_like(x)
    expected[0, 0, 0, 0, 0], expected[0, 2, 0, 0, 0] = 1, 2
    np.testing.assert_array_equal(found, expected)


def test_the_gradient_of_a_mean_is_shared():
    x = images(1, 4, 2, 2, 1)
    found = np.asarray(gradient(AveragePooling3D(2), x)[0])
    np.testing.assert_allclose(found.reshape(2, 8), np.repeat([[1 / 8], [2 / 8]], 8, 1), rtol=1e-6)


def test_config_goes_round():
    for layer in (MaxPooling3D((1, 2, 3), 2, "same"), AveragePooling3D(3), GlobalMaxPooling3D(keepdims=True)):
        assert again(layer).get_config() == layer.get_config()
    assert MaxPooling3D().strides == (2, 2, 2)


def test_its_arithmetic():
    model = Sequential([Input((5, 6, 7, 2)), MaxPooling3D(2, padding="same"), AveragePooling3D((1, 2, 2))])
    assert [step.arithmetic for step in planish.shapes(model).steps] == [
        "depth floor((5 + 0 + 1 - 2) / 2) + 1 = 3, rows floor((6 - 2) / 2) + 1 = 3, "
        "columns floor((7 + 0 + 1 - 2) / 2) + 1 = 4",
        "depth floor((3 - 1) / 1) + 1 = 3, rows floor((3 - 2) / 2) + 1 = 1, columns floor((4 - 2) / 2) + 1 = 2",
    ]


def test_windows_larger_than_a_volume():
    assert error_of(lambda: MaxPooling3D(3)(images(1, 2, 5, 5, 1)))[0].startswith(
        "MaxPooling3D 'max_pooling3d': pooling windows of 3x3x3 leave nothing of 2x5x5"
    )
