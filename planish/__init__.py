"""planish compiles Keras-style convolutional classifiers into one native program for the CPU it runs on.

Code written for Keras runs with its import changed: `import planish as keras`, `from planish.layers import Flatten`.
Rooms are imported when they are first used, so that `import planish` costs next to nothing.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planish import (
        activations,
        applications,
        backend,
        callbacks,
        config,
        constraints,
        convert,
        datasets,
        distributed,
        distribution,
        dtype_policies,
        flattening,
        initializers,
        layers,
        losses,
        metrics,
        mixed_precision,
        models,
        ops,
        optimizers,
        preprocessing,
        random,
        regularizers,
        saving,
        structure,
        utils,
        wrappers,
    )
    from planish.convert.onnx_file import load_onnx
    from planish.dtype_policies import DTypePolicy, FloatDTypePolicy
    from planish.flattening import FlattenMap, flatten, unflatten
    from planish.initializers import Initializer
    from planish.layers import Input, InputLayer, Layer
    from planish.losses import Loss
    from planish.metrics import Metric
    from planish.models import Model, Sequential
    from planish.optimizers import Optimizer
    from planish.regularizers import Regularizer
    from planish.structure import flat_features, flatten_map, shapes
    from planish.variable import Variable
    from planish_runtime.threads import get_num_threads, set_num_threads

__version__ = "0.1.0"

__all__ = [
    "DTypePolicy",
    "FlattenMap",
    "FloatDTypePolicy",
    "Initializer",
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "Variable",
    "__version__",
    "activations",
    "applications",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "convert",
    "datasets",
    "distributed",
    "distribution",
    "dtype_policies",
    "flat_features",
    "flatten",
    "flatten_map",
    "flattening",
    "get_num_threads",
    "initializers",
    "layers",
    "load_onnx",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "ops",
    "optimizers",
    "preprocessing",
    "random",
    "regularizers",
    "saving",
    "set_num_threads",
    "shapes",
    "structure",
    "unflatten",
    "utils",
    "wrappers",
]

# Where each public name that is not itself a room comes from.
_HOMES = {
    "DTypePolicy": "planish.dtype_policies",
    "FlattenMap": "planish.flattening",
    "FloatDTypePolicy": "planish.dtype_policies",
    "Initializer": "planish.initializers",
    "Input": "planish.layers",
    "InputLayer": "planish.layers",
    "InputSpec": "planish.layers",
    "Layer": "planish.layers",
    "Loss": "planish.losses",
    "Metric": "planish.metrics",
    "Model": "planish.models",
    "Optimizer": "planish.optimizers",
    "Regularizer": "planish.regularizers",
    "Sequential": "planish.models",
    "Variable": "planish.variable",
    "flat_features": "planish.structure",
    "flatten": "planish.flattening",
    "flatten_map": "planish.structure",
    "get_num_threads": "planish_runtime.threads",
    "load_onnx": "planish.convert.onnx_file",
    "set_num_threads": "planish_runtime.threads",
    "shapes": "planish.structure",
    "unflatten": "planish.flattening",
}


def _found(name: str) -> Any:
    if name not in __all__:
        asking = sys._getframe(1)
        if asking.f_globals.get("__name__") == "importlib._bootstrap":  # which then looks for a module
            raise AttributeError(name)
        raise importlib.import_module("planish.absent").missing("", name, asking)
    home = _HOMES.get(name)
    module = importlib.import_module(home or f"planish.{name}")
    found = module if home is None else getattr(module, name)
    globals()[name] = found
    return found


if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = _found


def __dir__() -> list[str]:
    return sorted(__all__)


class _Absent:
    """Asked last for a module that planish does not have: says what to use instead, if Keras has it."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name.startswith("planish."):
            from planish.absent import refuse_module

            refuse_module(name)


sys.meta_path.append(_Absent)
