"""Convolutions with the maxima over them."""

import pytest

from planish import primitives
from planish.passes.fuse_conv_pool import fuse_conv_pool
from tests.passes.support import after, operations

Y = primitives.conv2d(
    primitives.input_("x", (9, 8, 2)), primitives.parameter("w", (3, 3, 2, 5)), (1, 1), ((1, 1), (1, 1))
)


@pytest.mark.parametrize("window", [(2, 2), (3, 3), (1, 2), (4, 2)])
def test_windows_that_touch(window):
    text = after(fuse_conv_pool, primitives.max_pool2d(Y, window, window))
    assert operations(text) == ["input", "parameter", "conv2d_pool"]
    assert f"window={window}]" in text


@pytest.mark.parametrize(
    "settings",
    [((2, 2), (1, 1)), ((2, 2), (3, 2)), ((2, 2), (2, 2), ((1, 0), (0, 0))), ((4, 4), (4, 4))],
)
def test_other_windows(settings):
    assert operations(after(fuse_conv_pool, primitives.max_pool2d(Y, *settings)))[-2:] == ["conv2d", "max_pool2d"]


def test_maps_that_something_else_reads():
    assert "conv2d_pool" not in after(fuse_conv_pool, primitives.max_pool2d(Y, (2, 2), (2, 2)), Y)
    assert "conv2d_pool" not in after(fuse_conv_pool, primitives.average_pool2d(Y, (2, 2), (2, 2)))
