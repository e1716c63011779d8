"""Where Keras keeps each layer's weights in a file.

Layers inside a layer or a model are under the attribute that holds them; in a list or a dictionary, numbered by class.
Attributes are taken in the order of their names, those that begin with an underscore last, and what several attributes
hold is kept under the first. One of a model's attributes is `layers`, which holds all its layers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from planish.layers.base.weight_owner import WeightOwner
from planish.naming import snake_case

if TYPE_CHECKING:
    from planish.models.model import Model

_Inside = Iterator[tuple[str, WeightOwner]]


def layer_paths(model: Model) -> _Inside:
    """Every layer inside the model that is not a model itself, with the path of its group; outer ones first."""
    seen: set[WeightOwner] = set()
    waiting: list[tuple[str, WeightOwner]] = [("", model)]
    while waiting:
        path, layer = waiting.pop()
        if layer in seen:
            continue
        seen.add(layer)
        if not layer.holds_model_layers:
            yield path, layer
        inside = [(f"{path}/{name}" if path else name, inner) for name, inner in _inside(layer)]
        waiting.extend(reversed(inside))


def _inside(layer: Any) -> _Inside:
    """The layers directly inside a layer, with their paths within it."""
    held = {**vars(layer), "layers": layer.layers} if layer.holds_model_layers else vars(layer)
    for name in sorted(held, key=lambda name: (name.startswith("_"), name)):
        value = held[name]
        if name in _names_of_every(models=layer.holds_model_layers):
            continue
        if isinstance(value, WeightOwner):
            yield name, value
        elif isinstance(value, list | tuple | dict):
            yield from _in_container(name, value)


def _in_container(path: str, container: Any) -> _Inside:
    used: Counter[str] = Counter()
    for item in _items(container):
        stem = snake_case(type(item).__name__) if isinstance(item, WeightOwner) else "container"
        name = f"{path}/{stem}_{used[stem]}" if used[stem] else f"{path}/{stem}"
        used[stem] += 1
        if isinstance(item, WeightOwner):
            yield name, item
        else:
            yield from _in_container(name, item)


def _items(container: Any) -> Iterable[Any]:
    values = container.values() if isinstance(container, dict) else container
    return (item for item in values if isinstance(item, WeightOwner | list | tuple | dict))


@cache
def _names_of_every(*, models: bool) -> frozenset[str]:
    """The attributes that all layers, or all models, have: what they hold is not part of the layer."""
    from planish.layers import Layer
    from planish.models import Sequential

    plain = Sequential(name="plain") if models else Layer(name="plain")
    return frozenset(vars(plain))
