"""Random arrays; where a layer is traced, random values of each image, if `shape` begins with `ops.shape(x)[0]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish import ops, primitives, random_seed
from planish.errors import explain
from planish.graph.node import Node
from planish.layers.base.context import CallContext
from planish.ops.dtypes import as_array, dtype_named
from planish.random.seed_generator import SeedGenerator, generator_of
from planish.tensor import Tensor

Seed = int | SeedGenerator | None
Shape = Sequence[Any]


def _made(values: Any, dtype: Any) -> Any:
    return np.asarray(values, dtype_named(dtype)).view(Tensor)


def _for_images(shape: Shape) -> bool:
    return len(shape) > 0 and isinstance(shape[0], Node)


def _sizes(shape: Shape) -> tuple[Any, ...]:
    """ValueError for an axis whose extent is not known: `x.shape` begins with None in a layer's call."""
    if any(extent is None for extent in shape):
        raise ValueError(
            explain(
                what="an array of random numbers needs a size for every axis",
                received=tuple(shape),
                remedy="ops.shape(x) for x.shape: keras.random.normal(ops.shape(x))",
            )
        )
    return tuple(shape)


def _uniform(shape: Shape, seed: Seed) -> Node:
    """f32[N, *shape[1:]] in [0, 1), other numbers in every step."""
    context = CallContext.current()
    extents = [int(extent) for extent in shape[1:]]
    if isinstance(seed, int):
        return primitives.random_uniform(context.iteration, extents, seed)
    return primitives.random_uniform(context.seed, extents, context.stream())


def _normal(shape: Shape, seed: Seed) -> Node:
    context = CallContext.current()
    extents = [int(extent) for extent in shape[1:]]
    if isinstance(seed, int):
        return primitives.random_normal(context.iteration, extents, random_seed.streams_of(seed))
    return primitives.random_normal(context.seed, extents, (context.stream(), context.stream()))


def uniform(shape: Shape, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Seed = None) -> Any:
    """Numbers of `shape` between `minval` and `maxval`, which is left out; whole ones for an integer `dtype`.

    `seed`: an integer for the same numbers every time, a SeedGenerator, or None.

    >>> keras.random.uniform((2, 3), seed=1).shape
    (2, 3)
    """
    if _for_images(shape):
        return primitives.add(primitives.multiply(_uniform(shape, seed), maxval - minval), minval)
    if dtype_named(dtype).kind in "iu":
        return randint(shape, int(minval), int(maxval), dtype, seed)
    return _made(generator_of(seed).uniform(minval, maxval, _sizes(shape)), dtype)


def normal(shape: Shape, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Seed = None) -> Any:
    """Normally distributed numbers of `shape`, with `mean` and standard deviation `stddev`; `seed` as in `uniform`.

    >>> keras.random.normal((2,), seed=1).dtype
    dtype('float32')
    """
    if _for_images(shape):
        return primitives.add(primitives.multiply(_normal(shape, seed), stddev), mean)
    return _made(generator_of(seed).normal(mean, stddev, _sizes(shape)), dtype)


def truncated_normal(shape: Shape, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Seed = None) -> Any:
    """As `normal`, of `shape`, `mean` and `stddev`, without numbers beyond two of these; `seed` as in `uniform`.

    >>> bool((abs(keras.random.truncated_normal((100,), seed=1)) <= 2).all())
    True
    """
    generator = generator_of(seed)
    values = generator.standard_normal(_sizes(shape))
    while (beyond := np.abs(values) > 2).any():
        values[beyond] = generator.standard_normal(int(beyond.sum()))
    return _made(values * stddev + mean, dtype)


def randint(shape: Shape, minval: int, maxval: int, dtype: Any = "int32", seed: Seed = None) -> Any:
    """Whole numbers of `shape` from `minval` to `maxval` - 1; `seed` as in `uniform`.

    >>> keras.random.randint((3,), 0, 1)
    Tensor([0, 0, 0], dtype=int32)
    """
    return _made(generator_of(seed).integers(minval, maxval, _sizes(shape)), dtype)


def categorical(logits: ArrayLike, num_samples: int, dtype: Any = "int32", seed: Seed = None) -> Any:
    """`num_samples` class numbers for each row of `logits` [n, classes], as likely as their softmax; `seed` as above.

    >>> keras.random.categorical(np.array([[0.0, -np.inf]]), 3)
    Tensor([[0, 0, 0]], dtype=int32)
    """
    rows = as_array(logits)
    if rows.ndim != 2:
        raise ValueError(explain(what="random.categorical takes rows of logits", received=f"shape {rows.shape}"))
    noise = generator_of(seed).gumbel(size=(len(rows), num_samples, rows.shape[1]))
    return _made((rows[:, None] + noise).argmax(-1), dtype)


def shuffle(x: ArrayLike, axis: int = 0, seed: Seed = None) -> Any:
    """`x` with its entries along `axis` in another order; `seed` as in `uniform`.

    >>> sorted(keras.random.shuffle(np.arange(3)).tolist())
    [0, 1, 2]
    """
    array = as_array(x)
    return generator_of(seed).permutation(array, axis).view(Tensor)


def dropout(inputs: Any, rate: float, noise_shape: Shape | None = None, seed: Seed = None) -> Any:
    """`inputs` of which a part `rate` is 0 and the rest is larger, so that the mean stays; one draw for each entry of
    `noise_shape`. `seed` as in `uniform`.

    >>> print(keras.random.dropout(np.ones(3, np.float32), 0.0))
    [1. 1. 1.]
    """
    if not 0 <= rate < 1:
        raise ValueError(explain(what="random.dropout: the rate", expected="0 <= rate < 1", received=rate))
    shape = ops.shape(inputs)
    noise = shape if noise_shape is None else [s if n is None else n for n, s in zip(noise_shape, shape, strict=True)]
    kept = ops.greater_equal(uniform(noise, seed=seed), rate)
    return ops.multiply(inputs, ops.multiply(ops.cast(kept, "float32"), 1 / (1 - rate)))


def gamma(shape: Shape, alpha: Any, dtype: Any = None, seed: Seed = None) -> Any:
    """Numbers of `shape` from a gamma distribution of shape `alpha` and scale 1; `seed` as in `uniform`.

    >>> keras.random.gamma((2,), 3.0).shape
    (2,)
    """
    return _made(generator_of(seed).gamma(alpha, size=_sizes(shape)), dtype)


def beta(shape: Shape, alpha: Any, beta: Any, dtype: Any = None, seed: Seed = None) -> Any:
    """Numbers of `shape` from a beta distribution of `alpha` and `beta`; `seed` as in `uniform`.

    >>> keras.random.beta((2,), 1.0, 2.0).shape
    (2,)
    """
    return _made(generator_of(seed).beta(alpha, beta, size=_sizes(shape)), dtype)


def binomial(shape: Shape, counts: Any, probabilities: Any, dtype: Any = None, seed: Seed = None) -> Any:
    """How many of `counts` trials succeed that do so with `probabilities`, of `shape`; `seed` as in `uniform`.

    >>> print(keras.random.binomial((2,), 3, 1.0))
    [3. 3.]
    """
    drawn: NDArray[Any] = generator_of(seed).binomial(np.asarray(counts, np.int64), probabilities, size=_sizes(shape))
    return _made(drawn, dtype)
