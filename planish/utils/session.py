"""The state that all models of a process share: the source of seeds, and the numbers in automatic names."""

from __future__ import annotations

import random

import numpy as np

from planish import naming, random_seed
from planish.errors import explain


def set_random_seed(seed: int) -> None:
    """Makes everything random that follows repeatable: planish's own seeds, NumPy's global ones and Python's.

    `seed`: 0 to 2**32 - 1. TypeError or ValueError for anything else.

    >>> keras.utils.set_random_seed(1)
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(
            explain(what="set_random_seed takes an integer", received=f"{seed!r} of type {type(seed).__name__}")
        )
    if not 0 <= seed < 2**32:
        raise ValueError(explain(what="set_random_seed: the seed", expected="0 to 2**32 - 1", received=seed))
    number = int(seed)
    random.seed(number)
    np.random.seed(number)
    random_seed.set_seed(number)


def clear_session(free_memory: bool = True) -> None:
    """Starts the numbering of automatic names again (conv2d, dense). `free_memory` collects what is no longer
    reachable.

    Models keep their own names and programs; there is no other state to clear.

    >>> keras.utils.clear_session()
    >>> keras.layers.Dense(3).name
    'dense'
    """
    naming.reset_names()
    if free_memory:
        import gc

        gc.collect()
