"""Gradients of maps as convolutions."""

import itertools

import pytest

from planish import primitives
from planish.passes.rewrite_input_gradients import rewrite_input_gradients
from planish.primitives.conv2d_input_grad import conv2d_input_grad
from tests.passes.support import after, operations
from tests.rows import failures


def rewritten(shape, kernel, strides, padding, dilation, groups):
    """The operations of a gradient, rewritten; that they compute the same is checked on the way."""
    w = primitives.parameter("w", kernel)
    settings = (strides, padding, dilation, groups)
    y = primitives.conv2d(primitives.input_("x", shape), w, *settings)
    return operations(
        after(rewrite_input_gradients, conv2d_input_grad(primitives.input_("g", y.shape), w, shape, y.settings))
    )


@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((1, 1), (0, 1)), ((2, 0), (1, 0))])
@pytest.mark.parametrize(("dilation", "groups"), [((1, 1), 1), ((2, 1), 2), ((1, 3), 3)])
def test_without_strides(padding, dilation, groups):
    found = rewritten((7, 8, 2 * groups), (3, 2, 2, 3 * groups), (1, 1), padding, dilation, groups)
    assert found[-1] == "conv2d"
    assert "turn_kernel" in found
    assert not {"interleave2d", "spread2d"} & set(found)


STRIDES = [(2, 1), (2, 2), (3, 4)]
PADDINGS = [((0, 0), (0, 0)), ((1, 1), (0, 1)), ((2, 0), (1, 0))]
EXTENTS = [(7, 8), (5, 3)]


@pytest.mark.parametrize("kernel", [(3, 2), (1, 1), (5, 3)])
def test_with_strides(kernel):
    def check(row):
        strides, padding, extents, groups = row
        padding = tuple(tuple(min(p, extent - 1) for p in pair) for pair, extent in zip(padding, kernel, strict=True))
        found = rewritten((*extents, 2 * groups), (*kernel, 2, 3 * groups), strides, padding, (1, 1), groups)
        assert found[-1] == "interleave2d"
        assert found.count("turn_kernel") == 1
        assert found.count("conv2d") <= strides[0] * strides[1]
        assert "spread2d" not in found

    assert failures(itertools.product(STRIDES, PADDINGS, EXTENTS, (1, 2)), check) == {}


def test_every_phase_of_a_three_by_three_kernel_has_its_taps():
    found = rewritten((8, 8, 4), (3, 3, 4, 5), (2, 2), ((0, 1), (0, 1)), (1, 1), 1)
    assert found.count("conv2d") == found.count("kernel_phase") == 4


def test_pixels_that_no_window_sees_are_zero():
    """Strides beyond the kernel: most phases have no taps."""
    found = rewritten((9, 9, 2), (1, 2, 2, 3), (3, 3), ((0, 0), (0, 0)), (1, 1), 1)
    assert found.count("conv2d") == 2


def test_strides_with_dilation():
    found = rewritten((9, 8, 2), (2, 2, 2, 3), (2, 3), ((0, 0), (1, 0)), (2, 1), 1)
    assert found[-1] == "conv2d"
    assert "spread2d" in found
