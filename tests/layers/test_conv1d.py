import numpy as np
import pytest

from planish.layers import Conv1D

from .support import again, convolved, error_of, fill, images, same_with_channels_first, trained_as_differences_say


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize(("size", "stride", "rate", "groups"), [(3, 1, 1, 1), (4, 3, 1, 2), (3, 1, 2, 1), (1, 2, 1, 4)])
def test_windows(padding, size, stride, rate, groups):
    x = images(2, 11, 4)
    layer = fill(Conv1D(8, size, stride, padding, dilation_rate=rate, groups=groups), x.shape)
    source, border = x, "valid" if padding == "causal" else padding
    if padding == "causal":
        source = np.pad(x, ((0, 0), ((size - 1) * rate, 0), (0, 0)))
    kernel, bias = layer.get_weights()
    expected = convolved(source[:, None], kernel[None], (1, stride), border, (1, rate), groups)[:, 0] + bias
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-4)
    assert layer.compute_output_shape(x.shape) == expected.shape


def test_causal_windows_do_not_see_later_steps():
    x = images(1, 9, 2)
    layer = fill(Conv1D(3, 3, padding="causal", dilation_rate=2), x.shape)
    changed = x.copy()
    changed[:, 5:] += 1
    np.testing.assert_array_equal(layer(x)[:, :5], layer(changed)[:, :5])
    assert (layer(x)[:, 5:] != layer(changed)[:, 5:]).all()


def test_weights():
    layer = fill(Conv1D(6, 3, groups=2), (None, 9, 4))
    assert [(w.path, w.shape) for w in layer.weights] == [("conv1d/kernel", (3, 2, 6)), ("conv1d/bias", (6,))]


def test_channels_first_is_the_same_with_axes_moved():
    same_with_channels_first(lambda form: Conv1D(6, 3, padding="causal", groups=2, data_format=form), 2, 9, 4)


def test_it_trains_as_differences_of_the_interpreter_say():
    trained_as_differences_say(Conv1D(6, 3, padding="causal", groups=2), 2, 9, 4)


def test_config_goes_round():
    layer = Conv1D(6, 3, padding="causal", groups=2)
    config = layer.get_config()
    assert {
        name: config[name]
        for name in {"filters": 6, "kernel_size": (3,), "strides": (1,), "padding": "causal", "groups": 2}
    } == {"filters": 6, "kernel_size": (3,), "strides": (1,), "padding": "causal", "groups": 2}
    assert again(layer).get_config() == config


def test_a_kernel_longer_than_its_sequence():
    assert error_of(lambda: Conv1D(8, 5).build((None, 4, 1))) == [
        "Conv1D 'conv1d': the kernel spans 5 steps, more than the 4 of its input",
        "  expected:    5 steps or more",
        "  received:    4",
        "  input shape: (None, 4, 1)",
        "  remedy:      padding='same', or kernel_size=4, or longer sequences",
    ]


def test_wrong_arguments():
    assert error_of(lambda: Conv1D(8, (3, 3))) == [
        "Conv1D 'conv1d': argument 'kernel_size' is wrong",
        "  expected: an integer, 1 or more",
        "  received: (3, 3)",
    ]


def test_images_are_not_sequences():
    assert error_of(lambda: Conv1D(8, 3)(images(2, 8, 8, 1)))[:3] == [
        "Conv1D 'conv1d': the input has the wrong rank",
        "  expected:    rank 3: (batch, steps, channels)",
        "  received:    rank 4",
    ]


@pytest.mark.parametrize(
    ("shape", "remedy"), [((1, 28, 28, 1), "Conv2D for images"), ((1, 28), "add the channel axis: Reshape((28, 1))")]
)
def test_what_to_do_about_another_rank(shape, remedy):
    assert error_of(lambda: Conv1D(2, 3)(images(*shape)))[-1] == f"  remedy:      {remedy}"
