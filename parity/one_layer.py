"""Each of these layers by itself in the middle of a small model: kinds of input and options that random models lack.

A case has the form of those of `models.py`. Sizes are odd on purpose. Adaptive pools to one window are missing: Keras
fails at them on TensorFlow.
"""

from __future__ import annotations

from typing import Any

from models import Case
from optimizers import OPTIMIZERS

FIRST_SEED = 1_000_000
STEPS, IMAGE, VOLUME, FILM = [11, 3], [9, 8, 3], [5, 6, 7, 2], [4, 7, 6, 2]
FIRST = {"data_format": "channels_first"}

Options = dict[str, Any]
LAYERS: dict[str, tuple[list[int], list[Options]]] = {
    "MaxPooling1D": (STEPS, [{}, {"pool_size": 3, "strides": 2, "padding": "same"}, {"pool_size": 4, **FIRST}]),
    "AveragePooling1D": (STEPS, [{"pool_size": 2}, {"pool_size": 3, "strides": 2, "padding": "same"}]),
    "GlobalAveragePooling1D": (STEPS, [{}, {"keepdims": True}, FIRST]),
    "GlobalMaxPooling1D": (STEPS, [{}, {"keepdims": True}, FIRST]),
    "GlobalAveragePooling2D": (IMAGE, [{"keepdims": True}]),
    "GlobalMaxPooling2D": (IMAGE, [{"keepdims": True}]),
    "ZeroPadding1D": (STEPS, [{}, {"padding": [2, 1]}, {"padding": 3, **FIRST}]),
    "ZeroPadding2D": (IMAGE, [{}, {"padding": [[1, 0], [2, 3]]}]),
    "ZeroPadding3D": (VOLUME, [{}, {"padding": [[1, 0], [2, 3], [0, 1]]}, {"padding": [0, 1, 2], **FIRST}]),
    "Cropping1D": (STEPS, [{}, {"cropping": [0, 4]}]),
    "Cropping2D": (IMAGE, [{}, {"cropping": [[1, 0], [2, 3]]}, {"cropping": [1, 0], **FIRST}]),
    "Cropping3D": (VOLUME, [{}, {"cropping": [[1, 0], [2, 3], [0, 1]]}]),
    "UpSampling1D": (STEPS, [{}, {"size": 3}]),
    "UpSampling2D": (
        IMAGE,
        [
            {},
            {"size": [2, 3], **FIRST},
            *({"size": [3, 2], "interpolation": each} for each in ("bilinear", "bicubic", "lanczos3", "lanczos5")),
        ],
    ),
    "UpSampling3D": (VOLUME, [{}, {"size": [2, 1, 3]}]),
    "AdaptiveAveragePooling1D": (STEPS, [{"output_size": size} for size in (4, 11, 20)]),
    "AdaptiveMaxPooling1D": (STEPS, [{"output_size": size} for size in (4, 11, 20)]),
    "AdaptiveAveragePooling2D": (IMAGE, [{"output_size": size} for size in (3, [4, 7], [9, 4], [13, 5])]),
    "AdaptiveMaxPooling2D": (IMAGE, [{"output_size": size} for size in (3, [4, 7], [9, 4], [13, 5])]),
    "AdaptiveAveragePooling3D": (VOLUME, [{"output_size": size} for size in (2, [5, 3, 4], [6, 2, 9])]),
    "AdaptiveMaxPooling3D": (VOLUME, [{"output_size": size} for size in (2, [5, 3, 4], [6, 2, 9])]),
    "RepeatVector": ([5], [{"n": 4}]),
    "Identity": (IMAGE, [{}]),
    "TimeDistributed": (
        FILM,
        [
            {"layer": ["Dense", {"units": 4, "activation": "tanh"}]},
            {"layer": ["Conv2D", {"filters": 3, "kernel_size": 3, "strides": 2}]},
            {"layer": ["BatchNormalization", {"momentum": 0.6}]},
        ],
    ),
    "Conv3D": (
        VOLUME,
        [
            {"filters": 4, "kernel_size": 3, "padding": "same", "activation": "tanh"},
            {"filters": 3, "kernel_size": [2, 3, 1], "strides": [2, 1, 3], "use_bias": False},
            {"filters": 4, "kernel_size": [2, 2, 3], "dilation_rate": [1, 2, 1], "padding": "same", "groups": 2},
        ],
    ),
    "MaxPooling3D": (VOLUME, [{}, {"pool_size": [2, 3, 1], "strides": [1, 2, 1], "padding": "same"}, FIRST]),
    "AveragePooling3D": (VOLUME, [{"pool_size": 2}, {"pool_size": [2, 3, 1], "strides": 1, "padding": "same"}]),
    "GlobalAveragePooling3D": (VOLUME, [{}, {"keepdims": True}, FIRST]),
    "GlobalMaxPooling3D": (VOLUME, [{}, {"keepdims": True}, FIRST]),
}
"""For each layer the shape of its input, and the arguments of each case."""


def cases(steps: int = 3) -> list[Case]:
    """A case for each layer and choice of arguments; optimizers take turns."""
    every = [(name, shape, given) for name, (shape, choices) in LAYERS.items() for given in choices]
    return [_case(FIRST_SEED + number, *each, steps) for number, each in enumerate(every)]


def _case(seed: int, name: str, shape: list[int], given: Options, steps: int) -> Case:
    around: list[tuple[str, Options]] = [
        ("Dense", {"units": shape[-1], "name": "before"}),
        ("Activation", {"activation": "tanh", "name": "curved"}),
        (name, {"name": "layer", **given}),
        ("Flatten", {"name": "flat"}),
        ("Dense", {"units": 4, "name": "scores"}),
    ]
    return {
        "seed": seed, "input_shape": shape, "dtype": "float32", "layers": [[*each] for each in around],
        "loss": ["SparseCategoricalCrossentropy", {"from_logits": True}],
        "optimizer": OPTIMIZERS[seed % len(OPTIMIZERS)], "batch": 3 + seed % 4, "steps": steps,
    }  # fmt: skip
