"""Compile settings as Keras 2.12 to 2.15, or tf-keras, wrote them into .keras files, in the form of Keras 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_UNSET = {"run_eagerly": False, "steps_per_execution": 1, "jit_compile": "auto"}
"""What None meant."""

_OPTIMIZERS = ("keras.optimizers", "keras.optimizers.legacy")
_NO_MEANING = ("jit_compile", "is_legacy_optimizer")


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
    return _loss(inner) if inner.get("module") == "keras.losses" else inner


def _optimizer(serialized: dict[str, Any]) -> dict[str, Any]:
    """`decay`, which Keras 3 ignores as an argument, was the rate's decay by the number of steps."""
    config = {name: value for name, value in serialized["config"].items() if name not in _NO_MEANING}
    decay, rate = config.pop("decay", None), config.get("learning_rate")
    if decay and not isinstance(rate, Mapping):
        config["learning_rate"] = {
            "module": "keras.optimizers.schedules",
            "class_name": "InverseTimeDecay",
            "config": {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay},
            "registered_name": None,
        }
    name = str(serialized.get("class_name")).removeprefix("Custom>")
    return {**serialized, "module": "keras.optimizers", "class_name": name, "config": config, "registered_name": None}


def _loss(serialized: dict[str, Any]) -> dict[str, Any]:
    """'auto' was the sum over the batch size; `fn` names the class's own function once more."""
    config = {name: value for name, value in serialized["config"].items() if name != "fn"}
    if config.get("reduction") == "auto":
        config["reduction"] = "sum_over_batch_size"
    return {**serialized, "config": config}
