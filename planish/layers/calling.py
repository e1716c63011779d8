"""Calls a layer's own `build` and `call`: in planish's way, and in Keras's."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from planish import structures
from planish.errors import explain
from planish.graph.node import Node
from planish.layers.context import CallContext
from planish.symbolic import LayerCall

if TYPE_CHECKING:
    from planish.layers.layer import Layer


class Convention(NamedTuple):
    """What a class's `call` takes besides the inputs."""

    context: bool
    training: bool
    place_of_training: int
    """Its place among the arguments, which may be given by position."""


def result_of(layer: Layer, inputs: tuple[Any, ...], keywords: Mapping[str, Any], context: CallContext) -> Any:
    """What the layer's `call` returns: a node, or lists, tuples and dictionaries of nodes. TypeError otherwise."""
    class_: Any = type(layer)
    convention = convention_of(class_)
    extra: dict[str, Any] = {**keywords}
    if convention.context:
        extra["context"] = context
    if convention.training:
        extra["training"] = context.training
    y = layer.call(*inputs, **extra)
    returned = structures.leaves(y)
    wrong = [leaf for leaf in returned if not isinstance(leaf, Node)]
    if wrong or not returned:
        raise TypeError(
            explain(
                layer=layer.label,
                what="call did not return a node",
                rule="a layer computes with planish.ops, and with other layers",
                expected="one node, or a list, tuple or dictionary of nodes",
                received=f"a {type(wrong[0]).__name__}" if wrong else f"an empty {type(y).__name__}",
            )
        )
    return y


@functools.lru_cache(maxsize=1024)
def convention_of(class_: Any) -> Convention:
    """Whether `call` takes planish's context, or Keras's `training`."""
    _, *others = inspect.signature(class_.call).parameters.values() or (None,)
    names = [parameter.name for parameter in others]
    if any(each.name == "context" and each.default is each.empty for each in others):
        return Convention(True, False, names.index("context"))
    if "context" in names:  # of a layer of planish, which can be called in either way
        return Convention(False, True, names.index("context"))
    return Convention(False, "training" in names, names.index("training") if "training" in names else len(names))


def without_training(
    class_: Any, given: tuple[Any, ...], keywords: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call, with `training` among the keywords if it was given by position; None is left out."""
    place = convention_of(class_).place_of_training
    named = {name: value for name, value in keywords.items() if not (name in ("mask", "training") and value is None)}
    if len(given) > place and isinstance(given[place], bool | None):
        named.setdefault("training", given[place])
        given = given[:place]
    return given, named


def takes_context(call: Any) -> bool:
    """Whether it is a function of (self, x, context), and `context` has to be given."""
    if not inspect.isfunction(call):
        return False
    _, _, *others = inspect.signature(call).parameters.values() or (None, None)
    return [(parameter.name, parameter.default) for parameter in others] == [("context", inspect.Parameter.empty)]


def either_way(call: Callable[..., Any]) -> Callable[..., Any]:
    """A class's `call(self, x, context)`, which its subclasses may also call in Keras's way, without a context:
    `super().call(x)`, or with `training`.
    """

    @functools.wraps(call)
    def call_either_way(layer: Layer, x: Any, context: Any = None, training: bool | None = None) -> Any:
        return call(layer, x, CallContext.current(training) if context is None else context)

    return call_either_way


def noted(build: Callable[..., None]) -> Callable[..., None]:
    """A subclass's `build`, after which the layer is `built`; if it fails, the layer is unchanged."""

    @functools.wraps(build)
    def build_and_note(layer: Layer, input_shape: Any = None, *more: Any, **shapes: Any) -> None:
        if layer.holds_model_layers:
            build(layer, input_shape, *more, **shapes)
            return
        with layer.scope(input_shape), layer.forgetting_failures():
            build(layer, input_shape, *more, **shapes)
            layer.note_build(input_shape)

    return build_and_note


def first_call(layer: Layer, asked: str) -> LayerCall:
    """The layer's first use on symbolic tensors. AttributeError if there is none: then it has no input or output, as
    `asked`."""
    if not layer.calls:
        raise AttributeError(
            explain(
                layer=layer.label,
                what=f"the layer has no {asked}: it was never called on a symbolic tensor",
                remedy="x = planish.Input((28, 28, 1)); y = layer(x)",
            )
        )
    return layer.calls[0]


@functools.lru_cache(maxsize=1024)
def shapes_of_build(class_: Any) -> int:
    """How many shapes the class's `build` takes: as in Keras, one for each argument of `call`, or only the first."""
    _, *others = inspect.signature(class_.build).parameters.values() or (None,)
    return max(1, sum(each.kind in _BY_PLACE and each.default is each.empty for each in others))


_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
