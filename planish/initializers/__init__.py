"""Initial values of weights, as Keras defines them.

An initializer is called with a shape and gives a float32 array: the same one every time it is called with the same
shape. Without a seed of its own, it draws one when it is made (see `planish.utils.set_random_seed`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from planish import absent, serialization, signatures
from planish import custom_objects as own_objects
from planish.errors import explain
from planish.initializers.constant import Constant, Identity, Ones, Zeros
from planish.initializers.initializer import Initializer
from planish.initializers.random import Orthogonal, RandomNormal, RandomUniform, TruncatedNormal
from planish.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)
from planish.naming import snake_case

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "deserialize",
    "get",
    "serialize",
]

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

IdentityInitializer, OrthogonalInitializer = Identity, Orthogonal
zeros, ones, constant, identity = Zeros, Ones, Constant, Identity
random_normal, truncated_normal, random_uniform, orthogonal = RandomNormal, TruncatedNormal, RandomUniform, Orthogonal
variance_scaling, glorot_uniform, glorot_normal = VarianceScaling, GlorotUniform, GlorotNormal
he_uniform, he_normal, lecun_uniform, lecun_normal = HeUniform, HeNormal, LecunUniform, LecunNormal


def get(identifier: Any) -> Callable[..., NDArray[Any]]:
    """The initializer that a user's argument means: a name, a config, a class, or any function of a shape.

    `identifier`: any of these.

    >>> print(keras.initializers.get("ones")((2,)))
    [1. 1.]
    """
    if isinstance(identifier, str):
        if (own := own_objects.get_registered_object(identifier)) is not None:
            return get(own)
        if identifier not in _NAMES:
            known = [name for name in _NAMES if name.islower()]
            raise ValueError(absent.unknown_name("initializer", "initializers", identifier, known))
        identifier = _NAMES[identifier]
    if isinstance(identifier, dict):
        return get(deserialize(identifier))
    if isinstance(identifier, type) and issubclass(identifier, Initializer):
        return identifier()
    if isinstance(identifier, Initializer) and type(identifier).__call__ is Initializer.__call__:
        return identifier
    if callable(identifier):
        if not signatures.takes(identifier, (1,), dtype="float32"):
            signatures.require(identifier, "the initializer", "shape")
        return cast(Callable[..., NDArray[Any]], identifier)
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
    """Keras's serialized form.

    `initializer`: an object, or a function.

    >>> keras.initializers.serialize(keras.initializers.Ones())["class_name"]
    'Ones'
    """
    return serialization.serialize(initializer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Callable[..., NDArray[Any]]:
    """The initializer of a serialized form (or of a plain name). `custom_objects` are the caller's own, by name.

    `config`: a dictionary, or a name.

    >>> keras.initializers.deserialize({"class_name": "Constant", "config": {"value": 2.0}}).value
    2.0
    """
    if isinstance(config, str):
        return get(config)
    found: Callable[..., NDArray[Any]] = serialization.deserialize_as(
        "an initializer", Initializer, config, "keras.initializers", _NAMES, custom_objects
    )
    return found


if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("initializers")
