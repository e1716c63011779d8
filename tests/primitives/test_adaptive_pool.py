"""Pools of so many windows: their sizes, and their gradients by differences."""

import numpy as np
import pytest

from planish import primitives
from planish.primitives.adaptive_pool import MOST_PHASES, edges
from tests.primitives.support import check_gradients, compute, numbers

POOLS = {"average": (primitives.average_pool2d, np.mean), "max": (primitives.max_pool2d, np.max)}


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize(("axis", "count"), [(0, 2), (0, 6), (1, 4), (1, 5), (1, 13), (-1, 3)])
def test_each_window(pool, axis, count):
    made, reduce = POOLS[pool]
    place = axis % 3 + 1
    extents = [3, 2, 2, 2]
    extents[place] = (6, 10, 4)[axis]
    x = numbers(*extents)
    parts = [reduce(np.take(x, range(*edge), place), place) for edge in edges(x.shape[place], count)]
    y = compute(primitives.adaptive_pool(primitives.input_("x", x.shape[1:]), axis, count, made), x=x)
    np.testing.assert_allclose(y, np.stack(parts, place), rtol=1e-12)
    check_gradients(lambda x: primitives.adaptive_pool(x, axis, count, made), [x])


@pytest.mark.parametrize("pool", POOLS)
def test_windows_of_many_phases_are_picked(pool):
    made, reduce = POOLS[pool]
    count = MOST_PHASES + 1
    x = numbers(3, count + 4, 2)
    y = compute(primitives.adaptive_pool(primitives.input_("x", x.shape[1:]), 0, count, made), x=x)
    parts = [reduce(x[:, start:stop], 1) for start, stop in edges(count + 4, count)]
    np.testing.assert_allclose(y, np.stack(parts, 1), rtol=1e-12)
    check_gradients(lambda x: primitives.adaptive_pool(x, 0, count, made), [x])


def test_as_many_windows_as_entries_change_nothing():
    x = primitives.input_("x", (6, 10, 4))
    assert primitives.adaptive_pool(x, 1, 10, primitives.max_pool2d) is x


def test_no_window_is_a_mistake():
    with pytest.raises(ValueError, match="an adaptive pool gives one window or more"):
        primitives.adaptive_pool(primitives.input_("x", (6, 4)), 0, 0, primitives.max_pool2d)
