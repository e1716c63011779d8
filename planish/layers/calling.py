"""Calls a layer's own `build` and `call`: in planish's way, and in Keras's."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from planish.errors import explain
from planish.graph.node import Node
from planish.layers.context import CallContext

if TYPE_CHECKING:
    from planish.layers.layer import Layer


def node_of(layer: Layer, x: Node, context: CallContext) -> Node:
    """What the layer's `call` returns for `x`. TypeError unless that is a node."""
    class_: Any = type(layer)
    y = _convention(class_)(layer.call, x, context)
    if not isinstance(y, Node):
        raise TypeError(
            explain(
                layer=layer.label,
                what="call did not return a node",
                rule="a layer computes with planish.ops, and with other layers",
                expected="one node",
                received=f"a {type(y).__name__}",
            )
        )
    return y


@functools.lru_cache(maxsize=1024)
def _convention(class_: Any) -> Callable[[Any, Node, CallContext], Any]:
    """Calls `call(x, context)`, or as in Keras `call(x)` or `call(x, training=...)`."""
    _, _, *others = inspect.signature(class_.call).parameters.values() or (None, None)
    if any(parameter.name == "training" for parameter in others):
        return lambda call, x, context: call(x, training=context.training)
    if any(parameter.default is parameter.empty and parameter.kind in _BY_PLACE for parameter in others):
        return lambda call, x, context: call(x, context)
    return lambda call, x, context: call(x)


_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


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
    def build_and_note(layer: Layer, input_shape: Any = None) -> None:
        if layer.holds_model_layers:
            build(layer, input_shape)
            return
        with layer._scope(tuple(input_shape)), layer._forgetting_failures():
            build(layer, input_shape)
            layer.note_build(input_shape)

    return build_and_note
