"""Keras 3's serialized form of objects: {'module', 'class_name', 'config', 'registered_name'}, lists and plain values.

What is written here opens in Keras, and what Keras wrote is read here, for every object that both have.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from types import FunctionType
from typing import Any

import numpy as np

from planish import absent
from planish import custom_objects as own_objects
from planish.errors import explain

# The public module of Keras for each room of planish; 'keras' itself exports the models.
_KERAS_MODULES = {
    "activations": "keras.activations",
    "callbacks": "keras.callbacks",
    "constraints": "keras.constraints",
    "initializers": "keras.initializers",
    "layers": "keras.layers",
    "losses": "keras.losses",
    "metrics": "keras.metrics",
    "models": "keras",
    "optimizers": "keras.optimizers",
    "regularizers": "keras.regularizers",
}
_ROOMS = {
    **{keras: f"planish.{room}" for room, keras in _KERAS_MODULES.items()},
    "keras.models": "planish.models",
    "keras.src.models.functional": "planish.models",
    "keras.src.models.sequential": "planish.models",
    "keras.optimizers.schedules": "planish.optimizers.schedules",
}
_MOST_SHOWN = 200
_OF_NETS = {
    ("keras.src.applications.convnext", "LayerScale"): "planish.applications.convnext",
    ("keras.src.applications.inception_resnet_v2", "CustomScaleLayer"): "planish.applications.inception_resnet_v2",
}
"""Layers that Keras keeps beside the net that they are for, by their module and name there."""


def serialize(value: Any) -> Any:
    """The serialized form of a value: plain numbers, strings and None as they are, containers item by item."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": value.tolist(), "dtype": value.dtype.name}}
    if isinstance(value, (list, tuple)):
        return type(value)([serialize(item) for item in value])
    if isinstance(value, Mapping):
        return {key: serialize(item) for key, item in value.items()}
    if isinstance(value, FunctionType) and value.__name__ != "<lambda>":
        return {
            "module": "builtins",
            "class_name": "function",
            "config": own_objects.get_registered_name(value),
            "registered_name": "function",
        }
    if hasattr(value, "get_config"):
        return _serialized_object(value)
    raise TypeError(
        explain(
            what="an object cannot be written into a configuration",
            expected="an object with get_config(), such as every layer and initializer of planish has",
            received=repr(value),
        )
    )


def _serialized_object(value: Any) -> dict[str, Any]:
    class_ = type(value)
    serialized = {
        "module": keras_module(class_),
        "class_name": class_.__name__,
        "config": value.get_config(),
        "registered_name": own_objects.get_registered_name(class_) if _says_its_name(class_) else None,
    }
    for part in ("build_config", "compile_config"):
        config = getattr(value, f"get_{part}", lambda: None)()
        if config is not None:
            serialized[part] = config
    return serialized


def _says_its_name(class_: type) -> bool:
    """As Keras writes it: classes of users, and those of its own that are not among its public names."""
    return not _is_ours(class_) or keras_module(class_).startswith("keras.src.")


def _is_ours(class_: type) -> bool:
    return class_.__module__.partition(".")[0] == "planish"


def keras_module(class_: type) -> str:
    """Where Keras keeps the class of the same name; the class's own module if it is not one of planish's."""
    package, _, rest = class_.__module__.partition(".")
    room = rest.partition(".")[0]
    if package != "planish":
        return class_.__module__
    if rest.startswith("optimizers.schedules"):
        return "keras.optimizers.schedules"
    if class_.__name__ == "Functional":
        return "keras.src.models.functional"
    if (f"keras.src.{rest}", class_.__name__) in _OF_NETS:
        return f"keras.src.{rest}"
    return _KERAS_MODULES.get(room, class_.__module__)


def is_layer_of_net(value: Mapping[str, Any]) -> bool:
    """Whether a serialized form is that of a layer that belongs to one of the nets, and is not public in Keras."""
    return (str(value.get("module")), str(value.get("class_name"))) in _OF_NETS


def is_serialized_object(value: Any) -> bool:
    return isinstance(value, Mapping) and "class_name" in value and "config" in value


def deserialize(
    value: Any, module_names: Mapping[str, Any] | None = None, custom_objects: Mapping[str, Any] | None = None
) -> Any:
    """What a serialized form stands for; objects are made by their class's `from_config`.

    Classes are looked up in `custom_objects` and among what users registered, then in `module_names`, then in the room
    of planish for Keras's module. What is made meanwhile finds the `custom_objects`, too.
    """
    if custom_objects:
        with own_objects.CustomObjectScope(custom_objects):
            return deserialize(value, module_names)
    if isinstance(value, list):
        return [deserialize(item, module_names) for item in value]
    if not isinstance(value, Mapping):
        return value
    if not is_serialized_object(value):
        return {name: deserialize(item, module_names) for name, item in value.items()}
    class_name, config = value["class_name"], value["config"]
    if not isinstance(class_name, str):
        raise ValueError(explain(what="the name of a class is not text", received=repr(class_name)[:_MOST_SHOWN]))
    if class_name == "__numpy__":
        return _array(config)
    if class_name == "__tuple__":
        return tuple(deserialize(config["value"], module_names))
    name = str(config) if class_name == "function" else class_name
    found = own_objects.named(value)
    if found is None:
        found = _find(name, value.get("module"), module_names or {})
    return found if class_name == "function" or not isinstance(found, type) else _made(found, config)


