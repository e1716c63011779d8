"""One source of seeds for everything random that the user did not seed: initial weights, dropout, shuffling.

It starts from the operating system's entropy; `set_seed` makes every later draw repeatable. The generator is splitmix64
(Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): a counter and a mixing function, which
cost no import.
"""

from __future__ import annotations

import os

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_LARGEST_SEED = 1_000_000_000

_state = int.from_bytes(os.urandom(8), "little")


def set_seed(seed: int) -> None:
    """Makes `next_seed` give the same sequence for the same `seed` from here on."""
    global _state
    _state = seed & _MASK


def state() -> int:
    """What `set_seed` takes to go on from here."""
    return _state


def streams_of(seed: int) -> tuple[int, int]:
    """Two streams of random numbers for a user's seed, 0 <= seed < 2**31, that no other seed has."""
    return seed, seed + 2**31


def next_seed() -> int:
    """A fresh seed, 1 <= seed <= 1,000,000,000."""
    global _state
    _state = (_state + _GOLDEN) & _MASK
    mixed = ((_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return 1 + (mixed ^ (mixed >> 31)) % _LARGEST_SEED
