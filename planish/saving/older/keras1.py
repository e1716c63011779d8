"""Keras 1's names for layers and their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planish.errors import explain

_CLASSES = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "SeparableConvolution2D": "SeparableConv2D",
    "Deconvolution2D": "Conv2DTranspose",
}

_NAMES = {
    "nb_filter": "filters",
    "output_dim": "units",
    "filter_length": "kernel_size",
    "subsample": "strides",
    "subsample_length": "strides",
    "atrous_rate": "dilation_rate",
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "bias": "use_bias",
    "init": "kernel_initializer",
    "depthwise_init": "depthwise_initializer",
    "pointwise_init": "pointwise_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "p": "rate",
    "sigma": "stddev",
    "pool_length": "pool_size",
    "stride": "strides",
    "length": "size",
    "gamma_init": "gamma_initializer",
    "beta_init": "beta_initializer",
}
_OF_CLASS = {
    "PReLU": {"init": "alpha_initializer"},
    "SeparableConv2D": {"init": "depthwise_initializer"},
    "UpSampling1D": {"length": "size"},
}
_DROPPED = ("mode", "weights", "input_dim", "input_length", "output_shape")
"""What follows from the rest of a model."""

_KERNELS = [("kernel_dim1", "kernel_dim2", "kernel_dim3"), ("nb_row", "nb_col")]
_FORMATS = {"tf": "channels_last", "th": "channels_first", "default": None}
_INITIALIZERS = {"zero": "zeros", "one": "ones", "uniform": "random_uniform", "normal": "random_normal"}
_REGULARIZERS = ("WeightRegularizer", "L1L2Regularizer", "ActivityRegularizer")

_MERGES = {"sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average", "max": "Maximum"}
_MERGES |= {"dot": "Dot", "cos": "Dot"}

_MARKS = {"nb_row", "kernel_dim1", "dim_ordering", "W_regularizer", "mode", "init", *_NAMES} - {"length"}


def renamed(kind: str, config: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The class and the arguments of a layer by their names of today; those of today are as they were."""
    if kind == "Merge":
        return _merge(config)
    today = _CLASSES.get(kind, kind)
    names = {**_NAMES, **_OF_CLASS.get(today, {})}
    if today == kind and not _MARKS & config.keys():
        return kind, dict(config)
    if today == "BatchNormalization":
        _refuse_other_modes(config)
    made = {names.get(key, key): value for key, value in config.items()}
    for sizes in _KERNELS:
        if all(size in made for size in sizes):
            made["kernel_size"] = [made.pop(size) for size in sizes]
    return today, {key: _value(key, value) for key, value in made.items() if key not in _DROPPED}


def _value(key: str, value: Any) -> Any:
    if key == "data_format":
        return _FORMATS.get(value, value)
    if key.endswith("_initializer") and isinstance(value, str):
        return _INITIALIZERS.get(value, value)
    if not isinstance(value, dict) or "name" not in value or "class_name" in value:
        return value
    settings = {name: each for name, each in value.items() if name != "name"}
    kind = str(value["name"])
    if kind in _REGULARIZERS:
        return {"module": "keras.regularizers", "class_name": "L1L2", "config": settings}
    if "m" in settings:
        settings["max_value"] = settings.pop("m")
    return {"module": "keras.constraints", "class_name": kind, "config": settings}


def _refuse_other_modes(config: Mapping[str, Any]) -> None:
    if config.get("mode", 0) != 0:
        raise ValueError(
            explain(
                layer=f"BatchNormalization {config.get('name')!r}",
                what="the layer normalizes in a way that only Keras 1 had",
                expected="mode=0",
                received=f"mode={config['mode']!r}",
                remedy="LayerNormalization for mode=1, in a model that is trained anew",
            )
        )


def _merge(config: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The layer that adds, multiplies or joins as Keras 1's `Merge` did; it stays one that nobody knows if it has a
    function of its own."""
    mode = str(config.get("mode"))
    if config.get("mode_type", "raw") != "raw" or mode not in _MERGES:
        return "Merge", dict(config)
    made = {"name": config.get("name")}
    if mode == "concat":
        made["axis"] = config.get("concat_axis", -1)
    if mode in ("dot", "cos"):
        made |= {"axes": config.get("dot_axes", -1), "normalize": mode == "cos"}
    return _MERGES[mode], made
