"""Layers as dictionaries, in Keras's serialized form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planish import serialization
from planish.errors import explain
from planish.layers.layer import Layer


def serialize(layer: Layer) -> dict[str, Any]:
    """Keras's serialized form of a layer."""
    serialized: dict[str, Any] = serialization.serialize(layer)
    return serialized


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Layer:
    """The layer of a serialized form, with fresh weights. ValueError for one that planish does not have."""
    layer = serialization.deserialize({"module": "keras.layers", **config}, custom_objects=custom_objects)
    if not isinstance(layer, Layer):
        raise ValueError(explain(what="this is not the configuration of a layer", received=repr(config)[:200]))
    return layer
