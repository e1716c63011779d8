"""The arguments that every layer takes. They stand in the signatures of layers as `**options: Unpack[LayerOptions]`."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, TypedDict

from planish import naming
from planish.errors import explain, unknown_name
from planish.layers.base import arguments


class InputShapes(TypedDict, total=False):
    """Keras 2's ways to say what a model takes: without the batch axis, the number of features, with the batch axis."""

    input_shape: int | Sequence[int | None]
    input_dim: int
    batch_input_shape: Sequence[int | None]


class SharedOptions(InputShapes, total=False):
    """What every layer takes by keyword. `autocast` changes nothing: a model has one precision."""

    trainable: bool
    dtype: Any
    autocast: bool


class NamedOptions(SharedOptions, total=False):
    """For layers whose signature has `activity_regularizer` itself."""

    name: str | None


class RegularizedOptions(SharedOptions, total=False):
    """For layers whose signature has `name` itself."""

    activity_regularizer: Any


class LayerOptions(NamedOptions, total=False):
    """For all other layers."""

    activity_regularizer: Any


def checked_name(class_name: str, name: str | None) -> str:
    """`name`, or the next automatic one; ValueError if Keras would not take it."""
    if name is None:
        return naming.automatic_name(class_name)
    wanted = naming.misfit(name)
    if wanted is not None:
        raise ValueError(
            explain(layer=class_name, what="argument 'name' is wrong", expected=wanted, received=repr(name))
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
    """ValueError, as in Keras, with the nearest names, if arguments are left over."""
    if options:
        own = inspect.signature(class_).parameters
        known = {*own, *LayerOptions.__annotations__} - {"options"}
        raise ValueError(unknown_name(f"argument of {class_.__name__}", next(iter(options)), known))
