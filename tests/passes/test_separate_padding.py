"""Borders are maps of their own."""

import pytest

from planish import primitives
from planish.passes.separate_padding import separate_padding
from planish.primitives.conv2d_weight_grad import conv2d_weight_grad
from planish.primitives.max_pool2d_grad import max_pool2d_grad
from tests.passes.support import after, operations

BORDER = ((1, 0), (2, 1))
X = primitives.input_("x", (5, 6, 2))


def test_convolution():
    text = after(
        separate_padding, primitives.conv2d(X, primitives.parameter("w", (3, 3, 2, 4)), (2, 1), BORDER, (1, 2))
    )
    assert text == (
        "%0: f32[N,5,6,2] = input[name='x']\n"
        "%1: f32[N,6,9,2] = pad2d[padding=((1, 0), (2, 1)), value=0.0] %0\n"
        "%2: f32[3,3,2,4] = parameter[name='w']\n"
        "%3: f32[N,2,5,4] = conv2d[dilation=(1, 2), groups=1, padding=((0, 0), (0, 0)), strides=(2, 1)] %1 %2\n"
        "output 'y0' = %3\n"
    )


def test_maximum_and_its_gradient():
    y = primitives.max_pool2d(X, (3, 3), (2, 2), BORDER)
    g = primitives.input_("g", y.shape)
    text = after(separate_padding, y, max_pool2d_grad(X, g, y.settings))
    assert operations(text).count("pad2d") == 2
    assert "value=-inf" in text
    assert operations(text)[-1] == "crop2d"


def test_gradient_of_the_kernel():
    settings = ((2, 1), BORDER, (1, 1), 1)
    y = primitives.conv2d(X, primitives.parameter("w", (3, 3, 2, 4)), *settings)
    text = after(separate_padding, conv2d_weight_grad(X, primitives.input_("g", y.shape), (3, 3, 2, 4), y.settings))
    assert operations(text) == ["input", "pad2d", "input", "conv2d_weight_grad"]


@pytest.mark.parametrize(
    "node",
    [
        primitives.max_pool2d(X, (2, 2), (2, 2)),
        primitives.average_pool2d(X, (2, 2), (2, 2), ((1, 1), (0, 0))),
        primitives.conv2d(X, primitives.parameter("w", (3, 3, 2, 4))),
    ],
)
def test_what_needs_no_border(node):
    assert "pad2d[" not in after(separate_padding, node).replace("max_pool2d[", "").replace("average_pool2d[", "")
