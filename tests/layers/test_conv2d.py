import numpy as np
import pytest

from planish.layers import Conv2D

from .support import again, convolved, error_of, images


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("kernel_size", "strides", "dilation", "groups"),
    [
        ((3, 3), (1, 1), (1, 1), 1),
        ((2, 5), (1, 1), (1, 1), 1),
        ((3, 3), (2, 2), (1, 1), 1),
        ((3, 2), (3, 1), (1, 1), 2),
        ((3, 3), (1, 1), (2, 3), 1),
        ((1, 1), (2, 3), (1, 1), 4),
    ],
)
def test_windows(padding, kernel_size, strides, dilation, groups):
    layer = Conv2D(8, kernel_size, strides, padding, dilation_rate=dilation, groups=groups, activation="tanh")
    x = images(2, 9, 10, 4)
    layer.build(x.shape)
    layer.bias.assign(images(8, seed=1))
    expected = convolved(x, layer.kernel.value, strides, padding, dilation, groups) + layer.bias.value
    y = layer(x)
    np.testing.assert_allclose(y, np.tanh(expected), rtol=1e-4, atol=1e-5)
    assert Conv2D.from_config(layer.get_config()).compute_output_shape(x.shape) == y.shape


def test_channels_first_is_the_same_with_axes_moved():
    last, first = (
        Conv2D(6, 3, padding="same", activation="relu", data_format=form) for form in (None, "channels_first")
    )
    x = images(2, 5, 6, 3)
    moved = x.transpose(0, 3, 1, 2)
    last.build(x.shape)
    first.build(moved.shape)
    first.set_weights(last.get_weights())
    np.testing.assert_allclose(first(moved), last(x).transpose(0, 3, 1, 2), rtol=1e-6)


def test_softmax_takes_the_last_axis_whatever_it_holds():
    layer = Conv2D(4, 3, activation="softmax", data_format="channels_first")
    y = layer(images(2, 3, 5, 6))
    assert y.shape == (2, 4, 3, 4)
    np.testing.assert_allclose(y.sum(axis=-1), np.ones((2, 4, 3)), rtol=1e-5)


def test_weights():
    layer = Conv2D(32, (3, 3))
    layer.build((None, 28, 28, 1))
    assert [(w.path, w.shape) for w in layer.weights] == [("conv2d/kernel", (3, 3, 1, 32)), ("conv2d/bias", (32,))]
    assert layer.count_params() == 320
    grouped = Conv2D(6, 3, groups=3, use_bias=False)
    grouped.build((None, 8, 8, 9))
    assert [w.shape for w in grouped.weights] == [(3, 3, 3, 6)]


def test_config():
    layer = Conv2D(4, 3, 2, "SAME", "channels_first", activation="selu", kernel_regularizer="l1", name="c")
    config = layer.get_config()
    assert {
        name: config[name] for name in ("filters", "kernel_size", "strides", "padding", "data_format", "groups")
    } == {
        "filters": 4,
        "kernel_size": (3, 3),
        "strides": (2, 2),
        "padding": "same",
        "data_format": "channels_first",
        "groups": 1,
    }
    assert again(layer).get_config() == config


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 0}, "argument 'filters' is wrong\n  expected: an integer, 1 or more\n  received: 0"),
        ({"kernel_size": (3, 0)}, "argument 'kernel_size' is wrong"),
        (
            {"kernel_size": (3, 3, 3)},
            "argument 'kernel_size' is wrong\n  expected: an integer, 1 or more, or two of them",
        ),
        ({"strides": "2"}, "argument 'strides' is wrong"),
        ({"padding": "casual"}, "unknown padding of Conv2D 'conv2d' 'casual'"),
        ({"padding": "sane"}, "did you mean 'same'"),
        ({"data_format": 3}, "unknown data_format of Conv2D 'conv2d' 3"),
        ({"groups": 3}, "argument 'groups' is wrong\n  expected: a divisor of the 8 filters\n  received: 3"),
        ({"strides": 2, "dilation_rate": 2}, "argument 'dilation_rate' is wrong"),
        ({"activation": "rellu"}, "unknown activation 'rellu'"),
        ({"use_bias": "yes"}, "argument 'use_bias' is wrong"),
        ({"lora_rank": 4}, "argument 'lora_rank' is not supported by planish"),
    ],
)
def test_wrong_arguments(arguments, message):
    assert message in "\n".join(error_of(lambda: Conv2D(**{"filters": 8, "kernel_size": 3, **arguments})))


def test_a_kernel_bigger_than_its_map():
    assert error_of(lambda: Conv2D(8, (5, 2)).build((None, 4, 4, 1))) == [
        "Conv2D 'conv2d': the kernel spans 5x2 pixels, more than the 4x4 of its input",
        "  expected:    a map of 5x2 or more",
        "  received:    4x4",
        "  input shape: (None, 4, 4, 1)",
        "  remedy:      padding='same', or kernel_size=(4, 2), or larger images",
    ]


def test_dilation_counts_in_the_span():
    Conv2D(8, 3, dilation_rate=2).build((None, 5, 5, 1))
    with pytest.raises(ValueError, match="the kernel spans 7x7 pixels, more than the 5x5"):
        Conv2D(8, 3, dilation_rate=3).build((None, 5, 5, 1))


def test_missing_channel_axis():
    assert error_of(lambda: Conv2D(8, 3)(images(2, 28, 28))) == [
        "Conv2D 'conv2d': the input has the wrong rank",
        "  expected:    rank 4: (batch, height, width, channels)",
        "  received:    rank 3",
        "  input shape: (None, 28, 28)",
        "  remedy:      add the channel axis: x[..., None]",
    ]


def test_groups_must_divide_the_channels():
    with pytest.raises(ValueError, match="Conv2D 'conv2d': 3 channels cannot be split into 2 groups"):
        Conv2D(8, 3, groups=2).build((None, 8, 8, 3))


def test_another_number_of_channels_than_built_for():
    layer = Conv2D(8, 3)
    layer.build((None, 8, 8, 3))
    assert error_of(lambda: layer(images(1, 8, 8, 1))) == [
        "Conv2D 'conv2d': the layer was built for another number of channels",
        "  expected:    3 channels",
        "  received:    1 channel",
        "  input shape: (None, 8, 8, 1)",
        "  remedy:      a new layer in place of Conv2D 'conv2d': Conv2D(8, (3, 3))",
    ]


def test_other_image_sizes_than_built_for():
    layer = Conv2D(8, 3)
    layer.build((None, 8, 8, 3))
    assert layer(images(1, 12, 9, 3)).shape == (1, 10, 7, 8)
