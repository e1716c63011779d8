"""One call in a PyTorch module's `forward` - `F.max_pool2d(x, 2)`, `x.view(-1, 400)` - as a layer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from planish.errors import explain
from planish.layers.layer import Layer, Shape
from planish.structure.blocks import Combine, added, joined_along
from planish.structure.mirrored_rows import Averaged, Joined, Pointwise, Reshaped
from planish.structure.torch_modules import layer_for

# The arguments after the first one, with their defaults, and the module that does the same.
_FUNCTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "max_pool2d": (
        "MaxPool2d",
        {"kernel_size": 2, "stride": None, "padding": 0, "dilation": 1, "ceil_mode": False, "return_indices": False},
    ),
    "avg_pool2d": ("AvgPool2d", {"kernel_size": 2, "stride": None, "padding": 0, "ceil_mode": False}),
    "adaptive_avg_pool2d": ("AdaptiveAvgPool2d", {"output_size": 1}),
    "adaptive_max_pool2d": ("AdaptiveMaxPool2d", {"output_size": 1}),
    "flatten": ("Flatten", {"start_dim": 0, "end_dim": -1}),
    "softmax": ("Softmax", {"dim": None}),
    "log_softmax": ("LogSoftmax", {"dim": None}),
}

_POINTWISE = (
    {"relu", "relu_", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "softplus", "softsign"}
    | {"sigmoid", "logsigmoid", "tanh", "tanhshrink", "hardtanh", "hardswish", "hardsigmoid", "clamp", "clip", "abs"}
    | {
        "neg",
        "exp",
        "sqrt",
        "add",
        "iadd",
        "sub",
        "mul",
        "imul",
        "truediv",
        "div",
        "dropout",
        "dropout2d",
        "alpha_dropout",
    }
    | {"float", "double", "half", "to", "contiguous", "detach"}
)


CONCATENATIONS = ("cat", "concat", "concatenate")
_COMBINATIONS = ("add", "iadd", "sub", "isub", "mul", "imul", "truediv", "itruediv", "div", "maximum", "minimum")


def combination(function: str, name: str, arguments: Sequence[Any], options: Mapping[str, Any]) -> Combine:
    """What brings several branches together. ValueError if it has no counterpart in planish."""
    if function in CONCATENATIONS:
        axis = options.get("dim", options.get("axis", arguments[1] if len(arguments) > 1 else 0))
        if axis != 0:
            return joined_along(axis)
    if function in _COMBINATIONS:
        return added
    raise ValueError(
        explain(
            what=f"the call {name!r} in the module's forward is not known",
            expected="branches that are added, multiplied, compared, or concatenated along any axis but the batch",
            received=function,
            remedy="give the layers up to the Flatten as a Sequential",
        )
    )


def layer_of_call(function: str, name: str, arguments: Sequence[Any], options: Mapping[str, Any]) -> Layer:
    """The layer for `function(x, *arguments, **options)`. ValueError if it has no counterpart in planish."""
    if function in _FUNCTIONS:
        kind, defaults = _FUNCTIONS[function]
        given = {**defaults, **dict(zip(defaults, arguments, strict=False)), **options}
        return _renamed(layer_for(kind, name, SimpleNamespace(**given)), function)
    if function in ("view", "reshape"):
        return _reshaped(function, name, arguments)
    if function == "mean":
        given = {**dict(zip(("dim", "keepdim"), arguments, strict=False)), **options}
        axes = given.get("dim")
        if axes is not None:
            axes = axes if isinstance(axes, (tuple, list)) else (axes,)
            return Averaged(function, name, axes=tuple(axes), keepdims=bool(given.get("keepdim", False)))
    if function in _POINTWISE:
        return Pointwise(function, name)
    raise ValueError(
        explain(
            what=f"the call {name!r} in the module's forward is not known",
            received=f"{function}({', '.join(['x', *map(str, arguments)])})",
            remedy="give the layers up to the Flatten as a Sequential",
        )
    )


def _renamed(layer: Layer, kind: str) -> Layer:
    """Users know the call by the function's name."""
    layer.kind = kind
    return layer


def _reshaped(function: str, name: str, arguments: Sequence[Any]) -> Layer:
    """The first extent is the batch's, whatever it is called; one more means that all other axes are joined."""
    extents = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], (tuple, list)) else arguments
    rest = tuple(extents[1:])
    if len(rest) == 1:
        return Joined(function, name)
    if not rest or not all(isinstance(extent, int) for extent in rest):
        raise ValueError(
            explain(
                layer=f"{function} '{name}'",
                what="this shape cannot be followed",
                expected="the batch, then integers",
                received=", ".join("unknown" if extent is None else str(extent) for extent in extents),
            )
        )
    return Reshaped(function, name, shape_for=lambda shape: _completed(shape, rest))


def _completed(shape: Shape, extents: Shape) -> Shape:
    """`extents` with the number for -1 that the others leave."""
    rest = math.prod(shape) // abs(math.prod(extents))
    return tuple(rest if extent == -1 else extent for extent in extents)
