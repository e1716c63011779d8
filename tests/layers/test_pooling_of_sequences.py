"""MaxPooling1D and AveragePooling1D are those of images of one row."""

import numpy as np
import pytest

from planish.layers import (
    AveragePooling1D,
    AveragePooling2D,
    AvgPool1D,
    MaxPool1D,
    MaxPooling1D,
    MaxPooling2D,
)

from .support import again, compiled_as_interpreted, error_of, images

TWINS = [(MaxPooling1D, MaxPooling2D), (AveragePooling1D, AveragePooling2D)]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("window", "strides"), [(2, None), (3, 2), (3, 1), ((4,), (3,)), (1, 2)])
@pytest.mark.parametrize(("layer_class", "twin"), TWINS)
def test_windows(layer_class, twin, window, strides, padding):
    x = images(2, 11, 3)
    layer = layer_class(window, strides, padding)
    across = (1, *layer.pool_size), (1, *layer.strides)
    np.testing.assert_array_equal(layer(x), twin(*across, padding)(x[:, None])[:, 0])
    first = layer_class(window, strides, padding, data_format="channels_first")
    np.testing.assert_array_equal(first(x.transpose(0, 2, 1)), np.transpose(layer(x), (0, 2, 1)))
    assert layer.compute_output_shape((None, 11, 3)) == (None, *layer(x).shape[1:])
    assert layer.compute_output_shape((None, None, 3)) == (None, None, 3)


@pytest.mark.parametrize("layer", [MaxPooling1D(3, 2, "same"), AveragePooling1D(3, 2, "same"), MaxPooling1D(2)])
def test_compiled(layer):
    compiled_as_interpreted(layer, 5, 11, 3)


def test_names_and_config():
    assert MaxPool1D is MaxPooling1D
    assert AvgPool1D is AveragePooling1D
    layer = MaxPooling1D()
    assert (layer.name, layer.pool_size, layer.strides) == ("max_pooling1d", (2,), (2,))
    assert layer.built
    layer = AveragePooling1D(3, strides=2, padding="same")
    config = layer.get_config()
    assert (config["pool_size"], config["strides"], config["padding"]) == ((3,), (2,), "same")
    assert again(layer).get_config() == config


@pytest.mark.parametrize("arguments", [{"pool_size": 0}, {"pool_size": (2, 2)}, {"strides": 0}, {"padding": "causal"}])
def test_wrong_arguments(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        MaxPooling1D(**arguments)


def test_a_sequence_shorter_than_a_window():
    assert error_of(lambda: MaxPooling1D(4)(images(1, 3, 2))) == [
        "MaxPooling1D 'max_pooling1d': pooling windows of 4 leave nothing of 3 steps",
        "  expected:    4 steps or more",
        "  received:    3",
        "  input shape: (None, 3, 2)",
        "  remedy:      pool_size=3, or padding='same', or longer sequences",
    ]


@pytest.mark.parametrize(
    ("shape", "remedy"),
    [
        ((2, 28), "add the channel axis: Reshape((28, 1))"),
        ((2, 28, 28, 3), "MaxPooling2D for images"),
        ((2, 2, 2, 2, 2, 2), "sequences have 2 axes: Reshape((steps, channels)) in front of the layer makes them"),
    ],
)
def test_what_is_not_a_sequence(shape, remedy):
    lines = error_of(lambda: MaxPooling1D()(images(*shape)))
    assert lines[0] == "MaxPooling1D 'max_pooling1d': the input has the wrong rank"
    assert lines[1] == "  expected:    rank 3: (batch, steps, channels)"
    assert lines[-1] == f"  remedy:      {remedy}"
