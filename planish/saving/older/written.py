"""Configurations in the form of Keras 2, which Keras 3 reads, too.

Settings that Keras 2 does not have are left out where they are as it always was. Operations are refused: neither Keras
reads them from a `.h5` file.

Keras 2 counts the calls of a model inside a model from 1, and Keras 3 from 0 where other layers are called on what it
gives. So each of its calls is written twice, and named by the second: that is the same call for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planish import losses, metrics, naming, optimizers, serialization
from planish.custom_objects import get_registered_object
from planish.errors import explain
from planish.models import Functional, Model, Sequential

_MODELS = ("Sequential", "Functional")
_TENSOR = "__keras_tensor__"
_AUTOMATIC = ("accuracy", "acc", "crossentropy", "ce")
_SCHEDULES = "keras.optimizers.schedules"

_NEWER_SETTINGS: dict[str, Any] = {
    "optional": False,
    "quantization_config": None,
    "lora_rank": None,
    "lora_alpha": None,
    "synchronized": False,
    "renorm": False,
    "renorm_clipping": None,
    "renorm_momentum": 0.99,
    "rms_scaling": False,
    "input_axes": None,
    "output_axes": None,
    "autocast": True,
    "pad_to_aspect_ratio": False,
    "antialias": False,
}
_NEWER_OF_OPTIMIZERS: dict[str, Any] = {
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
}
"""What Keras 2.15 does not take, and the values that say nothing."""

_ONCE_CHANNELS_LAST = (
    "CenterCrop", "RandomBrightness", "RandomCrop", "RandomFlip", "RandomRotation", "RandomZoom", "ZeroPadding1D",
)  # fmt: skip
_NEWER_OF_CLASS: dict[str, dict[str, Any]] = {
    **{kind: {"data_format": "channels_last"} for kind in _ONCE_CHANNELS_LAST},
    "RandomContrast": {"data_format": "channels_last", "value_range": [0, 255]},
    "Resizing": {"data_format": "channels_last", "fill_mode": "constant", "fill_value": 0.0},
}

_OLD_NAMES = {("LeakyReLU", "negative_slope"): "alpha", ("InputLayer", "batch_shape"): "batch_input_shape"}


def configuration(model: Model) -> dict[str, Any]:
    """A model's class and settings. ValueError for a model that a `.h5` file cannot hold."""
    if type(model) not in (Sequential, Functional):
        raise ValueError(
            explain(
                layer=model.label,
                what=f"a .h5 file does not say how to build a {type(model).__name__}",
                expected="a Sequential model, or one made by Model(inputs, outputs)",
                remedy="save('model.keras')\nor save_weights('model.h5'), and build the model by your own code",
            )
        )
    item: dict[str, Any] = _lowered(serialization.serialize(model))
    return {"class_name": item["class_name"], "config": item["config"]}


