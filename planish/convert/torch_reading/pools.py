"""Pools, borders and other sizes of maps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from planish.convert.torch_reading.calls import Many, function, repeated
from planish.convert.torch_reading.values import Value
from planish.convert.torch_reading.writing import Writer


def _max_pool(rank: int) -> Callable[..., Value]:
    def max_pool(
        writer: Writer,
        input: Value,
        kernel_size: Many,
        stride: Many | None = None,
        padding: Many = 0,
        dilation: Many = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Value:
        if return_indices:
            raise writer.unsupported("return_indices", False, True)
        return writer.emit(
            "MaxPool",
            input,
            **_windows(writer, kernel_size, stride, padding, rank, ceil_mode),
            dilations=repeated(dilation, rank),
        )

    return max_pool


def _average_pool(rank: int) -> Callable[..., Value]:
    def avg_pool(
        writer: Writer,
        input: Value,
        kernel_size: Many,
        stride: Many | None = None,
        padding: Many = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Value:
        windows = _windows(writer, kernel_size, stride, padding, rank, ceil_mode)
        pooled = writer.emit(
            "AveragePool", input, **windows, count_include_pad=int(count_include_pad or bool(divisor_override))
        )
        if divisor_override is None:
            return pooled
        if ceil_mode:
            raise writer.unsupported("divisor_override with ceil_mode", None, divisor_override)
        return writer.emit("Mul", pooled, writer.number(math.prod(repeated(kernel_size, rank)) / divisor_override))

    return avg_pool


def _power_pool(rank: int) -> Callable[..., Value]:
    def lp_pool(
        writer: Writer,
        input: Value,
        norm_type: float,
        kernel_size: Many,
        stride: Many | None = None,
        ceil_mode: bool = False,
    ) -> Value:
        """The root of a sum of powers: a mean times the number of its pixels."""
        powers = writer.emit("Pow", input, writer.number(norm_type))
        means = _average_pool(rank)(writer, powers, kernel_size, stride, 0, ceil_mode)
        sums = writer.emit("Mul", means, writer.number(math.prod(repeated(kernel_size, rank))))
        return writer.emit("Pow", sums, writer.number(1 / norm_type))

    return lp_pool


def _windows(
    writer: Writer, kernel_size: Many, stride: Any, padding: Many, rank: int, ceil_mode: bool
) -> dict[str, Any]:
    kernel = tuple(writer.numbers(repeated(kernel_size, rank)))
    strides = kernel if stride is None or stride == [] else repeated(stride, rank)
    sides = repeated(padding, rank)
    return {"kernel_shape": kernel, "strides": strides, "pads": sides * 2, "ceil_mode": int(bool(ceil_mode))}


def _adaptive(kind: str, whole: str, rank: int) -> Callable[..., Value]:
    def adaptive_pool(writer: Writer, input: Value, output_size: Any, return_indices: bool = False) -> Value:
        if return_indices:
            raise writer.unsupported("return_indices", False, True)
        sizes = tuple(repeated(output_size, rank))
        if all(size == 1 for size in sizes):
            return writer.emit(whole, input)
        if input.shape is not None:
            inner = input.shape[-rank:]
            sizes = tuple(writer.numbers([old if new is None else new for new, old in zip(sizes, inner, strict=True)]))
        return writer.emit(kind, input, output_size=sizes)

    return adaptive_pool


for _rank in (1, 2, 3):
    function(f"max_pool{_rank}d")(_max_pool(_rank))
    function(f"avg_pool{_rank}d")(_average_pool(_rank))
    function(f"lp_pool{_rank}d")(_power_pool(_rank))
    function(f"adaptive_avg_pool{_rank}d")(_adaptive("AdaptiveAveragePool", "GlobalAveragePool", _rank))
    function(f"adaptive_max_pool{_rank}d")(_adaptive("AdaptiveMaxPool", "GlobalMaxPool", _rank))


_BORDERS = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@function("pad")
def pad(writer: Writer, input: Value, pad: Sequence[Any], mode: str = "constant", value: float | None = None) -> Value:
    """PyTorch names the last axis first, before and after; ONNX all that is before, then all that is after."""
    if mode not in _BORDERS:
        raise writer.unsupported("mode", ", ".join(map(repr, _BORDERS)), mode)
    sides = writer.numbers(pad)
    pairs = [(sides[place], sides[place + 1]) for place in range(0, len(sides), 2)][::-1]
    border = None if not value else writer.number(value)
    if input.rank is None:
        axes = writer.integers(range(-len(pairs), 0))
    else:
        pairs, axes = [(0, 0)] * (input.rank - len(pairs)) + pairs, None
    both = writer.integers([before for before, _ in pairs] + [after for _, after in pairs])
    return writer.emit("Pad", input, both, border, axes, mode=_BORDERS[mode])


_COORDINATES = {
    "nearest": ("nearest", "asymmetric"),
    "nearest-exact": ("nearest", "half_pixel"),
    **dict.fromkeys(("linear", "bilinear", "trilinear"), ("linear", "half_pixel")),
    "bicubic": ("cubic", "half_pixel"),
}


@function("interpolate", "upsample")
def interpolate(
    writer: Writer,
    input: Value,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Value:
    if mode == "area":
        return _by_areas(writer, input)
    if mode not in _COORDINATES:
        raise writer.unsupported("mode", ", ".join(map(repr, _COORDINATES)), mode)
    way, coordinates = _COORDINATES[mode]
    settings = {
        "mode": way,
        "coordinate_transformation_mode": "align_corners" if align_corners else coordinates,
        "nearest_mode": "floor" if mode == "nearest" else "round_prefer_ceil" if mode == "nearest-exact" else None,
        "cubic_coeff_a": -0.75 if way == "cubic" else None,
        "antialias": 1 if antialias else None,
    }
    if scale_factor is not None and not recompute_scale_factor:
        rank = len(scale_factor) if isinstance(scale_factor, (tuple, list)) else (input.rank or 4) - 2
        scales = writer.constant(np.asarray([1, 1, *repeated(scale_factor, rank)], np.float32))
        return writer.emit("Resize", input, None, scales, **settings)
    if writer.out_shape is not None:
        sizes = writer.numbers(writer.out_shape[2:])
    elif size is None:
        raise writer.unknown_shape()
    else:
        sizes = writer.numbers(repeated(size, 2))
    axes = tuple(range(2, 2 + len(sizes)))
    return writer.emit("Resize", input, None, None, writer.integers(sizes), **settings, axes=axes)


def _by_areas(writer: Writer, input: Value) -> Value:
    if writer.out_shape is None:
        raise writer.unknown_shape()
    return writer.emit("AdaptiveAveragePool", input, output_size=tuple(writer.numbers(writer.out_shape[2:])))


@function("_upsample_nearest", "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d")
def upsample_nearest(writer: Writer, input: Value, output_size: Any = None, scale_factors: Any = None) -> Value:
    return interpolate(writer, input, output_size, scale_factors)


@function("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d")
def upsample_linear(
    writer: Writer, input: Value, output_size: Any, align_corners: bool, scale_factors: Any = None
) -> Value:
    return interpolate(writer, input, output_size, scale_factors, "linear", align_corners)


@function("upsample_bicubic2d")
def upsample_bicubic(
    writer: Writer, input: Value, output_size: Any, align_corners: bool, scale_factors: Any = None
) -> Value:
    return interpolate(writer, input, output_size, scale_factors, "bicubic", align_corners)
