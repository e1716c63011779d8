"""One PyTorch module as a layer: found by the name of its class, without importing PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from planish import primitives
from planish.errors import explain, unknown_name
from planish.graph.node import Node
from planish.layers.image import Padding, Pair
from planish.layers.layer import Layer, Shape
from planish.structure.mirrored_maps import AdaptivePool, Convolution, Padded, Pool
from planish.structure.mirrored_rows import Joined, Pointwise, Product, Reshaped, SoftmaxAlong

Builder = Callable[[str, str, Any], Layer]

_POINTWISE = (
    *("CELU", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity", "LeakyReLU"),
    *("LogSigmoid", "Mish", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softplus", "Softshrink", "Softsign"),
    *("Tanh", "Tanhshrink", "Threshold"),
    *("AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "FeatureAlphaDropout"),
)


def is_known(kind: str) -> bool:
    return kind in _BUILDERS


def layer_for(kind: str, name: str, settings: Any) -> Layer:
    """The layer for a module of the class `kind`, whose settings are attributes of `settings`.

    ValueError for a class, or a setting, that has no counterpart in planish.
    """
    builder = _BUILDERS.get(kind)
    if builder is None:
        raise ValueError(f"module {name!r}: " + unknown_name("PyTorch module", kind, _BUILDERS))
    return builder(kind, name, settings)


def _refuse(kind: str, name: str, setting: str, expected: object, received: object) -> ValueError:
    return ValueError(
        explain(
            layer=f"{kind} '{name}'",
            what=f"{setting} is not supported here",
            expected=expected,
            received=repr(received),
        )
    )


def _pair(value: Any) -> Any:
    """A pair, for rows and columns."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def _convolution(kind: str, name: str, module: Any) -> Layer:
    if getattr(module, "padding_mode", "zeros") != "zeros":
        raise _refuse(kind, name, "padding_mode", "'zeros'", module.padding_mode)
    kernel_size, dilation = _pair(module.kernel_size), _pair(module.dilation)
    return Convolution(
        kind,
        name,
        channels=module.in_channels or None,
        filters=module.out_channels,
        kernel_size=kernel_size,
        strides=_pair(module.stride),
        padding=_conv_padding(module.padding, kernel_size, dilation),
        dilation=dilation,
        groups=module.groups,
        bias=module.bias is not None,
    )


def _conv_padding(padding: Any, kernel_size: Pair, dilation: Pair) -> Padding:
    """'same' adds dilation * (size - 1) pixels, an odd one at the end."""
    if padding == "same":
        rows, columns = (step * (size - 1) for size, step in zip(kernel_size, dilation, strict=True))
        return (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2)
    rows, columns = (0, 0) if padding == "valid" else _pair(padding)
    return (rows, rows), (columns, columns)


def _pool(operation: Callable[..., Node]) -> Builder:
    def build(kind: str, name: str, module: Any) -> Layer:
        if _pair(getattr(module, "dilation", 1)) != (1, 1):
            raise _refuse(kind, name, "dilation", 1, module.dilation)
        window = _pair(module.kernel_size)
        return Pool(
            kind,
            name,
            pool=operation,
            window=window,
            strides=window if module.stride is None else _pair(module.stride),
            padding=_pair(module.padding),
            ceil=bool(module.ceil_mode),
        )

    return build


def _adaptive(pool: Callable[..., Node]) -> Builder:
    return lambda kind, name, module: AdaptivePool(kind, name, pool=pool, size=_pair(module.output_size))


def _flatten(kind: str, name: str, module: Any) -> Layer:
    start, end = module.start_dim, module.end_dim
    if (start, end) == (1, -1):
        return Joined(kind, name)
    if start == 0:
        raise _refuse(kind, name, "start_dim", "1 or more: axis 0 is the batch", start)

    def joined(shape: Shape) -> Shape:
        first, last = start % (len(shape) + 1) - 1, end % (len(shape) + 1) - 1
        return (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])

    return Reshaped(kind, name, shape_for=joined)


def _unflatten(kind: str, name: str, module: Any) -> Layer:
    sizes = tuple(int(size) for size in module.unflattened_size)

    def split(shape: Shape) -> Shape:
        axis = module.dim % (len(shape) + 1) - 1
        rest = shape[axis] // abs(math.prod(sizes))
        return (*shape[:axis], *(rest if size == -1 else size for size in sizes), *shape[axis + 1 :])

    return Reshaped(kind, name, shape_for=split)


def _linear(kind: str, name: str, module: Any) -> Layer:
    return Product(
        kind, name, features=module.in_features or None, units=module.out_features, bias=module.bias is not None
    )


def _pointwise(kind: str, name: str, module: Any) -> Layer:
    return Pointwise(kind, name)


def _batch_norm(kind: str, name: str, module: Any) -> Layer:
    channels = module.num_features or None
    weights = [(channels,), (channels,)] if module.affine and channels else []
    return Pointwise(kind, name, weights=weights, channels=channels)


def _prelu(kind: str, name: str, module: Any) -> Layer:
    return Pointwise(kind, name, weights=[(module.num_parameters,)])


def _softmax(kind: str, name: str, module: Any) -> Layer:
    return SoftmaxAlong(kind, name, axis=1 if kind == "Softmax2d" or module.dim is None else module.dim)


def _zero_pad(kind: str, name: str, module: Any) -> Layer:
    left, right, top, bottom = (module.padding,) * 4 if isinstance(module.padding, int) else module.padding
    if min(left, right, top, bottom) < 0:
        raise _refuse(kind, name, "padding", "0 or more", module.padding)
    return Padded(kind, name, padding=((top, bottom), (left, right)))


_BUILDERS: dict[str, Builder] = {
    **dict.fromkeys(_POINTWISE, _pointwise),
    **dict.fromkeys(("Conv2d", "LazyConv2d"), _convolution),
    **dict.fromkeys(("Linear", "LazyLinear"), _linear),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "LazyBatchNorm1d", "LazyBatchNorm2d", "SyncBatchNorm"), _batch_norm),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Softmin", "Softmax2d"), _softmax),
    **dict.fromkeys(("ZeroPad2d", "ConstantPad2d"), _zero_pad),
    "MaxPool2d": _pool(primitives.max_pool2d),
    "AvgPool2d": _pool(primitives.average_pool2d),
    "AdaptiveAvgPool2d": _adaptive(primitives.average_pool2d),
    "AdaptiveMaxPool2d": _adaptive(primitives.max_pool2d),
    "Flatten": _flatten,
    "PReLU": _prelu,
    "Unflatten": _unflatten,
}
