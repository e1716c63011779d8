import numpy as np
import pytest

from planish.layers import Conv2DTranspose

from .support import again, error_of, fill, images, same_with_channels_first, trained_as_differences_say, transposed


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("size", "stride", "rate", "more"),
    [
        (3, 2, 1, None), (2, 3, 1, None), (3, 1, 2, None), (3, 2, 1, 1), (5, 3, 1, 2),
        (2, 3, 1, 0), (4, 1, 1, 0),  # in Keras, on JAX only
    ],
)  # fmt: skip
def test_each_pixel_is_spread_by_the_kernel(padding, size, stride, rate, more):
    x = images(2, 7, 9, 4)
    layer = fill(Conv2DTranspose(3, size, stride, padding, more, dilation_rate=rate), x.shape)
    kernel, bias = layer.get_weights()
    expected = transposed(x, kernel, (stride, stride), padding, (rate, rate), (more, more)) + bias
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-4)
    assert layer.compute_output_shape(x.shape) == expected.shape


def test_weights():
    layer = fill(Conv2DTranspose(5, 3), (2, 7, 9, 4))
    assert [(w.path, w.shape) for w in layer.weights] == [
        ("conv2d_transpose/kernel", (3, 3, 5, 4)),
        ("conv2d_transpose/bias", (5,)),
    ]


def test_channels_first_is_the_same_with_axes_moved():
    same_with_channels_first(
        lambda form: Conv2DTranspose(5, 3, strides=2, padding="same", output_padding=1, data_format=form), 2, 7, 9, 4
    )


def test_it_trains_as_differences_of_the_interpreter_say():
    trained_as_differences_say(Conv2DTranspose(5, 3, strides=2, padding="same", output_padding=1), 2, 7, 9, 4)


def test_config_goes_round():
    layer = Conv2DTranspose(5, 3, strides=2, padding="same", output_padding=1)
    config = layer.get_config()
    assert {name: config[name] for name in {"filters": 5, "kernel_size": (3, 3), "output_padding": (1, 1)}} == {
        "filters": 5,
        "kernel_size": (3, 3),
        "output_padding": (1, 1),
    }
    assert again(layer).get_config() == config


def test_more_than_the_strides_cannot_be_added():
    assert error_of(lambda: Conv2DTranspose(5, 3, strides=2, output_padding=2)) == [
        "Conv2DTranspose 'conv2d_transpose': argument 'output_padding' is wrong",
        "  expected: less than the strides (2, 2) along each axis",
        "  received: 2",
        "  remedy:   output_padding=(1, 1)",
    ]


def test_a_result_without_pixels():
    layer = Conv2DTranspose(5, 2, strides=2, padding="same", output_padding=0)
    assert error_of(lambda: layer.build((None, 1, 1, 4))) == [
        "Conv2DTranspose 'conv2d_transpose': the result has no pixels",
        "  rule:        padding='same' with output_padding cuts half of the kernel's span off at each side",
        "  expected:    a result of one pixel or more",
        "  received:    a size of (0, 0)",
        "  input shape: (None, 1, 1, 4)",
        "  remedy:      leave output_padding out, or padding='valid'",
    ]
