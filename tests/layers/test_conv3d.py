import itertools

import numpy as np
import pytest

import planish
from planish.layers import Conv3D, Input
from planish.models import Sequential

from .support import again, error_of, fill, images, same_with_channels_first, trained_as_differences_say


def convolved(x, kernel, strides, padding, dilation, groups):
    """The definition, window by window."""
    spans = [(size - 1) * rate + 1 for size, rate in zip(kernel.shape, dilation, strict=False)]
    extents = x.shape[1:4]
    if padding == "same":
        needed = [max((-(-n // s) - 1) * s + k - n, 0) for n, s, k in zip(extents, strides, spans, strict=True)]
        x = np.pad(x, ((0, 0), *((n // 2, n - n // 2) for n in needed), (0, 0)))
    sizes = [(n - k) // s + 1 for n, s, k in zip(x.shape[1:4], strides, spans, strict=True)]
    filters, inputs = kernel.shape[4] // groups, kernel.shape[3]
    y = np.zeros((len(x), *sizes, kernel.shape[4]))
    for place, group in itertools.product(itertools.product(*map(range, sizes)), range(groups)):
        axes = zip(place, strides, spans, dilation, strict=True)
        window = x[(slice(None), *(slice(p * s, p * s + k, d) for p, s, k, d in axes))]
        own = slice(group * filters, (group + 1) * filters)
        y[(slice(None), *place, own)] = np.tensordot(
            np.float64(window[..., group * inputs : (group + 1) * inputs]), np.float64(kernel[..., own]), 4
        )
    return y


SETTINGS = [
    ((3, 3, 3), (1, 1, 1), (1, 1, 1), 1),
    ((2, 3, 1), (2, 2, 3), (1, 1, 1), 1),
    ((3, 2, 2), (1, 1, 1), (2, 3, 1), 2),
    ((1, 1, 1), (3, 4, 2), (1, 1, 1), 2),
    ((4, 2, 3), (1, 3, 1), (1, 1, 1), 4),
]


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "strides", "rate", "groups"), SETTINGS)
def test_windows(padding, size, strides, rate, groups):
    x = images(2, 6, 7, 5, 4)
    layer = fill(Conv3D(8, size, strides, padding, dilation_rate=rate, groups=groups), x.shape)
    kernel, bias = layer.get_weights()
    expected = convolved(x, kernel, strides, padding, rate, groups) + bias
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-4)
    assert layer.compute_output_shape(x.shape) == expected.shape


def test_weights():
    layer = fill(Conv3D(5, (1, 2, 3), groups=1), (2, 6, 7, 5, 4))
    assert [(w.path, w.shape) for w in layer.weights] == [("conv3d/kernel", (1, 2, 3, 4, 5)), ("conv3d/bias", (5,))]


def test_channels_first_is_the_same_with_axes_moved():
    same_with_channels_first(lambda form: Conv3D(5, 3, padding="same", data_format=form), 2, 5, 6, 4, 3)


@pytest.mark.parametrize(("strides", "padding", "groups"), [(1, "same", 2), ((2, 1, 2), "valid", 1)])
def test_it_trains_as_differences_of_the_interpreter_say(strides, padding, groups):
    trained_as_differences_say(Conv3D(4, (2, 3, 2), strides, padding, groups=groups), 2, 4, 5, 5, 2)


def test_its_arithmetic():
    model = Sequential([Input((5, 6, 7, 2)), Conv3D(3, 3, padding="same", strides=(1, 2, 1)), Conv3D(2, (2, 3, 4))])
    assert [step.arithmetic for step in planish.shapes(model).steps] == [
        "depth floor((5 + 1 + 1 - 3) / 1) + 1 = 5, rows floor((6 + 0 + 1 - 3) / 2) + 1 = 3, "
        "columns floor((7 + 1 + 1 - 3) / 1) + 1 = 7",
        "depth floor((5 - 2) / 1) + 1 = 4, rows floor((3 - 3) / 1) + 1 = 1, columns floor((7 - 4) / 1) + 1 = 4",
    ]


def test_config_goes_round():
    layer = Conv3D(4, 3, strides=(1, 2, 1), padding="same", activation="relu")
    config = layer.get_config()
    assert (config["kernel_size"], config["strides"], config["dilation_rate"]) == ((3, 3, 3), (1, 2, 1), (1, 1, 1))
    assert again(layer).get_config() == config


def test_wrong_arguments():
    assert error_of(lambda: Conv3D(8, (3, 3))) == [
        "Conv3D 'conv3d': argument 'kernel_size' is wrong",
        "  expected: an integer, 1 or more, or three of them (depth, height, width)",
        "  received: (3, 3)",
    ]


def test_a_volume_smaller_than_the_kernel():
    assert error_of(lambda: Conv3D(8, 3)(images(1, 2, 5, 5, 1))) == [
        "Conv3D 'conv3d': the kernel spans 3x3x3 voxels, more than the 2x5x5 of its input",
        "  expected:    3x3x3 voxels or more",
        "  received:    2x5x5",
        "  input shape: (None, 2, 5, 5, 1)",
        "  remedy:      padding='same', or kernel_size=(2, 3, 3), or larger volumes",
    ]


def test_images_are_not_volumes():
    assert error_of(lambda: Conv3D(8, 3)(images(2, 8, 8, 1)))[:3] == [
        "Conv3D 'conv3d': the input has the wrong rank",
        "  expected:    rank 5: (batch, depth, height, width, channels)",
        "  received:    rank 4",
    ]
