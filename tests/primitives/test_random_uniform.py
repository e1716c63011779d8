"""Random numbers: the documented hash, and that it behaves like chance in every direction that a user can vary."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planish import primitives
from tests.primitives.support import compute

SEEDS = st.integers(-(2**31), 2**31 - 1)
STREAMS = st.integers(0, 2**16)
WORD = 0xFFFFFFFF


def draw(seed, count=200, shape=(100,), stream=0, dtype=np.float64):
    node = primitives.random_uniform(primitives.scalar("seed", "i32"), shape, stream)
    return compute(node, dtype, count, seed=np.array(seed))


def mix(h):
    """The documented finaliser on Python's integers."""
    h ^= h >> 16
    h = h * 0x7FEB352D & WORD
    h ^= h >> 15
    h = h * 0x846CA68B & WORD
    return h ^ h >> 16


@settings(max_examples=20, deadline=None)
@given(SEEDS, STREAMS)
def test_the_documented_hash(seed, stream):
    found = draw(seed, 3, (2, 3), stream)
    key = mix((seed & WORD) ^ (0x9E3779B9 * (stream + 1) & WORD))
    for image, element in itertools.product(range(3), range(6)):
        row = mix(key + image * 0x85EBCA6B & WORD)
        bits = mix(row ^ (element * 0xC2B2AE35 + 0x27D4EB2F & WORD))
        assert found[image].flat[element] == (bits >> 8) * 2.0**-24


def test_the_same_bits_in_every_precision_and_batch():
    wide, narrow = draw(7), draw(7, dtype=np.float32)
    assert narrow.dtype == np.float32
    np.testing.assert_array_equal(wide, narrow)
    np.testing.assert_array_equal(wide[:3], draw(7, 3))


@settings(max_examples=25, deadline=None)
@given(SEEDS, STREAMS)
def test_range_mean_and_spread(seed, stream):
    x = draw(seed, stream=stream)
    assert x.min() >= 0
    assert x.max() < 1
    # 20,000 numbers: the standard deviation of the mean is 0.0020, of the variance 0.0005.
    assert abs(x.mean() - 1 / 2) < 6 * 0.0021
    assert abs(x.var() - 1 / 12) < 6 * 0.00053


def test_the_numbers_are_evenly_spread():
    counts = np.histogram(draw(5, 1000), bins=256, range=(0, 1))[0]
    expected = 100_000 / 256
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    assert 150 < chi_square < 385  # 255 degrees of freedom: beyond six standard deviations


def correlation(a, b):
    return float(np.corrcoef(np.ravel(a), np.ravel(b))[0, 1])


@settings(max_examples=25, deadline=None)
@given(SEEDS, STREAMS, st.integers(1, 64))
def test_seeds_and_streams_are_independent_of_their_neighbours(seed, stream, distance):
    x = draw(seed, stream=stream)
    limit = 6 / np.sqrt(x.size)
    other_seed = min(seed + distance, 2**31 - 1) if seed < 2**31 - 1 else seed - 1
    assert abs(correlation(x, draw(other_seed, stream=stream))) < limit
    assert abs(correlation(x, draw(seed, stream=stream + distance))) < limit
    assert abs(correlation(x, draw(other_seed, stream=stream + distance))) < limit


@settings(max_examples=25, deadline=None)
@given(SEEDS, STREAMS, st.integers(1, 32))
def test_images_and_elements_are_independent_of_their_neighbours(seed, stream, distance):
    x = draw(seed, stream=stream)
    limit = 6 / np.sqrt(x.size / 2)
    assert abs(correlation(x[distance:], x[:-distance])) < limit
    assert abs(correlation(x[:, distance:], x[:, :-distance])) < limit


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_images_and_elements_do_not_take_each_others_place(seed):
    x = draw(seed, 100, (100,))
    assert abs(correlation(x, x.T)) < 0.1
    values = draw(seed, 256, (256,))
    # 65,536 draws from 2^24 values meet about 128 times by chance; rows that repeat would meet thousands of times.
    assert values.size - len(np.unique(values)) < 250


def test_every_bit_of_the_result_is_fair():
    bits = (draw(3, 500) * 2**24).astype(np.int64)
    for place in range(24):
        assert abs((bits >> place & 1).mean() - 0.5) < 6 * 0.5 / np.sqrt(bits.size)


def test_a_mask_of_dropout_keeps_its_share_in_every_image():
    kept = (draw(11, 300, (1000,)) >= 0.3).mean(axis=1)
    assert abs(kept.mean() - 0.7) < 6 * np.sqrt(0.21 / 300_000)
    assert 0.7 < kept.std() / np.sqrt(0.21 / 1000) < 1.3


@pytest.mark.parametrize(
    ("seed", "shape"),
    [
        (primitives.scalar("s"), (2,)),
        (primitives.input_("s", (), "i32"), (2,)),
        (primitives.scalar("s", "i32"), (2, 0)),
    ],
)
def test_mistakes(seed, shape):
    with pytest.raises(ValueError, match="a seed that is an i32 scalar"):
        primitives.random_uniform(seed, shape, 0)


def test_a_single_number_an_image():
    node = primitives.random_uniform(primitives.scalar("seed", "i32"), (), 0)
    assert compute(node, batch_size=4, seed=np.array(1)).shape == (4,)
