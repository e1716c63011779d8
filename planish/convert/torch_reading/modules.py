"""PyTorch's own modules, as the calls that their `forward` makes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from planish.convert.torch_reading.calls import repeated
from planish.convert.torch_reading.values import Value

Parameter = Callable[[str], Value | None]
"""Gives a parameter or buffer of the module by its name; None if the module has none."""


class Call(NamedTuple):
    """A function's name, and what it is called with besides the module's input."""

    function: str
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    borders: tuple[tuple[int, ...], str] | None = None
    """What `pad` is called with before."""


def kind_of(module: Any) -> str:
    """The name of the class, or of the class of torch.nn that it is derived from. Lazy modules are what they become."""
    names = (class_.__name__ for class_ in type(module).__mro__ if class_.__module__.startswith("torch.nn"))
    name = next((name for name in names if not name.startswith("Parametrized")), type(module).__name__)
    return name.removeprefix("Lazy")


def is_known(module: Any) -> bool:
    """Whether the table has it, and it does not have a `forward` of its user's."""
    forward = getattr(type(module), "forward", None)
    return kind_of(module) in MODULES and (forward is None or str(forward.__module__).startswith("torch.nn"))


def is_own(module: Any) -> bool:
    """Whether it is a single module of PyTorch's, known or not."""
    plain = not list(module.children()) and str(type(module).__module__).startswith("torch.nn")
    return is_known(module) or (plain and kind_of(module) not in ("Module", "Sequential"))


def call_of(module: Any, parameter: Parameter) -> Call:
    """What the module calls. KeyError for one that the table does not have."""
    return MODULES[kind_of(module)](module, parameter)


Maker = Callable[[Any, Parameter], Call]


def _convolution(module: Any, parameter: Parameter) -> Call:
    padding, mode = module.padding, getattr(module, "padding_mode", "zeros")
    borders = None
    if mode != "zeros":
        borders = (tuple(module._reversed_padding_repeated_twice), mode)
        padding = 0
    arguments = (parameter("weight"), parameter("bias"), module.stride, padding, module.dilation, module.groups)
    if not _is_lazy(module):
        return Call("convolution", arguments, {}, borders)
    size = repeated(module.kernel_size, int(kind_of(module)[-2]))
    return Call("convolution", arguments, {"kernel_size": size, "filters": module.out_channels}, borders)


def _linear(module: Any, parameter: Parameter) -> Call:
    lazy = {"units": module.out_features} if _is_lazy(module) else {}
    return Call("linear", (parameter("weight"), parameter("bias")), lazy)


def _is_lazy(module: Any) -> bool:
    """Whether its weights get their shapes when it first runs."""
    return type(module.weight).__name__.startswith("Uninitialized")


def _transposed(module: Any, parameter: Parameter) -> Call:
    weights = parameter("weight"), parameter("bias")
    sides = module.stride, module.padding, module.output_padding
    return Call(_function(module), (*weights, *sides, module.groups, module.dilation), {})


