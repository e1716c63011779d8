"""Objects of Keras, PyTorch and the like, given where planish's own belong: refused, with what to write instead."""

from __future__ import annotations

import functools
import importlib
from typing import Any

from planish.errors import explain

_LIBRARIES = {
    **dict.fromkeys(("keras", "tf_keras", "keras_core"), "Keras"),
    "tensorflow": "TensorFlow",
    "torch": "PyTorch",
    "torchmetrics": "PyTorch",
    "jax": "JAX",
    "optax": "Optax",
}
_KINDS = {
    "activations": "an activation",
    "callbacks": "a callback",
    "constraints": "a constraint",
    "layers": "a layer",
    "losses": "a loss",
    "metrics": "a metric",
    "optimizers": "an optimizer",
    "optimizers.schedules": "a schedule",
    "regularizers": "a regularizer",
}
_BASES = {
    "callbacks": "Callback",
    "constraints": "Constraint",
    "layers": "Layer",
    "losses": "Loss",
    "metrics": "Metric",
    "optimizers": "Optimizer",
    "optimizers.schedules": "LearningRateSchedule",
    "regularizers": "Regularizer",
}


def is_keras(value: Any) -> bool:
    """Whether it is an object of Keras, or of a class derived from one of Keras's."""
    return any(_library(class_) == "Keras" for class_ in type(value).__mro__)


def refuse(value: Any, room: str) -> None:
    """TypeError if `value` (an object, a class or a function) belongs to another library; `room` is where planish
    keeps what belongs here: "losses"."""
    given = value.func if isinstance(value, functools.partial) else value
    family = given.__mro__ if isinstance(given, type) else type(given).__mro__
    own = given if hasattr(given, "__name__") and not isinstance(given, type) else family[0]
    library = _library(own) or next(filter(None, map(_library, family)), None)
    if library is None:
        return
    name = own.__name__
    raise TypeError(
        explain(
            what=f"{name} is {_KINDS[room]} of {library}",
            rule="planish compiles its own objects, which have the same names; import all of them from planish",
            expected=f"{_KINDS[room]} from planish.{room}",
            received=f"{name} of {own.__module__}",
            remedy=_remedy(name, room) if _library(own) else f"class {name}(planish.{room}.{_BASES[room]}):",
        )
    )


def _remedy(name: str, room: str) -> str:
    """The line that imports planish's own object, or what replaces it."""
    name = {"KerasTensor": "Input"}.get(name, name)
    for home in (room, "models"):
        if callable(getattr(importlib.import_module(f"planish.{home}"), name, None)):
            return f"from planish.{home} import {name}"
    from planish.absent import table

    return table.lookup(room, name) or f"what planish.{room} has"


def _library(item: Any) -> str | None:
    """The library that a class or a function comes from, if planish's users know it."""
    return _LIBRARIES.get((getattr(item, "__module__", None) or "").partition(".")[0])
