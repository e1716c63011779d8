"""Checks a saved configuration before anything is made from it: only what planish has, and no code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planish import absent, layers, ops
from planish import custom_objects as own_objects
from planish.errors import explain
from planish.layers.lambda_layer import is_code, refused_code
from planish.serialization import is_layer_of_net

_OPERATIONS = "keras.src.ops."
_CODE = ("TFOpLambda", "SlicingOpLambda", "TorchModuleWrapper", "JaxLayer", "FlaxLayer")


def check_model(config: Any, source: str, custom_objects: Mapping[str, Any]) -> None:
    """ValueError, naming the file and the layer, unless `config` describes a model of layers that planish has."""
    try:
        _refuse_code(config, source, custom_objects)
        _check_model(config, source, custom_objects)
    except RecursionError:
        raise ValueError(
            explain(
                what=f"{source!r} is nested too deep to be a model",
                remedy="write it again, in Keras: model.save('model.keras')",
            )
        ) from None


def _check_model(config: Any, source: str, custom_objects: Mapping[str, Any]) -> None:
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        raise ValueError(
            explain(
                what=f"{source!r} does not hold a model",
                expected="a serialized model",
                remedy="write it again, in Keras: model.save('model.keras')",
            )
        )
    kind = str(config.get("class_name"))
    if own_objects.named(config, custom_objects) is not None:
        return
    if kind not in ("Sequential", "Functional", "Model"):
        raise ValueError(
            explain(
                what=f"{source!r} does not hold a model that planish knows",
                expected="a Sequential or functional model, or a class of your own",
                received=kind,
                remedy=f"custom_objects={{{kind!r}: {kind}}}",
            )
        )
    items = config["config"].get("layers")
    if not isinstance(items, list):
        raise ValueError(
            explain(
                what=f"{source!r} holds a model without a list of layers",
                received=type(items).__name__,
                remedy="write it again, in Keras: model.save('model.keras')",
            )
        )
    if kind != "Sequential":
        _check_ends(config["config"], source)
    for item in items:
        _check_layer(item, source, custom_objects)


def _check_ends(config: Mapping[str, Any], source: str) -> None:
    missing = [name for name in ("input_layers", "output_layers") if not isinstance(config.get(name), list | dict)]
    if missing:
        raise ValueError(
            explain(
                what=f"{source!r} holds a functional model without {' and '.join(missing)}",
                expected="lists",
                remedy="write it again, in Keras: model.save('model.keras')",
            )
        )


def _check_layer(item: Any, source: str, custom_objects: Mapping[str, Any]) -> None:
    if not isinstance(item, dict) or not isinstance(item.get("config"), dict):
        raise ValueError(
            explain(
                what=f"{source!r} contains something that is not a layer",
                received=repr(item),
                remedy="write it again, in Keras: model.save('model.keras')",
            )
        )
    kind, name = str(item.get("class_name")), item["config"].get("name")
    if str(item.get("module")).startswith(_OPERATIONS):
        _check_operation(item, source)
    elif kind in ("Sequential", "Functional", "Model"):
        _check_model(item, source, custom_objects)
    elif not (kind in layers.__all__ or is_layer_of_net(item) or own_objects.named(item, custom_objects)):
        unknown = absent.unknown_name("layer class", "layers", kind, layers.__all__)
        raise ValueError(f"layer {name!r} of {source!r}: {unknown}")


def _check_operation(item: Mapping[str, Any], source: str) -> None:
    module, kind = str(item["module"]), str(item.get("class_name"))
    if ops.operation_named(module, kind) is None:
        raise ValueError(
            explain(
                what=f"{source!r} holds an operation that planish does not have",
                received=f"{kind} of {module}, {item['config'].get('name')!r}",
                remedy="a layer of your own that computes it, in the model before it is saved",
            )
        )


def _refuse_code(value: Any, source: str, custom_objects: Mapping[str, Any]) -> None:
    """Keras can save a function's code in a model; code from a file is never run."""
    if isinstance(value, list):
        for item in value:
            _refuse_code(item, source, custom_objects)
    elif isinstance(value, dict):
        kind, inner = value.get("class_name"), value.get("config")
        settings = inner if isinstance(inner, dict) else {}
        if kind == "__lambda__" or (
            (kind in _CODE or (kind == "Lambda" and any(map(is_code, settings.values()))))
            and own_objects.named(value, custom_objects) is None
        ):
            name = settings.get("name")
            raise refused_code(repr(source), str(kind) if name is None else f"{kind} {name!r}")
        for item in value.values():
            _refuse_code(item, source, custom_objects)
