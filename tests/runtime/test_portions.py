"""How many images a thread takes at a time."""

import pytest

from planish_runtime.portions import CHUNK_BLOCKS, chunks, images_at_once

COUNTS = [1, 2, 3, 7, 28, 29, 100, 1000, 1009, 3200, 60_000, 1_000_003]
LITTLE, MUCH = 1_000, 10_000_000  # multiply-adds


def busiest(portions, threads):
    """Images of the thread that has most, if all are equally fast, and the next portion is for who is done first."""
    loads = [0] * threads
    for images in portions:
        loads[loads.index(min(loads))] += images
    return max(loads)


def portions_of(count, each):
    return [min(each, count - first) for first in range(0, count, each)]


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 64])
@pytest.mark.parametrize("count", COUNTS)
def test_chunks_are_all_images_once_and_none_is_long(count, threads):
    found = chunks(count, 28, threads)
    assert [image for first, last in found for image in (first, last)][1:-1:2] == [first for first, _ in found[1:]]
    assert (found[0][0], found[-1][1]) == (0, count)
    assert all(0 < last - first <= 28 * CHUNK_BLOCKS for first, last in found)


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [count for count in COUNTS if count >= 28 * 8])
def test_no_thread_has_a_block_more_than_its_share(count, threads):
    assert busiest([last - first for first, last in chunks(count, 28, threads)], threads) <= count / threads + 28


def test_fewer_images_than_blocks_for_all_are_shared_evenly():
    assert chunks(30, 28, 3) == [(0, 10), (10, 20), (20, 30)]
    assert chunks(5, 28, 8) == [(image, image + 1) for image in range(5)]


@pytest.mark.parametrize("work", [LITTLE, MUCH])
@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("count", COUNTS)
def test_who_draws_in_native_code_has_at_most_two_blocks_or_a_sixteenth_more_than_its_share(count, threads, work):
    each = images_at_once(count, threads, 28, work)
    assert 0 < each <= count
    most = max(4, count / threads / (2 if work == LITTLE else 16))
    assert busiest(portions_of(count, each), threads) <= count / threads + most


def test_a_little_work_is_a_few_portions_and_more_are_whole_blocks():
    assert images_at_once(400, 2, 28, LITTLE) == 84
    assert images_at_once(3200, 2, 28, MUCH) == 84
    assert images_at_once(16, 2, 28, MUCH) == 4
