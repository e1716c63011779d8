"""What programs of Keras users are registered with, and the numbers that they work with. Needs NumPy only."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

Program = Callable[[Any], Any]
PROGRAMS: dict[str, Program] = {}


def program(function: Program) -> Program:
    """Registers a program. It gets the module planish, or keras, and returns what is compared: plain Python values and
    arrays."""
    PROGRAMS[function.__name__.replace("_", " ")] = function
    return function


def load() -> dict[str, Program]:
    """All programs by name."""
    for module in ("layers", "inputs", "configs", "models", "more_models", "inside"):
        importlib.import_module(f"tests.keras.own.{module}")
    return PROGRAMS


def rows(count: int, size: int) -> Any:
    return np.linspace(-1, 1, count * size, dtype=np.float32).reshape(count, size)


def numbered(layer: Any) -> Any:
    """The layer, with weights that are the same wherever it runs."""
    layer.set_weights([np.linspace(-0.5, 0.6, each.size).reshape(each.shape) for each in layer.get_weights()])
    return layer


def array(value: Any) -> Any:
    return np.asarray(value, np.float32)


def shapes(variables: Any) -> Any:
    return [[*each.shape] for each in variables]


def names(variables: Any) -> Any:
    return [each.name for each in variables]


def raised(function: Callable[[], Any]) -> str:
    """The name of the class of what the function raises."""
    try:
        function()
    except Exception as error:
        return type(error).__name__
    return "nothing"


def as_facts(value: Any) -> Any:
    """The value as JSON has it."""
    if isinstance(value, dict):
        return {str(key): as_facts(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_facts(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return np.round(np.asarray(value, np.float64), 6).tolist()
    return round(value, 6) if isinstance(value, float) else value


def facts_of(run: Program, library: Any) -> Any:
    library.utils.clear_session(free_memory=False)
    try:
        return as_facts(run(library))
    except Exception as error:
        return {"error": type(error).__name__}
