"""Layers as dictionaries, in Keras's serialized form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planish import serialization
from planish.layers.base.layer import Layer


def serialize(layer: Layer) -> dict[str, Any]:
    """Keras's serialized form of a layer.

    >>> keras.layers.serialize(keras.layers.Dense(3))["class_name"]
    'Dense'
    """
    serialized: dict[str, Any] = serialization.serialize(layer)
    return serialized


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Layer:
    """The layer of a serialized form, with fresh weights. ValueError for a layer that planish does not have.

    `config`: a dictionary; `custom_objects`: classes of the caller's own, by name.

    >>> keras.layers.deserialize({"class_name": "Dense", "config": {"units": 3}}).units
    3
    """
    layer: Layer = serialization.deserialize_as(
        "a layer", Layer, config, "keras.layers", custom_objects=custom_objects, functions=False
    )
    return layer