def training_config(compile_config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `compile` as such a file has them."""
    named = {name: _metrics(value) if "metrics" in name else value for name, value in compile_config.items()}
    named["loss"] = _losses(named.get("loss"))
    settings: dict[str, Any] = {name: _lowered(value) for name, value in named.items()}
    optimizer = settings.pop("optimizer")
    for name in ("run_eagerly", "steps_per_execution", "jit_compile"):
        settings.pop(name, None)
    return {**_without_dtypes(settings), "optimizer_config": optimizer}


def _losses(value: Any) -> Any:
    """Losses in any structure, by their long names: Keras 3 takes 'mse' for a metric there, and refuses the file."""
    if isinstance(value, list | tuple):
        return [_losses(item) for item in value]
    if isinstance(value, Mapping) and "class_name" not in value:
        return {key: _losses(item) for key, item in value.items()}
    if not isinstance(value, str) or get_registered_object(value) is not None:
        return value
    return naming.snake_case(type(losses.get(value)).__name__)


def _metrics(value: Any) -> Any:
    """Metrics in any structure; Keras 3 does not find all of their short names in such a file, but their classes."""
    if isinstance(value, list | tuple):
        return [_metrics(item) for item in value]
    if isinstance(value, Mapping) and "class_name" not in value:
        return {key: _metrics(item) for key, item in value.items()}
    if not isinstance(value, str) or value in _AUTOMATIC or get_registered_object(value) is not None:
        return value
    class_name = type(metrics.get(value)).__name__
    return value if class_name == "MeanMetricWrapper" else {"class_name": class_name, "config": {"name": value}}


def _without_dtypes(value: Any) -> Any:
    """Keras 2's losses do not take an element type."""
    if isinstance(value, list):
        return [_without_dtypes(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _without_dtypes(item) for key, item in value.items() if key != "dtype"}
    return value


def _lowered(value: Any) -> Any:
    """Any part of a configuration, without modules."""
    if isinstance(value, list | tuple):
        return [_lowered(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "class_name" not in value or not isinstance(value.get("config"), Mapping | str):
        return {key: _lowered(item) for key, item in value.items()}
    if value["class_name"] == "function":
        return value["config"]
    if value["class_name"] == "DTypePolicy":
        return value["config"]["name"]
    if value["class_name"] == "__lambda__":
        return dict(value)
    if value.get("module") == _SCHEDULES:  # Keras 3 needs the module of these alone
        return {**value, "config": _lowered(value["config"])}
    return _object(value)


def _object(value: Mapping[str, Any]) -> dict[str, Any]:
    kind, config = str(value["class_name"]), value["config"]
    _refuse_operation(value)
    name = value.get("registered_name") or kind
    if kind in _MODELS:
        inner = _network(config) if "input_layers" in config else _plain(kind, config)
    else:
        inner = _plain(kind, config)
    return {"class_name": name, "config": inner}


def _plain(kind: str, config: Mapping[str, Any]) -> dict[str, Any]:
    usual = {**_NEWER_SETTINGS, **_NEWER_OF_CLASS.get(kind, {})}
    if kind in optimizers.__all__:
        usual |= _NEWER_OF_OPTIMIZERS
    said = {key: item for key, item in config.items() if not (key in usual and _plainly(item) == usual[key])}
    return {_OLD_NAMES.get((kind, key), key): _wrapped(key, item) for key, item in said.items()}


def _wrapped(key: str, value: Any) -> Any:
    """A setting; a layer that another one wraps keeps its module, without which Keras 3 does not find it."""
    lowered = _lowered(value)
    if key != "layer" or not isinstance(lowered, Mapping) or "class_name" not in lowered:
        return lowered
    return {"module": value["module"], **lowered, "registered_name": value.get("registered_name")}


def _plainly(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _refuse_operation(value: Mapping[str, Any]) -> None:
    if str(value.get("module")).startswith("keras.src.ops."):
        kind, name = value["class_name"], value["config"].get("name")
        raise ValueError(
            explain(
                what=f"a .h5 file cannot hold the operation {kind} {name!r}",
                rule="Keras reads layers from .h5 files, but no functions or operators",
                remedy="save('model.keras')\n"
                "or layers in its place: Add()([x, y]) for x + y, Activation('relu')(x) for ops.relu(x)",
            )
        )


# -- calls -------------------------------------------------------------------------------------------------------------


def _network(config: Mapping[str, Any]) -> dict[str, Any]:
    """A functional model's configuration, whose calls are lists of [layer, call, output, keywords]."""
    inside = {item["name"]: item["class_name"] for item in config["layers"] if item["class_name"] in _MODELS}

    def number(name: str, place: int) -> int:
        return 2 * place + 1 if name in inside else place

    def end(entry: Any) -> list[Any]:
        name, place, output = entry
        return [name, number(name, place - (inside.get(name) == "Functional")), output]

    layers = []
    for item in config["layers"]:
        _refuse_operation(item)
        calls = [_call(call, number, item["name"]) for call in item["inbound_nodes"]]
        if item["name"] in inside:
            calls = [call for call in calls for _ in range(2)]
        layers.append({**_object(item), "name": item["name"], "inbound_nodes": calls})
    ends = {name: _ends(config[name], end) for name in ("input_layers", "output_layers")}
    return {"name": config["name"], "trainable": config["trainable"], "layers": layers, **ends}


def _ends(ends: Any, end: Any) -> Any:
    """The ends of a model; one alone is in a list."""
    if isinstance(ends, Mapping):
        return {key: end(entry) for key, entry in ends.items()}
    if len(ends) == 3 and isinstance(ends[0], str):
        return [end(ends)]
    return [end(entry) if isinstance(entry[0], str) else _ends(entry, end) for entry in ends]


def _call(call: Mapping[str, Any], number: Any, layer: str) -> list[Any]:
    args, keywords = call["args"], call["kwargs"]
    given = args[0] if len(args) == 1 else None
    tensors: list[Any] = given if isinstance(given, list) else [given]
    plain = {key: value for key, value in keywords.items() if value is not None}
    if not all(map(_is_tensor, tensors)) or not tensors or _has_tensor(plain):
        raise ValueError(
            explain(
                what=f"a .h5 file cannot hold a call of the layer {layer!r}",
                rule="layers are called on a tensor or a list of tensors there",
                received=f"{len(args)} arguments" if len(args) != 1 else "tensors in another structure",
                remedy="save('model.keras')",
            )
        )
    histories = [tensor["config"]["keras_history"] for tensor in tensors]
    return [[name, number(name, place), output, _lowered(plain)] for name, place, output in histories]


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("class_name") == _TENSOR


def _has_tensor(value: Any) -> bool:
    if isinstance(value, Mapping):
        return _is_tensor(value) or any(map(_has_tensor, value.values()))
    return isinstance(value, list | tuple) and any(map(_has_tensor, value))
