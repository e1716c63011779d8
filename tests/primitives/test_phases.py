"""Maps as interleaved phases, and the parts of kernels that belong to them."""

import numpy as np
import pytest

from planish import primitives
from planish.primitives.phases import phase_extents, phase_starts
from planish.primitives.rewritten.interleave2d import interleave2d
from planish.primitives.rewritten.kernel_phase import kernel_phase
from tests.primitives.support import compute, numbers


@pytest.mark.parametrize("strides", [(1, 1), (2, 3), (3, 1), (5, 4)])
@pytest.mark.parametrize("shape", [(3, 2, 4), (1, 1, 1), (7, 5, 2)])
def test_phases_put_together(shape, strides):
    x = numbers(3, *shape)
    starts = list(phase_starts(shape[:2], strides))
    phases = {f"p{row}{column}": x[:, row :: strides[0], column :: strides[1]] for row, column in starts}
    assert [p.shape[1:3] for p in phases.values()] == [phase_extents(shape[:2], strides, first) for first in starts]
    nodes = [primitives.input_(name, phase.shape[1:]) for name, phase in phases.items()]
    np.testing.assert_array_equal(compute(interleave2d(nodes, shape[:2], strides), **phases), x)


def test_a_phase_that_is_missing_is_zero():
    x = numbers(3, 3, 4, 5)
    y = compute(interleave2d([None, primitives.input_("x", (3, 4, 5)), None, None], (5, 8), (2, 2)), x=x)
    assert y.shape == (3, 5, 8, 5)
    np.testing.assert_array_equal(y[:, ::2, 1::2], x)
    assert np.count_nonzero(y) == np.count_nonzero(x)


def test_phases_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match="phases of other shapes"):
        interleave2d([primitives.input_("x", (3, 3, 5)), None, None, None], (5, 7), (2, 2))


@pytest.mark.parametrize("first", [(0, 0), (1, 2), (2, 0)])
@pytest.mark.parametrize("strides", [(1, 1), (2, 3)])
def test_taps(first, strides):
    w = numbers(3, 4, 2, 5)
    found = compute(kernel_phase(primitives.parameter("w", w.shape), first, strides), w=w)
    np.testing.assert_array_equal(found, w[first[0] :: strides[0], first[1] :: strides[1]])


def test_a_tap_outside_of_the_kernel_is_refused():
    with pytest.raises(ValueError, match="outside of the kernel"):
        kernel_phase(primitives.parameter("w", (3, 4, 2, 5)), (0, 4), (1, 1))