def _function(module: Any) -> str:
    """ConvTranspose2d is conv_transpose2d, BatchNorm1d batch_norm1d."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind_of(module)).lower()


def _with(function: str, *names: str, **renamed: str) -> Maker:
    """A function that takes attributes of the module, under the same names or others."""

    def make(module: Any, parameter: Parameter) -> Call:
        options = {name: getattr(module, name) for name in names if hasattr(module, name)}
        options |= {name: getattr(module, own) for name, own in renamed.items() if hasattr(module, own)}
        return Call(function, (), options)

    return make


def _with_number(function: str, *names: str) -> Maker:
    """The same for a function whose name ends in the number of axes of space: lp_pool2d."""

    def make(module: Any, parameter: Parameter) -> Call:
        return _with(f"{function}{kind_of(module)[-2:]}", *names)(module, parameter)

    return make


def _pool(module: Any, parameter: Parameter) -> Call:
    names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "count_include_pad", "divisor_override")
    options = {name: getattr(module, name) for name in (*names, "return_indices") if hasattr(module, name)}
    return Call(re.sub(r"Pool(\d)d", r"_pool\1d", kind_of(module)).lower(), (), options)


def _adaptive_pool(module: Any, parameter: Parameter) -> Call:
    name = re.sub(r"Adaptive(Avg|Max)Pool", r"adaptive_\1_pool", kind_of(module)).lower()
    return Call(name, (module.output_size,), {"return_indices": bool(getattr(module, "return_indices", False))})


def _batch_norm(module: Any, parameter: Parameter) -> Call:
    arrays = (parameter(name) for name in ("running_mean", "running_var", "weight", "bias"))
    return Call("batch_norm", (*arrays, False, module.momentum, module.eps), {})


def _instance_norm(module: Any, parameter: Parameter) -> Call:
    arrays = [parameter(name) for name in ("running_mean", "running_var", "weight", "bias")]
    return Call("instance_norm", (*arrays, arrays[0] is None, module.momentum, module.eps), {})


def _dropout(module: Any, parameter: Parameter) -> Call:
    return Call("dropout", (), {"training": False})


def _borders(mode: str) -> Maker:
    def make(module: Any, parameter: Parameter) -> Call:
        count = 2 * int(kind_of(module)[-2])
        sides = (module.padding,) * count if isinstance(module.padding, int) else tuple(module.padding)
        return Call("pad", (sides, mode, getattr(module, "value", None)), {})

    return make


def _upsample(module: Any, parameter: Parameter) -> Call:
    names = ("size", "scale_factor", "mode", "align_corners", "recompute_scale_factor")
    return Call("interpolate", (), {name: getattr(module, name, None) for name in names})


def _weighted(function: str, *names: str, **renamed: str) -> Maker:
    """A function of `weight` and `bias` besides attributes."""
    plain = _with(function, *names, **renamed)

    def make(module: Any, parameter: Parameter) -> Call:
        weights = {name: parameter(name) for name in ("weight", "bias") if hasattr(module, name)}
        return Call(function, (), {**plain(module, parameter).options, **weights})

    return make


_NUMBERED = {
    "LPPool{}d": _with_number("lp_pool", "norm_type", "kernel_size", "stride", "ceil_mode"),
    "Conv{}d": _convolution,
    "ConvTranspose{}d": _transposed,
    "MaxPool{}d": _pool,
    "AvgPool{}d": _pool,
    "AdaptiveAvgPool{}d": _adaptive_pool,
    "AdaptiveMaxPool{}d": _adaptive_pool,
    "BatchNorm{}d": _batch_norm,
    "InstanceNorm{}d": _instance_norm,
    "Dropout{}d": _dropout,
    "ZeroPad{}d": _borders("constant"),
    "ConstantPad{}d": _borders("constant"),
    "ReflectionPad{}d": _borders("reflect"),
    "ReplicationPad{}d": _borders("replicate"),
    "CircularPad{}d": _borders("circular"),
}

MODULES: dict[str, Maker] = {
    **{name.format(rank): maker for name, maker in _NUMBERED.items() for rank in (1, 2, 3)},
    "SyncBatchNorm": _batch_norm,
    "Linear": _linear,
    "NonDynamicallyQuantizableLinear": _linear,
    "GroupNorm": _weighted("group_norm", "num_groups", "eps"),
    "LayerNorm": _weighted("layer_norm", "normalized_shape", "eps"),
    "RMSNorm": _weighted("rms_norm", "normalized_shape", "eps"),
    "PReLU": _weighted("prelu"),
    "LocalResponseNorm": _with("local_response_norm", "size", "alpha", "beta", "k"),
    **dict.fromkeys(
        ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"), _dropout
    ),
    "Identity": _with("identity"),
    "Flatten": _with("flatten", "start_dim", "end_dim"),
    "Unflatten": _with("unflatten", "dim", sizes="unflattened_size"),
    "Upsample": _upsample,
    "UpsamplingNearest2d": _upsample,
    "UpsamplingBilinear2d": _upsample,
    "PixelShuffle": _with("pixel_shuffle", "upscale_factor"),
    "PixelUnshuffle": _with("pixel_unshuffle", "downscale_factor"),
    "ChannelShuffle": _with("channel_shuffle", "groups"),
    "ReLU": _with("relu"),
    "ReLU6": _with("relu6"),
    "Hardtanh": _with("hardtanh", "min_val", "max_val"),
    "LeakyReLU": _with("leaky_relu", "negative_slope"),
    "RReLU": _with("rrelu", "lower", "upper"),
    "ELU": _with("elu", "alpha"),
    "CELU": _with("celu", "alpha"),
    "SELU": _with("selu"),
    "GELU": _with("gelu", "approximate"),
    "SiLU": _with("silu"),
    "Mish": _with("mish"),
    "GLU": _with("glu", "dim"),
    "Sigmoid": _with("sigmoid"),
    "LogSigmoid": _with("logsigmoid"),
    "Tanh": _with("tanh"),
    "Tanhshrink": _with("tanhshrink"),
    "Hardswish": _with("hardswish"),
    "Hardsigmoid": _with("hardsigmoid"),
    "Hardshrink": _with("hardshrink", "lambd"),
    "Softshrink": _with("softshrink", "lambd"),
    "Softplus": _with("softplus", "beta", "threshold"),
    "Softsign": _with("softsign"),
    "Threshold": _with("threshold", "threshold", "value"),
    "Softmax": _with("softmax", "dim"),
    "LogSoftmax": _with("log_softmax", "dim"),
    "Softmin": _with("softmin", "dim"),
    "Softmax2d": lambda module, parameter: Call("softmax", (), {"dim": 1}),
}
