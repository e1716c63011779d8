"""Compile settings as Keras 1 and 2, tf.keras, and Keras 3 in .h5 files wrote them, in the form of Keras 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planish import custom_objects as own_objects
from planish import metrics, naming, optimizers
from planish.errors import explain

_UNSET = {"run_eagerly": False, "steps_per_execution": 1, "jit_compile": "auto"}
"""What None meant."""

_OPTIMIZERS = ("keras.optimizers", "keras.optimizers.legacy")
_NO_MEANING = ("jit_compile", "is_legacy_optimizer", "schedule_decay", "dtype")
_NAMES = {"lr": "learning_rate"}

_LOSSES, _METRICS = "keras.losses", "keras.metrics"
_OF_COMPILE = ("loss_weights", "run_eagerly", "steps_per_execution", "jit_compile")


def of_training_config(config: Any, custom_objects: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `compile`, serialized, for what a .h5 file calls `training_config`.

    ValueError if that does not say which optimizer there was.
    """
    optimizer = config.get("optimizer_config") if isinstance(config, dict) else None
    if not isinstance(optimizer, dict) or not isinstance(optimizer.get("config"), dict):
        raise ValueError(
            explain(
                what="the compile settings do not say which optimizer there was",
                expected="training_config with optimizer_config",
                received=", ".join(config) if isinstance(config, dict) else repr(config)[:80],
                remedy="load_model(..., compile=False), and compile the model anew",
            )
        )
    settings = {name: config[name] for name in _OF_COMPILE if config.get(name) is not None}
    settings["optimizer"] = {"module": _OPTIMIZERS[0], **optimizer}
    settings["loss"] = _placed(config.get("loss"), _LOSSES, custom_objects)
    for name in ("metrics", "weighted_metrics"):
        settings[name] = _placed(config.get(name), _METRICS, custom_objects)
    return modern(settings)


def _placed(value: Any, module: str, custom_objects: Mapping[str, Any]) -> Any:
    """Losses or metrics in any structure, each with the module that its class is in."""
    if isinstance(value, list):
        return [_placed(item, module, custom_objects) for item in value]
    if isinstance(value, str) and own_objects.get_registered_object(value, custom_objects) is not None:
        return {"module": "builtins", "class_name": "function", "config": value, "registered_name": "function"}
    if not isinstance(value, Mapping):
        return value
    if "class_name" not in value:
        return {key: _placed(item, module, custom_objects) for key, item in value.items()}
    if own_objects.named(value, custom_objects) is not None or value.get("module"):
        return value
    return _of_function(value, module)


def _of_function(value: Mapping[str, Any], module: str) -> Any:
    """tf.keras wrote many metrics and losses as a class around a function: the class that has this function."""
    config: dict[str, Any] = value["config"] if isinstance(value.get("config"), dict) else {}
    function = config.get("fn")
    if value["class_name"] not in ("MeanMetricWrapper", "LossFunctionWrapper") or not isinstance(function, str):
        return {"module": module, **value}
    named = {naming.snake_case(name): name for name in metrics.__all__ if name[:1].isupper()}
    if module == _LOSSES or function not in named:
        return function
    settings = {key: each for key, each in config.items() if key in ("name", "dtype")}
    return {"module": module, "class_name": named[function], "config": settings}


def modern(compile_config: Mapping[str, Any]) -> dict[str, Any]:
    """The same settings; those of Keras 3 are as they were."""
    settings = {name: _modern(value) for name, value in compile_config.items()}
    return {name: _UNSET.get(name) if value is None else value for name, value in settings.items()}


def _modern(value: Any) -> Any:
    if isinstance(value, list):
        return [_modern(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    inner = {key: _modern(item) for key, item in value.items()}
    if not isinstance(inner.get("config"), dict):
        return inner
    if inner.get("module") in _OPTIMIZERS or str(inner.get("class_name")).startswith("Custom>"):
        return _optimizer(inner)
    return _loss(inner) if inner.get("module") == _LOSSES else inner


def _optimizer(serialized: dict[str, Any]) -> dict[str, Any]:
    """`decay`, which Keras 3 ignores as an argument, was the rate's decay by the number of steps."""
    config = {_NAMES.get(name, name): value for name, value in serialized["config"].items() if name not in _NO_MEANING}
    decay, rate = config.pop("decay", None), config.get("learning_rate")
    if isinstance(rate, Mapping) and "module" not in rate:
        config["learning_rate"] = {"module": "keras.optimizers.schedules", **rate}
    if config.get("epsilon", 0) is None:
        del config["epsilon"]
    if decay and not isinstance(rate, Mapping):
        config["learning_rate"] = {
            "module": "keras.optimizers.schedules",
            "class_name": "InverseTimeDecay",
            "config": {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay},
            "registered_name": None,
        }
    name = str(serialized.get("class_name")).removeprefix("Custom>")
    known = {each.lower(): each for each in optimizers.__all__}
    return {
        **serialized,
        "module": "keras.optimizers",
        "class_name": known.get(name.lower(), name),
        "config": config,
        "registered_name": None,
    }


def _loss(serialized: dict[str, Any]) -> dict[str, Any]:
    """'auto' was the sum over the batch size; `fn` names the class's own function once more."""
    config = {name: value for name, value in serialized["config"].items() if name != "fn"}
    if config.get("reduction") in ("auto", "sum_over_nonzero_weights"):
        config["reduction"] = "sum_over_batch_size"
    return {**serialized, "config": config}