def deserialize_as(
    what: str,
    base: type,
    value: Any,
    module: str,
    module_names: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    *,
    functions: bool = True,
) -> Any:
    """As `deserialize`, of something that has to be `what`, "a loss": of the class `base`, or with `functions` a
    function, or an object of the user's that can be called like one. `module`: where it is if the form does not say.

    TypeError for what is not a dictionary, ValueError for one that stands for something else.
    """
    if not isinstance(value, Mapping):
        raise TypeError(
            explain(
                what=f"this is not the configuration of {what}",
                expected="a dictionary with 'class_name' and 'config'",
                received=repr(value)[:_MOST_SHOWN],
            )
        )
    form = {"module": module, **value}
    found = deserialize(form, module_names, custom_objects) if is_serialized_object(form) else None
    if isinstance(found, base) or (functions and _is_function(found, base)):
        return found
    raise ValueError(explain(what=f"this is not the configuration of {what}", received=repr(value)[:_MOST_SHOWN]))


def _is_function(found: Any, base: type) -> bool:
    """Whether it can be called as a function; objects of planish can be called for many other ends."""
    if isinstance(found, type):
        return issubclass(found, base)
    return callable(found) and not _is_ours(type(found))


def _array(config: Any) -> Any:
    """An array of numbers. A text, however short, can be of a type that takes any memory."""
    try:
        kind = np.dtype(config["dtype"])
    except (TypeError, ValueError):
        kind = np.dtype(object)
    if kind.kind not in "fiub":
        raise ValueError(explain(what="a serialized array is not one of numbers", received=f"dtype {config['dtype']}"))
    return np.array(config["value"], dtype=kind)


def _made(class_: Any, config: Any) -> Any:
    if not hasattr(class_, "from_config"):
        raise TypeError(
            explain(
                what=f"the class {class_.__name__} cannot be made from a configuration",
                expected="a class method from_config(config), such as all classes of planish have",
            )
        )
    return class_.from_config(config)


def serialize_keras_object(obj: Any) -> Any:
    """Keras's serialized form of any object: a layer, a model, an optimizer, a loss, a list of them.

    `obj`: the object.

    >>> keras.saving.serialize_keras_object(keras.losses.Huber())["class_name"]
    'Huber'
    """
    return serialize(obj)


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True
) -> Any:
    """What `serialize_keras_object`, or Keras's, gave. Code is never run, whatever `safe_mode` says.

    `custom_objects` are classes of the caller's own, by name. ValueError for what planish does not have.

    `config`: the serialized form.

    >>> config = keras.saving.serialize_keras_object(keras.losses.Huber(2.0))
    >>> keras.saving.deserialize_keras_object(config).delta
    2.0
    """
    return deserialize(config, custom_objects=custom_objects)


def checked_arguments(class_: type, config: Any) -> dict[str, Any]:
    """A configuration as arguments of the class. ValueError unless it has the form that the constructor takes."""
    try:
        arguments = dict(config)
        inspect.signature(class_).bind(**arguments)
    except (TypeError, ValueError) as error:
        raise ValueError(
            explain(
                what=f"{class_.__name__} cannot be made from its configuration",
                expected="the constructor's arguments by name, as get_config() gives them",
                received=f"{config!r}: {error}",
            )
        ) from None
    return arguments


def _find(name: str, module: str | None, module_names: Mapping[str, Any]) -> Any:
    if name in module_names:
        return module_names[name]
    if module == "builtins":  # where Keras says its functions are
        for home in ("planish.losses", "planish.metrics", "planish.activations"):
            if callable(function := getattr(importlib.import_module(home), name, None)):
                return function
    room = _OF_NETS.get((module or "", name)) or _ROOMS.get(module or "")
    if room is None:
        raise ValueError(
            explain(
                what=f"'{name}' of module '{module}' is not an object that planish has",
                remedy=f"custom_objects={{{name!r}: {name}}}\n"
                "or @planish.saving.register_keras_serializable() above its definition",
            )
        )
    found = getattr(importlib.import_module(room), name, None)
    if found is None:
        public = [known for known in vars(importlib.import_module(room)) if known[:1].isupper()]
        raise ValueError(absent.unknown_name(f"object of {module}", room.removeprefix("planish."), name, public))
    return found
