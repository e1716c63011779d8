"""Initial values whose spread depends on a unit's number of inputs and outputs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from planish.errors import explain, unknown_name
from planish.initializers.random import RandomInitializer, truncated

# Standard deviation of a standard normal variable cut off at two standard deviations.
_TRUNCATED_STDDEV = 0.87962566103423978


class VarianceScaling(RandomInitializer):
    """Variance `scale / n`; n: a unit's inputs ('fan_in'), its outputs ('fan_out') or their mean ('fan_avg').

    `mode`: 'fan_in', 'fan_out' or 'fan_avg'. `distribution`: 'truncated_normal', 'untruncated_normal' or 'uniform'.
    `input_axes` and `output_axes` are not supported: the last two axes of a weight are its inputs and outputs.

    >>> keras.initializers.VarianceScaling(2.0, mode="fan_out", seed=1)((3, 3, 1, 8)).shape
    (3, 3, 1, 8)
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: None = None,
        output_axes: None = None,
    ) -> None:
        super().__init__(seed)
        _refuse_axes(type(self).__name__, input_axes, output_axes)
        if not scale > 0:
            raise ValueError(
                explain(what="initializer VarianceScaling: argument 'scale'", expected="more than 0", received=scale)
            )
        distribution = "truncated_normal" if distribution == "normal" else distribution
        if mode not in _FANS:
            raise ValueError(unknown_name("mode of VarianceScaling", mode, _FANS))
        if distribution not in _DISTRIBUTIONS:
            raise ValueError(unknown_name("distribution of VarianceScaling", distribution, _DISTRIBUTIONS))
        self.scale, self.mode, self.distribution = scale, mode, distribution

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        variance = self.scale / max(1.0, _FANS[self.mode](*fans(shape)))
        generator = self.generator()
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return generator.uniform(-limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return generator.normal(0.0, math.sqrt(variance), shape)
        return math.sqrt(variance) / _TRUNCATED_STDDEV * truncated(generator, shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "mode": self.mode, "distribution": self.distribution}


class _NamedScaling(VarianceScaling):
    """A variance scaling with a name of its own, whose only setting is the seed."""

    settings: tuple[float, str, str]

    def __init__(self, seed: int | None = None, input_axes: None = None, output_axes: None = None) -> None:
        super().__init__(*self.settings, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


class GlorotUniform(_NamedScaling):
    """Uniform, variance 2 / (fan_in + fan_out): Keras's default for kernels.

    >>> keras.initializers.GlorotUniform(seed=1)((4, 2)).shape
    (4, 2)
    """

    settings = (1.0, "fan_avg", "uniform")


class GlorotNormal(_NamedScaling):
    """Truncated normal, variance 2 / (fan_in + fan_out).

    >>> keras.initializers.GlorotNormal(seed=1)((4, 2)).shape
    (4, 2)
    """

    settings = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_NamedScaling):
    """Uniform, variance 2 / fan_in.

    >>> keras.initializers.HeUniform(seed=1)((4, 2)).shape
    (4, 2)
    """

    settings = (2.0, "fan_in", "uniform")


class HeNormal(_NamedScaling):
    """Truncated normal, variance 2 / fan_in.

    >>> keras.initializers.HeNormal(seed=1)((4, 2)).shape
    (4, 2)
    """

    settings = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_NamedScaling):
    """Uniform, variance 1 / fan_in.

    >>> keras.initializers.LecunUniform(seed=1)((4, 2)).shape
    (4, 2)
    """

    settings = (1.0, "fan_in", "uniform")


class LecunNormal(_NamedScaling):
    """Truncated normal, variance 1 / fan_in.

    >>> keras.initializers.LecunNormal(seed=1)((4, 2)).shape
    (4, 2)
    """

    settings = (1.0, "fan_in", "truncated_normal")


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Inputs and outputs of a unit whose weight has the shape: [.., in, out], a kernel's window multiplying both."""
    if not shape:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


def _refuse_axes(initializer: str, *axes: object) -> None:
    if any(axis is not None for axis in axes):
        raise ValueError(
            explain(
                what=f"initializer {initializer}: 'input_axes' and 'output_axes' are not supported",
                expected="None: the last two axes of a weight are its inputs and outputs",
                received=axes,
            )
        )


_FANS: dict[str, Callable[[int, int], float]] = {
    "fan_in": lambda inputs, outputs: inputs,
    "fan_out": lambda inputs, outputs: outputs,
    "fan_avg": lambda inputs, outputs: (inputs + outputs) / 2.0,
}
_DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")
