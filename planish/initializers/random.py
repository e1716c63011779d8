"""Initial values that are drawn, independently of the layer's size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import random_seed
from planish.errors import explain
from planish.initializers.initializer import Initializer


class RandomInitializer(Initializer):
    """Base of the initializers that draw numbers; `seed` is an integer or None.

    `seed`: an integer for the same values in every run; None draws one.
    """

    def __init__(self, seed: int | None = None) -> None:
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer))):
            raise TypeError(
                explain(
                    what=f"initializer {type(self).__name__}: argument 'seed'",
                    expected="an integer or None",
                    received=repr(seed),
                )
            )
        self.seed = None if seed is None else int(seed)
        self._drawn = random_seed.next_seed() if seed is None else int(seed) % (1 << 63)

    def generator(self) -> np.random.Generator:
        """A generator at the start of this initializer's sequence."""
        return np.random.default_rng(self._drawn)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


class RandomNormal(RandomInitializer):
    """Normally distributed.

    `mean` and `stddev`: of the distribution.

    >>> keras.initializers.RandomNormal(stddev=0.01, seed=1)((4, 2)).shape
    (4, 2)
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        return self.generator().normal(self.mean, self.stddev, shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomNormal):
    """Normally distributed; what lies further than two standard deviations from the mean is drawn again.

    >>> keras.initializers.TruncatedNormal(stddev=0.01, seed=1)((4, 2)).shape
    (4, 2)
    """

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        return self.mean + self.stddev * truncated(self.generator(), shape)


class RandomUniform(RandomInitializer):
    """Uniform between `minval` and `maxval`.

    >>> keras.initializers.RandomUniform(-0.1, 0.1, seed=1)((4, 2)).shape
    (4, 2)
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        return self.generator().uniform(self.minval, self.maxval, shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


class Orthogonal(RandomInitializer):
    """A random matrix with orthogonal rows or columns (the last axis against all others), times `gain`.

    >>> keras.initializers.Orthogonal(seed=1)((4, 2)).shape
    (4, 2)
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        if len(shape) < 2:
            raise ValueError(
                explain(
                    what="initializer Orthogonal makes matrices", expected="a shape of rank 2 or more", received=shape
                )
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(self.generator().normal(size=(max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))
        return self.gain * (q.T if rows < columns else q).reshape(shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}


def truncated(generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    """Standard normal numbers; what lies further than two standard deviations out is drawn again."""
    values = generator.standard_normal(shape)
    outside = np.abs(values) > 2.0
    while outside.any():
        values[outside] = generator.standard_normal(int(outside.sum()))
        outside = np.abs(values) > 2.0
    return values
