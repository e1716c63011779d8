"""The arguments that every layer takes."""

from __future__ import annotations

import inspect
from typing import Any

from planish import naming
from planish.errors import explain, unknown_name
from planish.layers import arguments

_COMMON = ("activity_regularizer", "batch_input_shape", "dtype", "input_dim", "input_shape", "name", "trainable")


def checked_name(class_name: str, name: str | None) -> str:
    """`name`, or the next automatic one; ValueError if Keras would not take it."""
    if name is None:
        return naming.automatic_name(class_name)
    if not isinstance(name, str) or not name or "/" in name:
        raise ValueError(
            explain(
                layer=class_name, what="argument 'name' is wrong", expected="a string without '/'", received=repr(name)
            )
        )
    return name


def take_input_shape(layer: str, options: dict[str, Any]) -> tuple[int | None, ...] | None:
    """Takes Keras 2's arguments for the input's shape out of `options`: the shape with the batch axis, if any."""
    whole, shape, features = (options.pop(name, None) for name in ("batch_input_shape", "input_shape", "input_dim"))
    if whole is not None:
        return tuple(whole)
    if features is not None:
        return (None, arguments.integer(layer, "input_dim", features))
    return None if shape is None else (None, *((shape,) if isinstance(shape, int) else shape))


def refuse_unknown(class_: type, options: dict[str, Any]) -> None:
    """TypeError, with the nearest names, if arguments are left that nobody has taken."""
    if options:
        own = inspect.signature(class_).parameters
        known = [*(name for name in own if name != "options"), *_COMMON]
        raise TypeError(unknown_name(f"argument of {class_.__name__}", next(iter(options)), known))
