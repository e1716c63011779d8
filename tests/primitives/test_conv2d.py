"""Convolution and its gradients, against a definition pixel by pixel."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.graph.node import layer_scope
from planish.primitives.conv2d import conv2d_settings
from planish.primitives.conv2d_input_grad import conv2d_input_grad
from planish.primitives.conv2d_weight_grad import conv2d_weight_grad
from tests.primitives.support import check_gradients, compute, numbers

# (map, kernel, settings): odd sizes, strides that leave a rest, dilation, groups, uneven padding, one pixel, one tap
CASES = [
    ((5, 7, 2), (3, 3, 2, 4), {}),
    ((6, 5, 1), (2, 3, 1, 3), {"strides": (2, 1)}),
    ((7, 8, 3), (3, 2, 3, 2), {"strides": (3, 2), "padding": ((1, 0), (0, 2))}),
    ((7, 6, 2), (3, 2, 2, 1), {"dilation": (2, 3)}),
    ((9, 9, 1), (2, 2, 1, 2), {"dilation": (3, 1), "strides": (2, 2), "padding": ((0, 2), (1, 0))}),
    ((4, 5, 4), (3, 3, 2, 6), {"groups": 2, "padding": ((1, 1), (1, 1))}),
    ((5, 4, 3), (2, 2, 1, 3), {"groups": 3, "strides": (2, 2)}),
    ((4, 4, 3), (2, 2, 1, 6), {"groups": 3, "dilation": (2, 1)}),
    ((3, 3, 2), (3, 3, 2, 2), {}),
    ((3, 2, 5), (1, 1, 5, 3), {"strides": (2, 2)}),
    ((1, 1, 1), (3, 3, 1, 1), {"padding": ((1, 1), (1, 1))}),
]


def pixel_by_pixel(x, w, strides=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1):
    """One sum of products for each output, of the pixels that exist."""
    count, height, width, _ = x.shape
    kernel_rows, kernel_columns, depth, filters = w.shape
    reach = [dilation[axis] * (w.shape[axis] - 1) + 1 for axis in (0, 1)]
    rows, columns = ((x.shape[axis + 1] + sum(padding[axis]) - reach[axis]) // strides[axis] + 1 for axis in (0, 1))
    y = np.zeros((count, rows, columns, filters))
    for n, i, j, o in np.ndindex(y.shape):
        first = o // (filters // groups) * depth
        for a, b, c in np.ndindex(kernel_rows, kernel_columns, depth):
            row = i * strides[0] + a * dilation[0] - padding[0][0]
            column = j * strides[1] + b * dilation[1] - padding[1][0]
            if 0 <= row < height and 0 <= column < width:
                y[n, i, j, o] += x[n, row, column, first + c] * w[a, b, c, o]
    return y


@pytest.mark.parametrize(("shape", "kernel", "settings"), CASES)
def test_values(shape, kernel, settings):
    x, w = numbers(3, *shape), numbers(*kernel, seed=1)
    node = primitives.conv2d(primitives.input_("x", shape), primitives.parameter("w", kernel), **settings)
    np.testing.assert_allclose(compute(node, x=x, w=w), pixel_by_pixel(x, w, **settings), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("shape", "kernel", "settings"), CASES)
def test_gradients(shape, kernel, settings):
    check_gradients(
        lambda x, w: primitives.conv2d(x, w, **settings), [numbers(3, *shape), numbers(*kernel, seed=1)], [True, False]
    )


@pytest.mark.parametrize("groups", [1, 2])
def test_float32_stays_float32(groups):
    node = primitives.conv2d(
        primitives.input_("x", (4, 4, 2)), primitives.parameter("w", (3, 3, 2 // groups, 2)), groups=groups
    )
    x, w = np.ones((3, 4, 4, 2)), np.ones((3, 3, 2 // groups, 2))
    assert (compute(node, np.float32, x=x, w=w) == 18 / groups).all()


def test_no_images():
    node = primitives.conv2d(primitives.input_("x", (4, 4, 2)), primitives.parameter("w", (3, 3, 2, 5)))
    x, w = np.zeros((0, 4, 4, 2)), np.ones((3, 3, 2, 5))
    assert compute(node, batch_size=0, x=x, w=w).shape == (0, 2, 2, 5)
    loss = primitives.batch_sum(node, (0, 1, 2))
    (gradient,) = gradients(loss, [node.inputs[1]])
    assert not compute(gradient, batch_size=0, x=x, w=w).any()


def test_a_nan_reaches_what_sees_it_and_nothing_else():
    x = np.zeros((3, 5, 5, 1))
    x[1, 0, 0, 0] = np.nan
    node = primitives.conv2d(primitives.input_("x", (5, 5, 1)), primitives.parameter("w", (3, 3, 1, 1)))
    found = np.argwhere(np.isnan(compute(node, x=x, w=np.ones((3, 3, 1, 1)))))
    assert found.tolist() == [[1, 0, 0, 0]]


def test_settings_are_plain_tuples():
    x, w = primitives.input_("x", (8, 8, 2)), primitives.parameter("w", (3, 3, 1, 2))
    node = primitives.conv2d(x, w, np.array([2, 1]), [[1, 0], [0, 1]], [1, 2], np.int64(2))
    assert dict(node.settings.items()) == {
        "dilation": (1, 2),
        "groups": 2,
        "padding": ((1, 0), (0, 1)),
        "strides": (2, 1),
    }
    assert type(node.settings.groups) is int
    assert type(node.settings.strides[0]) is int


def convolve(shape=(6, 6, 4), kernel=(3, 3, 4, 2), **settings):
    return primitives.conv2d(primitives.input_("x", shape), primitives.parameter("w", kernel), **settings)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shape": (2, 6, 4)}, r"larger than the map[\s\S]*at least 3 rows[\s\S]*2 rows \(a map of 2x6"),
        ({"dilation": (1, 4)}, r"reaches over 9 columns[\s\S]*6 columns"),
        ({"shape": (6, 6, 3)}, r"does not fit its kernel[\s\S]*columns, 4\)[\s\S]*\(6, 6, 3\)"),
        ({"groups": 2}, r"does not fit its kernel[\s\S]*columns, 8\)"),
        ({"kernel": (3, 3, 2, 3), "groups": 2}, r"impossible weights[\s\S]*2 groups"),
        ({"groups": 0}, "impossible weights"),
        ({"kernel": (3, 3, 4)}, "impossible weights"),
        ({"shape": (6, 6)}, r"takes a map[\s\S]*x\[\.\.\., None\]"),
        ({"strides": (0, 1)}, "impossible sizes"),
        ({"dilation": (1, 0)}, "impossible sizes"),
        ({"padding": ((-1, 0), (0, 0))}, "impossible sizes"),
    ],
)
def test_impossible_shapes(arguments, message):
    with layer_scope("conv2d_7"), pytest.raises(ValueError, match=rf"conv2d_7: [\s\S]*({message})"):
        convolve(**arguments)


def test_class_indices_and_unbatched_maps_are_refused():
    w = primitives.parameter("w", (1, 1, 1, 1))
    for x in (primitives.input_("x", (4, 4, 1), "i32"), primitives.parameter("x", (4, 4, 1))):
        with pytest.raises(ValueError, match="takes a map"):
            primitives.conv2d(x, w)


def test_gradient_operations_check_the_gradient():
    x, w, g = (
        primitives.input_("x", (6, 6, 4)),
        primitives.parameter("w", (3, 3, 4, 2)),
        primitives.input_("g", (3, 4, 2)),
    )
    settings = conv2d_settings((1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    with pytest.raises(ValueError, match=r"type of its convolution[\s\S]*N,4,4,2[\s\S]*N,3,4,2"):
        conv2d_input_grad(g, w, x.shape, settings)
    with pytest.raises(ValueError, match="type of its convolution"):
        conv2d_weight_grad(x, g, w.shape, settings)
