"""planish compiles Keras-style convolutional classifiers into one native program for the CPU it runs on.

Code written for Keras runs with its import changed: `import planish as keras`, `from planish.layers import Flatten`.
Rooms are imported when they are first used, so that `import planish` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planish import (
        activations,
        backend,
        callbacks,
        datasets,
        flattening,
        initializers,
        layers,
        losses,
        metrics,
        models,
        optimizers,
        regularizers,
        saving,
        structure,
        utils,
    )
    from planish.flattening import FlattenMap, flatten, unflatten
    from planish.initializers import Initializer
    from planish.layers import Input, InputLayer, Layer
    from planish.losses import Loss
    from planish.metrics import Metric
    from planish.models import Model, Sequential
    from planish.optimizers import Optimizer
    from planish.regularizers import Regularizer
    from planish.runtime.threads import get_num_threads, set_num_threads
    from planish.structure import flat_features, flatten_map, shapes
    from planish.variable import Variable

__version__ = "0.1.0"

__all__ = [
    "FlattenMap",
    "Initializer",
    "Input",
    "InputLayer",
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
    "backend",
    "callbacks",
    "datasets",
    "flat_features",
    "flatten",
    "flatten_map",
    "flattening",
    "get_num_threads",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "regularizers",
    "saving",
    "set_num_threads",
    "shapes",
    "structure",
    "unflatten",
    "utils",
]

# Where each public name that is not itself a room comes from.
_HOMES = {
    "FlattenMap": "flattening",
    "Initializer": "initializers",
    "Input": "layers",
    "InputLayer": "layers",
    "Layer": "layers",
    "Loss": "losses",
    "Metric": "metrics",
    "Model": "models",
    "Optimizer": "optimizers",
    "Regularizer": "regularizers",
    "Sequential": "models",
    "Variable": "variable",
    "flat_features": "structure",
    "flatten": "flattening",
    "flatten_map": "structure",
    "get_num_threads": "runtime.threads",
    "set_num_threads": "runtime.threads",
    "shapes": "structure",
    "unflatten": "flattening",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'planish' has no attribute {name!r}")
    home = _HOMES.get(name)
    module = importlib.import_module(f"planish.{home or name}")
    found = module if home is None else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
