import numpy as np
import pytest

from planish.layers import SeparableConv1D

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
@pytest.mark.parametrize(("size", "stride", "rate", "multiplier"), [(3, 1, 1, 1), (2, 2, 1, 3), (3, 1, 2, 2)])
def test_windows(padding, size, stride, rate, multiplier):
    x = images(2, 9, 4)
    layer = fill(SeparableConv1D(5, size, stride, padding, dilation_rate=rate, depth_multiplier=multiplier), x.shape)
    depthwise, pointwise, bias = layer.get_weights()
    maps = convolved(x[:, None], by_channel(depthwise[None]), (1, stride), padding, (1, rate), 4)
    expected = convolved(maps, pointwise[None])[:, 0] + bias
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-4)
    assert layer.compute_output_shape(x.shape) == expected.shape


def test_weights():
    layer = fill(SeparableConv1D(5, 3, depth_multiplier=2), (2, 9, 4))
    assert [(w.path, w.shape) for w in layer.weights] == [
        ("separable_conv1d/depthwise_kernel", (3, 4, 2)),
        ("separable_conv1d/pointwise_kernel", (1, 8, 5)),
        ("separable_conv1d/bias", (5,)),
    ]


def test_channels_first_is_the_same_with_axes_moved():
    same_with_channels_first(
        lambda form: SeparableConv1D(5, 3, padding="same", depth_multiplier=2, data_format=form), 2, 9, 4
    )


def test_it_trains_as_differences_of_the_interpreter_say():
    trained_as_differences_say(SeparableConv1D(5, 3, padding="same", depth_multiplier=2), 2, 9, 4)


def test_config_goes_round():
    layer = SeparableConv1D(5, 3, padding="same", depth_multiplier=2)
    config = layer.get_config()
    assert {name: config[name] for name in {"filters": 5, "kernel_size": (3,), "depth_multiplier": 2}} == {
        "filters": 5,
        "kernel_size": (3,),
        "depth_multiplier": 2,
    }
    assert again(layer).get_config() == config


def test_wrong_arguments():
    assert error_of(lambda: SeparableConv1D(0, 3)) == [
        "SeparableConv1D 'separable_conv1d': argument 'filters' is wrong",
        "  expected: an integer, 1 or more",
        "  received: 0",
    ]
