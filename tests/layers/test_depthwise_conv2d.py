import numpy as np
import pytest

from planish.layers import DepthwiseConv2D

from .support import (
    again,
    by_channel,
    convolved,
    error_of,
    fill,
    images,
    same_with_channels_first,
    trained_as_differences_say,
)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("size", "stride", "rate", "multiplier"), [(3, 1, 1, 1), (2, 2, 1, 3), (3, 1, 2, 2), (3, 2, 2, 1)]
)
def test_windows(padding, size, stride, rate, multiplier):
    x = images(2, 7, 9, 4)
    layer = fill(DepthwiseConv2D(size, stride, padding, multiplier, dilation_rate=rate), x.shape)
    kernel, bias = layer.get_weights()
    grouped = by_channel(kernel)
    expected = convolved(x, grouped, (stride, stride), padding, (rate, rate), 4) + bias
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-4)
    assert layer.compute_output_shape(x.shape) == expected.shape


def test_weights():
    layer = fill(DepthwiseConv2D(3, depth_multiplier=2), (2, 7, 9, 4))
    assert [(w.path, w.shape) for w in layer.weights] == [
        ("depthwise_conv2d/kernel", (3, 3, 4, 2)),
        ("depthwise_conv2d/bias", (8,)),
    ]


def test_channels_first_is_the_same_with_axes_moved():
    same_with_channels_first(
        lambda form: DepthwiseConv2D(3, padding="same", depth_multiplier=2, data_format=form), 2, 7, 9, 4
    )


def test_it_trains_as_differences_of_the_interpreter_say():
    trained_as_differences_say(DepthwiseConv2D(3, padding="same", depth_multiplier=2), 2, 7, 9, 4)


def test_config_goes_round():
    layer = DepthwiseConv2D(3, padding="same", depth_multiplier=2)
    config = layer.get_config()
    assert {name: config[name] for name in {"kernel_size": (3, 3), "depth_multiplier": 2, "padding": "same"}} == {
        "kernel_size": (3, 3),
        "depth_multiplier": 2,
        "padding": "same",
    }
    assert again(layer).get_config() == config


def test_wrong_arguments():
    assert error_of(lambda: DepthwiseConv2D(3, depth_multiplier=0)) == [
        "DepthwiseConv2D 'depthwise_conv2d': argument 'depth_multiplier' is wrong",
        "  expected: an integer, 1 or more",
        "  received: 0",
    ]


def test_another_number_of_channels_than_built_for():
    layer = fill(DepthwiseConv2D(3), (2, 7, 9, 4))
    assert error_of(lambda: layer(images(2, 7, 9, 3)))[:3] == [
        "DepthwiseConv2D 'depthwise_conv2d': the layer was built for another number of channels",
        "  expected:    4 channels",
        "  received:    3 channels",
    ]


def test_filters_given_to_a_layer_that_has_none():
    layer = DepthwiseConv2D(32, 3)
    assert error_of(lambda: layer(images(1, 28, 28, 4)))[-2:] == [
        "  remedy:      DepthwiseConv2D(3), if 32 was to be the filters: this layer has none",
        "               padding='same', or kernel_size=(28, 28), or larger images",
    ]
