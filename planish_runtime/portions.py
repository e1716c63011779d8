"""How many images a thread takes at a time, where several threads share a prediction.

Few portions leave threads that are done early without work, and many cost more calls. The bits of the results do not
depend on it.
"""

from __future__ import annotations

# Calls from Python take at most so many blocks: about a thousand images, some milliseconds of work.
CHUNK_BLOCKS = 36
_FEWEST_AT_ONCE = 4  # images that a thread takes, if there are so many: dense layers read their weights once for them
_FEWEST_PORTIONS, _MOST_PORTIONS = 2, 16  # for each thread
_WORK_OF_A_PORTION = 5_000_000  # multiply-adds, from which on there are more than the fewest: about 0.1 ms


def images_at_once(count: int, threads: int, block: int, work: int) -> int:
    """For threads that draw from `count` images in native code. The program computes `block` images at a time, with
    `work` multiply-adds each."""
    portions = min(_MOST_PORTIONS, max(_FEWEST_PORTIONS, count * work // (threads * _WORK_OF_A_PORTION)))
    each = max(_quotient_up(count, portions * threads), min(_FEWEST_AT_ONCE, _quotient_up(count, threads)))
    return each if each < block else each // block * block


def chunks(count: int, block: int, threads: int) -> list[tuple[int, int]]:
    """For threads that draw from Python: the first image of each chunk, and the one behind its last. Chunks become
    smaller towards the end, so that threads are done at about the same time."""
    unit = min(block, _quotient_up(count, threads))
    found, first = [], 0
    while first < count:
        units = min(_quotient_up(count - first, 2 * threads * unit), CHUNK_BLOCKS)
        last = min(first + units * unit, count)
        found.append((first, last))
        first = last
    return found


def _quotient_up(a: int, b: int) -> int:
    return -(-a // b)
