"""Optimizers and learning-rate schedules, with Keras 3's names, arguments and formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from planish import absent, foreign, overrides, serialization
from planish import custom_objects as own_objects
from planish.errors import explain
from planish.optimizers import schedules
from planish.optimizers.adadelta import Adadelta
from planish.optimizers.adafactor import Adafactor
from planish.optimizers.adagrad import Adagrad
from planish.optimizers.adam import Adam, AdamW
from planish.optimizers.adamax import Adamax
from planish.optimizers.ftrl import Ftrl
from planish.optimizers.lamb import Lamb
from planish.optimizers.lion import Lion
from planish.optimizers.loss_scale import LossScaleOptimizer
from planish.optimizers.muon import Muon
from planish.optimizers.nadam import Nadam
from planish.optimizers.optimizer import Optimizer
from planish.optimizers.rmsprop import RMSprop
from planish.optimizers.schedule_free import ScheduleFreeAdamW
from planish.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]

_CLASSES: dict[str, type[Optimizer]] = {
    class_.__name__.lower(): class_
    for class_ in (
        *(SGD, RMSprop, Adam, AdamW, Adadelta, Adagrad, Adamax, Adafactor, Nadam, Ftrl, Lion, Lamb, Muon),
        *(ScheduleFreeAdamW, LossScaleOptimizer),
    )
}


def get(identifier: Any) -> Optimizer:
    """An optimizer from its name, its configuration, or itself. ValueError for unknown names, with the nearest ones.

    `identifier`: any of these.

    >>> type(keras.optimizers.get("adam")).__name__
    'Adam'
    """
    if isinstance(identifier, Optimizer):
        overrides.refuse(identifier, "optimizer", overrides.OPTIMIZER)
        return identifier
    foreign.refuse(identifier, "optimizers")
    if isinstance(identifier, str):
        if (own := own_objects.get_registered_object(identifier)) is not None:
            return get(own)
        if identifier.lower() not in _CLASSES:
            known = [class_.__name__ for class_ in _CLASSES.values()]
            raise ValueError(absent.unknown_name("optimizer", "optimizers", identifier, known))
        return _CLASSES[identifier.lower()]()
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return get(identifier())
    raise TypeError(
        explain(
            what="this is not an optimizer",
            expected="a name such as 'adam', or an optimizer such as Adam(0.001)",
            received=f"{identifier!r} of type {type(identifier).__name__}",
        )
    )


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Keras's serialized form.

    `optimizer`: an object.

    >>> keras.optimizers.serialize(keras.optimizers.SGD(momentum=0.5))["config"]["momentum"]
    0.5
    """
    serialized: dict[str, Any] = serialization.serialize(optimizer)
    return serialized


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Optimizer:
    """The optimizer of a serialized form. ValueError for one that planish does not have.

    `config`: a dictionary; `custom_objects`: classes of the caller's own, by name.

    >>> keras.optimizers.deserialize({"class_name": "SGD", "config": {"momentum": 0.5}}).momentum
    0.5
    """
    if isinstance(config, Mapping) and (known := _CLASSES.get(str(config.get("class_name", "")).lower())) is not None:
        config = {**config, "class_name": known.__name__}
    classes = {class_.__name__: class_ for class_ in _CLASSES.values()}
    optimizer: Optimizer = serialization.deserialize_as(
        "an optimizer", Optimizer, config, "keras.optimizers", classes, custom_objects, functions=False
    )
    return optimizer


if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("optimizers")
