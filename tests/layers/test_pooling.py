"""MaxPooling2D and AveragePooling2D: what they share, and the numbers of each."""

import numpy as np
import pytest

from planish.layers import AveragePooling2D, AvgPool2D, MaxPool2D, MaxPooling2D

from .support import again, error_of, images


def pooled(x, reduce, window, strides, padding):
    """The definition, window by window; pixels outside the image do not exist."""
    extents = x.shape[1:3]
    if padding == "same":
        counts = [-(-n // s) for n, s in zip(extents, strides, strict=True)]
        starts = [max((c - 1) * s + w - n, 0) // 2 for c, s, w, n in zip(counts, strides, window, extents, strict=True)]
    else:
        counts = [(n - w) // s + 1 for n, w, s in zip(extents, window, strides, strict=True)]
        starts = [0, 0]
    y = np.zeros((len(x), *counts, x.shape[3]), np.float32)
    for row, column in np.ndindex(*counts):
        top, left = row * strides[0] - starts[0], column * strides[1] - starts[1]
        part = x[:, max(top, 0) : top + window[0], max(left, 0) : left + window[1]]
        y[:, row, column] = reduce(part, axis=(1, 2))
    return y


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("window", "strides"), [((2, 2), None), ((3, 2), (2, 2)), ((3, 3), (1, 1)), ((2, 3), (3, 1)), ((1, 1), (2, 2))]
)
@pytest.mark.parametrize(("layer_class", "reduce"), [(MaxPooling2D, np.max), (AveragePooling2D, np.mean)])
def test_windows(layer_class, reduce, window, strides, padding):
    x = images(2, 7, 8, 3)
    layer = layer_class(window, strides, padding)
    y = layer(x)
    np.testing.assert_allclose(y, pooled(x, reduce, window, strides or window, padding), rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, 7, 8, 3)) == (None, *y.shape[1:])


@pytest.mark.parametrize("layer_class", [MaxPooling2D, AveragePooling2D])
def test_channels_first(layer_class):
    x = images(2, 7, 8, 3)
    y = layer_class(2, data_format="channels_first")(x.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(y, layer_class(2)(x).transpose(0, 3, 1, 2))


def test_names_and_config():
    assert MaxPool2D is MaxPooling2D
    assert AvgPool2D is AveragePooling2D
    layer = MaxPooling2D(pool_size=3, strides=2, padding="same")
    assert layer.name == "max_pooling2d"
    assert AveragePooling2D().name == "average_pooling2d"
    config = layer.get_config()
    assert (config["pool_size"], config["strides"], config["padding"]) == ((3, 3), (2, 2), "same")
    assert again(layer).get_config() == config
    assert MaxPooling2D((2, 3)).strides == (2, 3)


@pytest.mark.parametrize("layer_class", [MaxPooling2D, AveragePooling2D])
@pytest.mark.parametrize("arguments", [{"pool_size": 0}, {"strides": -1}, {"padding": "full"}, {"data_format": "nhwc"}])
def test_wrong_arguments(layer_class, arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        layer_class(**arguments)


def test_pooling_to_nothing():
    assert error_of(lambda: MaxPooling2D(2)(images(1, 1, 5, 3))) == [
        "MaxPooling2D 'max_pooling2d': pooling windows of 2x2 leave nothing of 1x5 pixels",
        "  expected:    a map of 2x2 or more",
        "  received:    1x5",
        "  input shape: (None, 1, 5, 3)",
        "  remedy:      pool_size=(1, 2), or padding='same', or larger images",
    ]


def test_wrong_rank():
    with pytest.raises(ValueError, match="AveragePooling2D 'average_pooling2d': the input has the wrong rank"):
        AveragePooling2D()(images(1, 100))
