"""Configurations of models from Keras 1 on, in the form of Keras 3, which everything else here reads.

Keras 1: layers have other classes and arguments (see keras1.py), a Sequential model is a list, and so are calls:
[layer, call, output]. Keras 2: today's classes; calls have keywords, too; since 2.2.3 a Sequential model has a name.
tf.keras: tuples and shapes are dictionaries, `axis` is a list. Keras 3, in .h5 files: today's form, without the module
of each class.

A model inside a model counts its calls from 1, because making it was its first; Keras 3 does so at a model's ends only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planish import custom_objects as own_objects
from planish.saving.older import layers

_MODULES = {"Sequential": "keras", "Functional": "keras.src.models.functional", "Model": "keras.src.models.functional"}

_Item = dict[str, Any]


def modern(item: Any, custom_objects: Mapping[str, Any]) -> Any:
    """A serialized model in Keras 3's form. What is not understood stays as it is, for others to refuse.

    ValueError for a layer with settings that planish does not know.
    """
    return _modern(layers.decoded(item), custom_objects)


def _modern(item: Any, custom_objects: Mapping[str, Any]) -> Any:
    if not isinstance(item, dict) or own_objects.named(item, custom_objects) is not None:
        return item
    kind = item.get("class_name")
    if kind not in _MODULES:
        return layers.modern(item, lambda inner: _modern(inner, custom_objects))
    made = {**item, "module": item.get("module") or _MODULES[kind]}
    config = item.get("config")
    if isinstance(config, list):
        name = item.get("name")
        config = {**({} if name is None else {"name": name}), "layers": config}
    if isinstance(config, dict) and isinstance(config.get("layers"), list):
        inside = [_modern(layer, custom_objects) for layer in config["layers"]]
        config = {**config, "layers": inside}
        made["config"] = config if kind == "Sequential" else _counted_as_today(config)
    return made


# -- calls -------------------------------------------------------------------------------------------------------------


def _counted_as_today(config: _Item) -> _Item:
    """A functional model's configuration whose calls, if they are lists, are counted from 0."""
    items = [item for item in config["layers"] if isinstance(item, dict)]
    if not any(_is_old(call) for item in items for call in _calls(item)):
        return config
    first = {str(item.get("name")): _first_call(item, config) for item in items if _is_model(item)}
    functional = {str(item.get("name")) for item in items if _is_model(item) and item.get("class_name") != "Sequential"}

    def counted(entry: list[Any], *, at_an_end: bool = False) -> list[Any]:
        name, place, *rest = entry
        shift = first.get(name, 0) - (1 if at_an_end and name in functional else 0)
        return [name, place - shift, *rest]

    renumbered = [
        {**item, "inbound_nodes": [_renumbered(call, counted) for call in _calls(item)]} if _calls(item) else item
        for item in config["layers"]
    ]
    ends = {
        name: _only([counted(entry, at_an_end=True) for entry in _entries(config.get(name))])
        for name in ("input_layers", "output_layers")
        if isinstance(config.get(name), list)
    }
    return {**config, "layers": renumbered, **ends}


def _is_model(item: _Item) -> bool:
    return item.get("class_name") in _MODULES


def _calls(item: Any) -> list[Any]:
    calls = item.get("inbound_nodes") if isinstance(item, dict) else None
    return calls if isinstance(calls, list) else []


def _is_old(call: Any) -> bool:
    return isinstance(call, list) or (isinstance(call, dict) and not {"args", "kwargs"} & call.keys())


def _entries(call: Any) -> Iterator[list[Any]]:
    """Every [layer, call, output, ..] in a call of the old form, or at an end of the model."""
    if isinstance(call, list) and len(call) >= 3 and isinstance(call[0], str) and isinstance(call[1], int):
        yield call
    elif isinstance(call, list):
        for inner in call:
            yield from _entries(inner)
    elif isinstance(call, dict) and _is_old(call):
        for inner in call.values():
            yield from _entries(inner)


def _first_call(item: _Item, config: _Item) -> int:
    """The number of a nested model's first call: 1, unless what is there shows that it was 0."""
    name, calls = item.get("name"), _calls(item)
    entries = [entry for layer in config["layers"] for call in _calls(layer) for entry in _entries(call)]
    entries += [*_entries(config.get("output_layers"))]
    named = {entry[1] for entry in entries if entry[0] == name}
    return 0 if 0 in named or not calls else 1


def _renumbered(call: Any, counted: Any) -> Any:
    if isinstance(call, list):
        return [counted(entry) for entry in _entries(call)]
    if not _is_old(call):
        return call
    given = {
        key: {"class_name": "__keras_tensor__", "config": {"keras_history": counted(entry)[:3]}}
        for key, value in call.items()
        for entry in _entries(value)
    }
    return {"args": [given], "kwargs": {}}


def _only(entries: list[list[Any]]) -> Any:
    """Before Keras 3, a model with one input took an array, not a list of one, though its file had a list."""
    return entries[0] if len(entries) == 1 else entries
