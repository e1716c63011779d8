"""What users name activation functions by: strings, functions, objects and configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from planish import absent, foreign, serialization, signatures, tracing
from planish import custom_objects as own_objects
from planish.activations.functions import ALIASES, FUNCTIONS, Activation, glu, linear, log_softmax, softmax, sparsemax
from planish.errors import explain
from planish.graph.node import Node, current_layers, seen_as_in_keras


def names() -> list[str]:
    """Every name that `get` knows."""
    return sorted(FUNCTIONS | ALIASES)


def get(identifier: Any) -> Activation:
    """The function that a user's argument means: None (linear), a name, a config or a function.

    `identifier`: any of these.

    >>> keras.activations.get("relu") is keras.activations.relu
    True
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        if (own := own_objects.get_registered_object(identifier)) is not None:
            return get(own)
        known: dict[str, Activation] = FUNCTIONS | ALIASES
        if identifier not in known:
            raise ValueError(absent.unknown_name("activation", "activations", identifier, known))
        return known[identifier]
    if isinstance(identifier, dict):
        return get(deserialize(identifier))
    foreign.refuse(identifier, "activations")
    if isinstance(identifier, type):
        return get(identifier())
    if callable(identifier):
        signatures.require(identifier, "the activation", "x")
        return cast(Activation, identifier)
    raise TypeError(
        explain(what="an activation was expected", expected="a name, a function or None", received=repr(identifier))
    )


def is_elementwise(activation: Activation) -> bool:
    """Whether a function is known to treat each element by itself."""
    return activation in FUNCTIONS.values() and activation not in (glu, log_softmax, softmax, sparsemax)


def applied(activation: Activation, x: Node) -> Node:
    """What a function, which may be a user's, makes of a node. TypeError if that is not a node."""
    with seen_as_in_keras():
        y: object = activation(x)
    if isinstance(y, Node):
        return y
    raise TypeError(
        explain(
            what=f"the activation '{tracing.name_of(activation)}' does not give a value",
            layer=", ".join(current_layers()) or None,
            expected="a result computed from its argument, with operators and planish.ops",
            received=f"a result of type {type(y).__name__}",
            remedy="activation=lambda x: x * planish.ops.sigmoid(x)",
        )
    )


def serialize(activation: Activation) -> Any:
    """Keras's serialized form: the name of a function of this module, the config of an object.

    `activation`: a function, or an object.

    >>> keras.activations.serialize(keras.activations.relu)
    'relu'
    """
    for name, function in FUNCTIONS.items():
        if activation is function:
            return name
    return serialization.serialize(activation)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Activation:
    """The function of a serialized form. `custom_objects` are functions of the caller's own, by name.

    `config`: a name, or a dictionary.

    >>> keras.activations.deserialize("relu") is keras.activations.relu
    True
    """
    if isinstance(config, str) and config in (custom_objects or {}):
        return cast(Activation, (custom_objects or {})[config])
    if config is None or isinstance(config, str):
        return get(config)
    found = serialization.deserialize(config, FUNCTIONS | ALIASES, custom_objects)
    if not callable(found):
        raise ValueError(explain(what="this is not the configuration of an activation", received=repr(config)[:200]))
    return cast(Activation, found)
