"""What the callbacks that watch one metric share: its value, and which direction is better."""

from __future__ import annotations

import math
import warnings
from typing import Any

from planish.callbacks.callback import Logs
from planish.errors import explain

MODES = ("auto", "min", "max")


def checked_mode(owner: str, mode: str) -> str:
    """`mode`, or 'auto' with a warning if there is no such mode."""
    if mode in MODES:
        return mode
    warnings.warn(
        f"{owner}: mode {mode!r} is unknown, 'auto' is used instead (known: {', '.join(MODES)})", stacklevel=3
    )
    return "auto"


def prefers_smaller(owner: str, monitor: str, mode: str, model: Any) -> bool:
    """Whether smaller values of the metric named `monitor` are better. ValueError if 'auto' cannot know."""
    if mode != "auto":
        return mode == "min"
    name = monitor.removeprefix("val_")
    if name == "loss":
        return True
    for metric in getattr(model, "metrics", ()):
        if metric.name == name and getattr(metric, "_direction", None) in ("up", "down"):
            return bool(metric._direction == "down")
    raise ValueError(
        explain(
            what=f"{owner}: cannot tell whether {monitor!r} should become smaller or larger",
            remedy="pass mode='min' or mode='max'",
        )
    )


def improves(value: float, reference: float, min_delta: float, smaller: bool) -> bool:
    """Whether `value` is better than `reference` by more than `min_delta`."""
    return value + min_delta < reference if smaller else value - min_delta > reference


def worst(smaller: bool) -> float:
    return math.inf if smaller else -math.inf


def monitored(owner: str, monitor: str, logs: Logs | None) -> float | None:
    """The metric's value in `logs`, or None with a warning."""
    value = (logs or {}).get(monitor)
    if value is None:
        available = ", ".join(logs or {}) or "none"
        warnings.warn(f"{owner}: metric {monitor!r} is not available (available: {available})", stacklevel=3)
    return value
