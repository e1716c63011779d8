"""Totals of all ranks: one tree of additions, whatever way the numbers take."""

import numpy as np
import pytest

from planish.distribution.communicator import LEAST_BLOCKS, Ranks
from tests.distribution.simulated import on_ranks


def in_pairs(arrays, how):
    while len(arrays) > 1:
        arrays = [how(*arrays[place : place + 2]) for place in range(0, len(arrays), 2)]
    return arrays[0]


def bucket_of(rank, count):
    random = np.random.default_rng(rank)
    return (random.standard_normal(count) * 10.0 ** random.integers(-4, 4, count)).astype(np.float32)


def exchanged(size, count, sums, exact=True):
    def work(communicator):
        bucket = bucket_of(communicator.rank, count)
        Ranks(communicator, exact=exact).exchange(bucket, sums)
        return bucket

    return on_ranks(size, work)


@pytest.mark.parametrize(("size", "count"), [(2, 5), (4, 1001), (4, 70_001), (8, 40_000), (2, 150_001)])
def test_totals_have_the_bits_of_the_tree_over_ranks(size, count):
    """Few numbers are sent as a whole, many in halves."""
    sums = count * 2 // 3
    buckets = [bucket_of(rank, count) for rank in range(size)]
    expected = in_pairs([bucket[:sums] for bucket in buckets], np.add)
    largest = in_pairs([bucket[sums:] for bucket in buckets], np.maximum)
    for found in exchanged(size, count, sums):
        assert found[:sums].tobytes() == expected.tobytes()
        assert found[sums:].tobytes() == largest.tobytes()


@pytest.mark.parametrize("size", [3, 5, 6])
@pytest.mark.parametrize("exact", [True, False])
def test_any_number_of_ranks_has_the_same_totals(size, exact):
    results = exchanged(size, 50_000, 49_000, exact)
    assert len({result.tobytes() for result in results}) == 1
    buckets = np.array([bucket_of(rank, 50_000) for rank in range(size)], np.float64)
    np.testing.assert_allclose(results[0][:49_000], buckets.sum(axis=0)[:49_000], rtol=1e-4, atol=1e-2)
    np.testing.assert_array_equal(results[0][49_000:], buckets.max(axis=0)[49_000:].astype(np.float32))


def test_all_blocks_are_dealt_out_in_order():
    class Of:
        def __init__(self, rank, size):
            self.rank, self.size = rank, size

    for size in (1, 2, 3, 5, 8, 9, 16, 100):
        own = [Ranks(Of(rank, size)).blocks(exact=True) for rank in range(size)]
        (count,) = {each[0] for each in own}
        assert count == (max(size, LEAST_BLOCKS) if size in (1, 2, 8, 16) else size)
        assert [block for _, first, several in own for block in range(first, first + several)] == list(range(count))
        assert all(several for _, _, several in own)
        for images in (0, 1, 7, 128):
            rows = [Ranks(Of(rank, size)).rows(images) for rank in range(size)]
            assert rows == [
                slice(first * images // count, (first + several) * images // count) for _, first, several in own
            ]
        assert Ranks(Of(size - 1, size)).blocks(exact=False) == (size, size - 1, 1)
