"""Where the seeds of random numbers come from."""

from __future__ import annotations

from typing import Any

import numpy as np

from planish import random_seed
from planish.errors import explain


class SeedGenerator:
    """Gives another seed for every draw. Two with the same `seed` give the same ones; None takes planish's own next
    seed, which `planish.utils.set_random_seed` makes repeatable. `name` is for its reader.

    >>> keras.random.SeedGenerator(3).next() == keras.random.SeedGenerator(3).next()
    True
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs: Any) -> None:
        if kwargs:
            raise TypeError(explain(what="SeedGenerator: unknown arguments", received=", ".join(kwargs)))
        self.seed = random_seed.next_seed() if seed is None else _checked(seed)
        self.name = name or "seed_generator"
        self._draws = 0

    def next(self, ordered: bool = True) -> tuple[int, int]:
        """The seed and the number of the draw; `ordered` has no effect."""
        self._draws += 1
        return self.seed, self._draws - 1

    def get_config(self) -> dict[str, Any]:
        """The seed that it began with."""
        return {"seed": self.seed}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        """A generator that begins anew with the seed of a configuration."""
        return cls(**config)


def _checked(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(
            explain(what="a seed was expected", expected="an integer from 0 on, a SeedGenerator or None", received=seed)
        )
    return int(seed)


def generator_of(seed: int | SeedGenerator | None) -> np.random.Generator:
    """NumPy's generator for one draw: the same for the same integer, another one each time otherwise."""
    if isinstance(seed, SeedGenerator):
        return np.random.default_rng(seed.next())
    return np.random.default_rng(random_seed.next_seed() if seed is None else _checked(seed))
