"""set_random_seed and clear_session."""

import random
import re

import numpy as np
import pytest

from planish import naming, random_seed
from planish.utils import clear_session, set_random_seed


@pytest.mark.parametrize("seed", [0, 7, np.int64(7), 2**32 - 1])
def test_everything_random_repeats(seed):
    def draw():
        set_random_seed(seed)
        return random.random(), np.random.rand(), random_seed.next_seed()

    assert draw() == draw()


def test_seeds_differ():
    set_random_seed(1)
    first = random_seed.next_seed()
    set_random_seed(2)
    assert random_seed.next_seed() != first


@pytest.mark.parametrize(
    ("seed", "error", "message"),
    [
        ("1", TypeError, "set_random_seed takes an integer\n  received: '1' of type str"),
        (True, TypeError, "received: True of type bool"),
        (-1, ValueError, "set_random_seed: the seed\n  expected: 0 to 2**32 - 1\n  received: -1"),
        (2**32, ValueError, "received: 4294967296"),
    ],
)
def test_other_seeds_are_refused(seed, error, message):
    with pytest.raises(error, match=re.escape(message)):
        set_random_seed(seed)


def test_names_are_numbered_from_the_start_again():
    naming.automatic_name("Conv2D")
    assert naming.automatic_name("Conv2D") != "conv2d"
    clear_session()
    assert naming.automatic_name("Conv2D") == "conv2d"
