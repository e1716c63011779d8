"""Runs compiled models: `Model("model.plan").predict(images)`. NumPy is all that it needs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planish_runtime.describing import describe as describe
    from planish_runtime.model import Model as Model
    from planish_runtime.threads import get_num_threads as get_num_threads
    from planish_runtime.threads import set_num_threads as set_num_threads

__version__ = "0.1.0"

_HOMES = {"Model": "model", "describe": "describing", "get_num_threads": "threads", "set_num_threads": "threads"}

__all__ = ["Model", "describe", "get_num_threads", "set_num_threads"]


def __getattr__(name: str) -> Any:
    """planish, which needs parts of this package, does not import the rest with them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
