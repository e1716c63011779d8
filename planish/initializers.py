"""Initial values of weights, as Keras defines them.

An initializer is called with a shape and gives a float32 array: the same one every time it is called with the same
shape. Without a seed of its own, it draws one when it is made (see `planish.utils.set_random_seed`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import precision, random_seed, serialization
from planish.errors import explain, unknown_name
from planish.naming import snake_case

Array = NDArray[np.float32]

# Standard deviation of a standard normal variable cut off at two standard deviations.
_TRUNCATED_STDDEV = 0.87962566103423978


class Initializer:
    """Base of all initializers: `__call__(shape, dtype=None)` and `get_config()`."""

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Array:
        precision.require_float32(f"initializer {type(self).__name__}", dtype)
        return np.ascontiguousarray(self.values(tuple(shape)), dtype=np.float32)

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        """The array, in any float type."""
        raise NotImplementedError(f"initializer {type(self).__name__} defines no values(shape)")

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        return cls(**config)


class Zeros(Initializer):
    """All zeros."""

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        return np.zeros(shape)


class Ones(Initializer):
    """All ones."""

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        return np.ones(shape)


class Constant(Initializer):
    """Every element is `value`; an array is broadcast to the shape."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        return np.broadcast_to(np.asarray(self.value, np.float32), shape)

    def get_config(self) -> dict[str, Any]:
        return {"value": serialization.serialize(self.value)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        return cls(serialization.deserialize(config["value"]))


class Identity(Initializer):
    """A matrix of zeros with `gain` on the diagonal."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        if len(shape) != 2:
            raise ValueError(
                explain(what="initializer Identity makes matrices only", expected="a shape of rank 2", received=shape)
            )
        return self.gain * np.eye(*shape)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}


class RandomInitializer(Initializer):
    """Base of the initializers that draw numbers; `seed` is an integer or None."""

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
    """Normally distributed."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        return self.generator().normal(self.mean, self.stddev, shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomNormal):
    """Normally distributed; what lies further than two standard deviations from the mean is drawn again."""

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        return self.mean + self.stddev * _truncated(self.generator(), shape)


class RandomUniform(RandomInitializer):
    """Uniform between `minval` and `maxval`."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def values(self, shape: tuple[int, ...]) -> NDArray[Any]:
        return self.generator().uniform(self.minval, self.maxval, shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


class Orthogonal(RandomInitializer):
    """A random matrix with orthogonal rows or columns (the last axis against all others), times `gain`."""

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


class VarianceScaling(RandomInitializer):
    """Variance `scale / n`; n: a unit's inputs ('fan_in'), its outputs ('fan_out') or their mean ('fan_avg')."""

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
        return math.sqrt(variance) / _TRUNCATED_STDDEV * _truncated(generator, shape)

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
    """Uniform, variance 2 / (fan_in + fan_out): Keras's default for kernels."""

    settings = (1.0, "fan_avg", "uniform")


class GlorotNormal(_NamedScaling):
    """Truncated normal, variance 2 / (fan_in + fan_out)."""

    settings = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_NamedScaling):
    """Uniform, variance 2 / fan_in."""

    settings = (2.0, "fan_in", "uniform")


class HeNormal(_NamedScaling):
    """Truncated normal, variance 2 / fan_in."""

    settings = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_NamedScaling):
    """Uniform, variance 1 / fan_in."""

    settings = (1.0, "fan_in", "uniform")


class LecunNormal(_NamedScaling):
    """Truncated normal, variance 1 / fan_in."""

    settings = (1.0, "fan_in", "truncated_normal")


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Inputs and outputs of a unit whose weight has the shape: [.., in, out], a kernel's window multiplying both."""
    if not shape:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


def _truncated(generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[Any]:
    values = generator.standard_normal(shape)
    outside = np.abs(values) > 2.0
    while outside.any():
        values[outside] = generator.standard_normal(int(outside.sum()))
        outside = np.abs(values) > 2.0
    return values


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

_CLASSES: tuple[type[Initializer], ...] = (
    Zeros, Ones, Constant, Identity, RandomNormal, TruncatedNormal, RandomUniform, Orthogonal, VarianceScaling,
    GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal,
)  # fmt: skip
_NAMES: dict[str, type[Initializer]] = {
    **{class_.__name__: class_ for class_ in _CLASSES},
    **{snake_case(class_.__name__): class_ for class_ in _CLASSES},
    "zero": Zeros,
    "one": Ones,
    "normal": RandomNormal,
    "uniform": RandomUniform,
    "IdentityInitializer": Identity,
    "OrthogonalInitializer": Orthogonal,
}  # fmt: skip

zeros, ones, constant, identity = Zeros, Ones, Constant, Identity
random_normal, truncated_normal, random_uniform, orthogonal = RandomNormal, TruncatedNormal, RandomUniform, Orthogonal
variance_scaling, glorot_uniform, glorot_normal = VarianceScaling, GlorotUniform, GlorotNormal
he_uniform, he_normal, lecun_uniform, lecun_normal = HeUniform, HeNormal, LecunUniform, LecunNormal


def get(identifier: Any) -> Callable[..., NDArray[Any]]:
    """The initializer that a user's argument means: a name, a config, a class, or any function of a shape."""
    if isinstance(identifier, str):
        if identifier not in _NAMES:
            raise ValueError(unknown_name("initializer", identifier, _NAMES))
        identifier = _NAMES[identifier]
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Initializer):
        return identifier()
    if callable(identifier):
        return identifier
    if isinstance(identifier, np.ndarray):
        return Constant(identifier)
    raise TypeError(
        explain(
            what="an initializer was expected",
            expected="a name, an Initializer or a function of a shape",
            received=repr(identifier),
        )
    )


def serialize(initializer: Any) -> Any:
    """Keras's serialized form."""
    return serialization.serialize(initializer)


def deserialize(config: Any) -> Callable[..., NDArray[Any]]:
    """The initializer of a serialized form (or of a plain name)."""
    if isinstance(config, str):
        return get(config)
    found: Callable[..., NDArray[Any]] = serialization.deserialize(config, module_names=_NAMES)
    return found
