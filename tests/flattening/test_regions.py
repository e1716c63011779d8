"""Regions against masks of NumPy."""

import itertools
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from planish.primitives.regions import gather, reshaped, whole

FACTORS = (2, 2, 3, 2, 1)


def mask_of(regions, shape):
    mask = np.zeros(shape, bool)
    for region in regions:
        mask[np.ix_(*map(sorted, region))] = True
    return mask


@st.composite
def shapes(draw):
    """24 elements in some shape."""
    factors = draw(st.permutations(FACTORS))
    cuts = sorted(draw(st.sets(st.integers(1, len(factors) - 1))))
    edges = [0, *cuts, len(factors)]
    return tuple(math.prod(factors[start:stop]) for start, stop in itertools.pairwise(edges))


def regions_in(shape):
    return st.tuples(*(st.frozensets(st.integers(0, extent - 1), min_size=1) for extent in shape))


@given(data=st.data(), shape=shapes(), source=shapes())
def test_reshapes_keep_every_element(data, shape, source):
    region = data.draw(regions_in(shape))
    expected = mask_of([region], shape).reshape(source)
    np.testing.assert_array_equal(mask_of(reshaped(region, shape, source), source), expected)


@given(data=st.data(), shape=shapes())
def test_gathering_keeps_every_element(data, shape):
    regions = data.draw(st.lists(regions_in(shape), max_size=6))
    gathered = gather(regions)
    np.testing.assert_array_equal(mask_of(gathered, shape), mask_of(regions, shape))
    assert len(gathered) <= len(regions)


def test_neighbours_become_one():
    a, b = (frozenset({0, 1}), frozenset({3})), (frozenset({2}), frozenset({3}))
    assert gather([a, b]) == [(frozenset({0, 1, 2}), frozenset({3}))]
    assert gather([a, whole((3, 4))]) == gather([whole((3, 4)), a]) == [whole((3, 4))]
