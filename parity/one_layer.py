"""Each layer, activation function, loss and optimizer by itself in a small model, and metrics and image layers on
arrays: options that random models lack. The tables are `layer_table.py`, `arrays_table.py` and `optimizers.py`.

A case has the form of those of `models.py`, and besides: what it is `about`, of which `group`; whether the model's
`files` are read by the other side; and, if so, that its layer is called on several `branches`, that it is `built` on
both sides (Lambda's functions do not stand in configurations), or that Keras runs on JAX. Cases of `arrays` have no
model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from arrays_table import BY_CHANCE, COLORS, IMAGES, METRICS
from chains import Case
from drawn_optimizers import OPTIMIZERS, OTHERS
from layer_table import CHANNELS, FUNCTIONS, LAYERS, LOGITS, LOSSES, MERGES, ON_ARRAYS, Options

FIRST_SEED = 1_000_000
RATES = ("rate", "stddev")
STEPS_OF_OPTIMIZERS = 10
RAW = ["SparseCategoricalCrossentropy", {"from_logits": True}]


def cases(steps: int = 3) -> list[Case]:
    """All of them, numbered; in those about layers and functions, optimizers take turns."""
    every = [*_layers(steps), *_functions(steps), *_losses(steps), *_optimizers(), *_metrics(), *_images(IMAGES)]
    every += [_function(name) for name in ON_ARRAYS if name not in FUNCTIONS]
    every += _images(COLORS)
    return [_numbered(case, FIRST_SEED + number) for number, case in enumerate(every)]


def _numbered(case: Case, seed: int) -> Case:
    optimizer = OPTIMIZERS[seed % len(OPTIMIZERS)]
    return {"seed": seed, "dtype": "float32", "optimizer": optimizer, "batch": 3 + seed % 4, **case}


def _layers(steps: int) -> Iterator[Case]:
    for group, table in LAYERS.items():
        for name, (shape, choices) in table.items():
            for given in choices:
                random = any(given.get(rate) for rate in RATES) or name.startswith("Random") or name in BY_CHANCE
                case = _in_the_middle(name, shape, given, 0 if random else steps)
                if name in MERGES:
                    case["branches"] = 2 if name in ("Subtract", "Dot") else 3
                yield {**case, "about": name, "group": group, **({"built": True} if name == "Lambda" else {})}


def _functions(steps: int) -> Iterator[Case]:
    for name in FUNCTIONS:
        if name in ON_ARRAYS:
            yield _function(name)
            continue
        case = _in_the_middle("Activation", CHANNELS, {"activation": name}, steps)
        yield {**case, "about": name, "group": "Activation functions"}


def _function(name: str) -> Case:
    return {**_arrays("function", name, ON_ARRAYS[name]), "group": "Activation functions"}


def _in_the_middle(name: str, shape: list[int], given: Options, steps: int) -> Case:
    around: list[tuple[str, Options]] = [
        ("Dense", {"units": shape[-1], "name": "before"}),
        ("Activation", {"activation": "tanh", "name": "curved"}),
        (name, {"name": "layer", **given}),
        ("Flatten", {"name": "flat"}),
        ("Dense", {"units": 4, "name": "scores"}),
    ]
    return {"input_shape": shape, "layers": [[*each] for each in around], "loss": RAW, "steps": steps, "files": True}


def _losses(steps: int) -> Iterator[Case]:
    for name, (last, choices) in LOSSES.items():
        for given in [*choices, *([{"from_logits": True}] if name in LOGITS else [])]:
            layers: list[Any] = [
                ["Dense", {"units": 6, "activation": "tanh", "name": "before"}],
                ["Dense", {"units": 5, "name": "scores"}],
            ]
            if last and not given.get("from_logits"):
                layers.append(["Activation", {"activation": last, "name": "last"}])
            base = {"input_shape": [7], "layers": layers, "loss": [name, given], "steps": steps}
            for weighted in (False, True):
                yield {**base, "about": name, "group": "Losses", "scored": True, "weighted": weighted}


def _optimizers() -> Iterator[Case]:
    layers = [
        ["Conv2D", {"filters": 5, "kernel_size": 3, "activation": "tanh", "name": "before"}],
        ["Flatten", {"name": "flat"}],
        ["Dense", {"units": 4, "name": "scores"}],
    ]
    for name, given in [*OPTIMIZERS, *OTHERS]:
        case = {"input_shape": [6, 7, 2], "layers": layers, "loss": RAW, "steps": STEPS_OF_OPTIMIZERS}
        other = {"backend": "jax"} if name == "ScheduleFreeAdamW" else {}
        yield {**case, "about": name, "group": "Optimizers", "optimizer": [name, given], **other}


def _metrics() -> Iterator[Case]:
    for name, (data, choices) in METRICS.items():
        for given in choices:
            yield {**_arrays("metric", name, given), "data": data, "group": "Metrics"}


def _images(table: dict[str, list[Options]]) -> Iterator[Case]:
    for name, choices in table.items():
        for given in choices:
            yield {**_arrays("image", name, given), "group": "Image layers on arrays, in training"}


def _arrays(kind: str, name: str, given: Options) -> dict[str, Any]:
    return {"arrays": kind, "about": name, "given": given, "steps": 0, "layers": []}
