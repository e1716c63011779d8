"""Every so many elements, and elements set apart."""

import numpy as np
import pytest

from planish import primitives
from tests.primitives.support import check_gradients, compute, numbers

CASES = [
    ((0, 0), (3, 3), (1, 2)),
    ((2, 4), (3, 5), (-1, -1)),
    ((1, 4), (1, 2), (1, -4)),
    ((2, 0), (2, 1), (-2, 3)),
]


@pytest.mark.parametrize(("starts", "counts", "steps"), CASES)
def test_slices(starts, counts, steps):
    x = numbers(3, 3, 5)
    y = compute(primitives.slice_strided(primitives.input_("x", (3, 5)), starts, counts, steps), x=x)
    rows, columns = (np.arange(count) * step + start for start, count, step in zip(starts, counts, steps, strict=True))
    np.testing.assert_array_equal(y, x[:, rows[:, None], columns])
    check_gradients(lambda node: primitives.square(primitives.slice_strided(node, starts, counts, steps)), [x])


@pytest.mark.parametrize(("starts", "counts", "steps"), CASES)
def test_elements_set_apart(starts, counts, steps):
    x = numbers(3, *counts)
    node = primitives.spread_strided(primitives.input_("x", counts), (3, 5), starts, steps, 7.0)
    y = compute(node, x=x)
    back = compute(primitives.slice_strided(primitives.input_("y", (3, 5)), starts, counts, steps), y=y)
    np.testing.assert_array_equal(back, x)
    assert np.count_nonzero(y == 7) == 3 * (15 - np.prod(counts))
    check_gradients(lambda node: primitives.square(primitives.spread_strided(node, (3, 5), starts, steps, 2.0)), [x])


def test_all_of_a_value_is_the_value_itself():
    x = primitives.input_("x", (3, 5))
    assert primitives.slice_strided(x, (0, 0), (3, 5), (1, 1)) is x
    assert primitives.spread_strided(x, (3, 5), (0, 0), (1, 1)) is x


@pytest.mark.parametrize(
    ("starts", "counts", "steps"),
    [((0, 0), (4, 1), (1, 1)), ((0, 0), (1, 1), (0, 1)), ((0, 5), (1, 1), (1, 1)), ((0, 1), (1, 3), (1, -1))],
)
def test_positions_are_inside(starts, counts, steps):
    with pytest.raises(ValueError, match="are not in axis"):
        primitives.slice_strided(primitives.input_("x", (3, 5)), starts, counts, steps)
    with pytest.raises(ValueError, match="are not in axis"):
        primitives.spread_strided(primitives.input_("x", counts), (3, 5), starts, steps)
    with pytest.raises(ValueError, match="for each axis"):
        primitives.slice_strided(primitives.input_("x", (3,)), starts, counts, steps)
