"""Gradients of maps as convolutions."""

import pytest

from planish import ops
from planish.passes.rewrite_input_gradients import rewrite_input_gradients
from tests.passes.support import after, operations


@pytest.mark.parametrize("strides", [(1, 1), (2, 1), (3, 4)])
@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((1, 1), (0, 2)), ((4, 3), (2, 5))])
@pytest.mark.parametrize(("dilation", "groups"), [((1, 1), 1), ((2, 1), 2), ((1, 3), 3)])
def test_settings(strides, padding, dilation, groups):
    shape, kernel = (7, 8, 2 * groups), (3, 2, 2, 3 * groups)
    settings = (strides, padding, dilation, groups)
    w = ops.parameter("w", kernel)
    y = ops.conv2d(ops.input_("x", shape), w, *settings)
    text = after(rewrite_input_gradients, ops.conv2d_input_grad(ops.input_("g", y.shape), w, shape, *settings))
    assert operations(text)[-1] == "conv2d"
    assert ("spread2d" in text) is (strides != (1, 1))
    assert "turn_kernel" in text
