"""Configurations of layers from Keras 1 on, in the form of Keras 3."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any

from planish import layers, naming, warned
from planish.errors import explain
from planish.layers.base.common_arguments import LayerOptions
from planish.ops.operation import operations
from planish.saving.older import keras1

_LAYERS, _INITIALIZERS = "keras.layers", "keras.initializers"

_CLASSES = {"BatchNormalizationV1": "BatchNormalization", "BatchNormalizationV2": "BatchNormalization"}
_CLASSES |= {"SyncBatchNormalization": "BatchNormalization"}

_WITHOUT_MEANING = {
    "experimental_autocast", "fused", "virtual_batch_size", "adjustment", "renorm_clipping", "renorm_momentum",
    "input_dtype", "implementation", "_using_rectified_distribution",
}  # fmt: skip
"""Settings that do not change what a layer computes, whatever they are."""

_OF_ANOTHER_KERNEL = ("kernel_initializer", "kernel_regularizer", "kernel_constraint", "filters")
"""Keras 2's depthwise and separable convolutions inherited settings for a kernel that they do not have."""

_USUAL: dict[str, tuple[Any, ...]] = {"groups": (1,), "output_padding": (None,), "dilation_rate": ([1], [1, 1], 1)}
"""Values of settings under which a layer is as it is without them."""

_OLD_SIGMOID = "hard_sigmoid"


def decoded(value: Any) -> Any:
    """Lists and numbers in place of the dictionaries that tf.keras wrote for tuples, shapes and arrays."""
    if isinstance(value, list):
        return [decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") in ("__tuple__", "TensorShape") and isinstance(value.get("items"), list):
        return [decoded(item) for item in value["items"]]
    if value.get("type") == "ndarray" and "value" in value:
        return decoded(value["value"])
    return {key: decoded(item) for key, item in value.items()}


def modern(item: dict[str, Any], inner: Callable[[Any], Any]) -> dict[str, Any]:
    """A layer in Keras 3's form; `inner` does the same for the layers inside it. Operations and layers of classes that
    planish does not have stay as they are."""
    config = item.get("config")
    if item.get("module") not in (None, _LAYERS) or not isinstance(config, dict):
        return item
    if (operation := _operation(item)) is not None:
        return operation
    name = str(item.get("class_name"))
    kind, config = keras1.renamed(_CLASSES.get(name, name), config)
    class_ = getattr(layers, kind, None) if kind in layers.__all__ else None
    if class_ is None:
        return item
    if kind == "InputLayer" and "batch_input_shape" in config:
        config = {"batch_shape" if key == "batch_input_shape" else key: value for key, value in config.items()}
    parts = {key: _part(key, value, inner) for key, value in config.items()}
    label = f"{kind} {config.get('name')!r}"
    return {**item, "module": _LAYERS, "class_name": kind, "config": known_only(label, class_, parts)}


def _operation(item: dict[str, Any]) -> dict[str, Any] | None:
    """Keras 3's .h5 files name operations as they name layers, but these lack the settings that all layers have. Their
    module can be told by their class; None for what is not such an operation."""
    calls, settings = item.get("inbound_nodes"), item["config"]
    if "module" in item or not calls or {"trainable", "dtype"} & settings.keys():
        return None
    if not all(isinstance(call, dict) and "args" in call for call in calls):
        return None
    modules = {each.module for each in operations() if each.class_name == item.get("class_name")}
    return {**item, "module": modules.pop()} if len(modules) == 1 else None


def _part(key: str, value: Any, inner: Callable[[Any], Any]) -> Any:
    if key in ("layer", "activation") and isinstance(value, dict):
        return inner(value) if "module" not in value and "class_name" in value else value
    if key == "layers" and isinstance(value, list):
        return [inner(item) for item in value]
    return _initializer(value) if key.endswith("_initializer") else value


def _initializer(value: Any) -> Any:
    """Keras 2 and tf.keras wrote one distribution under two names, and element types that Keras 3 does not take."""
    if not isinstance(value, dict) or not isinstance(value.get("config"), dict):
        return value
    config = {key: each for key, each in value["config"].items() if key not in ("dtype", "partition_info")}
    kind = str(value.get("class_name"))
    kind = kind.removesuffix("V1").removesuffix("V2")
    if kind == "VarianceScaling" and config.get("distribution") == "normal":
        config["distribution"] = "truncated_normal"
    return {"module": _INITIALIZERS, **value, "class_name": kind, "config": config}


def warn_of_changed_functions(config: Any, source: str) -> None:
    """A warning if a model from before Keras 3 has a function that Keras 3 computes differently, under its old name."""
    if _names_old_sigmoid(config):
        warned.warn(
            explain(
                what=f"{source!r} was made before Keras 3, which changed 'hard_sigmoid'",
                expected="clip(0.2 * x + 0.5, 0, 1), as when the file was written",
                received="clip(x / 6 + 0.5, 0, 1), as Keras 3 computes it",
                remedy="to compute as Keras 3: hard_sigmoid set on those layers, and the model saved again",
            )
        )


def _names_old_sigmoid(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get("activation") == _OLD_SIGMOID or any(map(_names_old_sigmoid, value.values()))
    return isinstance(value, list) and any(map(_names_old_sigmoid, value))


# -- settings that planish does not know -------------------------------------------------------------------------------


def known_only(label: str, class_: type, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a class of planish takes. Others are left out if they have no effect: None, False, nothing, or
    the value that goes without saying. ValueError that names those that have one."""
    known = settings_of(class_)
    others = {key: value for key, value in config.items() if key not in known}
    telling = {key: value for key, value in others.items() if not _goes_without_saying(class_, key, value)}
    if telling:
        raise ValueError(
            explain(
                layer=label,
                what="the layer has settings that planish does not know",
                received=", ".join(f"{key}={value!r}"[:80] for key, value in telling.items()),
                remedy="if it can do without them, save the model in Keras with the settings' default values",
            )
        )
    return {key: value for key, value in config.items() if key in known}


def _goes_without_saying(class_: type, key: str, value: Any) -> bool:
    if key in _WITHOUT_MEANING or value is None or value is False or value in ([], {}, ""):
        return True
    stem = naming.snake_case(class_.__name__)
    if key in _OF_ANOTHER_KERNEL and stem.startswith(("separable_", "depthwise_")):
        return True
    return value in _USUAL.get(key, ())


@functools.cache
def settings_of(class_: Any) -> frozenset[str]:
    """The names of the arguments that a layer's class takes, those of its options among them."""
    parameters = inspect.signature(class_.__init__).parameters
    rest = next((name for name, each in parameters.items() if each.kind is each.VAR_KEYWORD), None)
    options: set[str] = set()
    if rest is not None:
        told = typing.get_args(typing.get_type_hints(class_.__init__).get(rest)) or (LayerOptions,)
        options = {*typing.get_type_hints(told[0])}
    return frozenset(options | parameters.keys() - {"self", rest})
