"""Convolutions besides Conv2D for the random models of `models.py`: of single channels, separable, transposed, and
those of sequences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chains import Builder


def convolve(builder: Builder) -> None:
    """One of them. TensorFlow computes depthwise ones with equal strides only, and no dilated transposed ones."""
    kind = builder.pick(["DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose", "sequence"])
    if kind == "Conv2DTranspose":
        _transposed(builder)
    elif kind != "sequence":
        _by_channel(builder, kind)
    elif builder.first:
        builder.conv()
    else:
        _sequence(builder)


def _by_channel(builder: Builder, kind: str) -> None:
    rows, columns, channels = builder.shape
    size = [builder.number(1, min(5, rows)), builder.number(1, min(5, columns))]
    stride, dilation = builder.number(1, 3) if builder.chance(0.4) else 1, [1, 1]
    if stride == 1 and builder.chance(0.4):
        dilation = [builder.number(1, 3), builder.number(1, 3)]
    padding = _padding(builder, size, dilation)
    multiplier = builder.number(2, 3) if builder.chance(0.3) else 1
    depthwise = {"kernel_size": size, "strides": [stride, stride], "padding": padding, "dilation_rate": dilation}
    filters = _named(builder, kind, depthwise | {"depth_multiplier": multiplier}, channels * multiplier)
    builder.shape = (*builder.windows(size, [stride, stride], padding, dilation), filters)


def _padding(builder: Builder, size: list[int], dilation: list[int]) -> str:
    wide = any((s - 1) * d + 1 > n for s, d, n in zip(size, dilation, builder.shape, strict=False))
    return "same" if wide else builder.pick(["valid", "same"])


def _named(builder: Builder, kind: str, given: dict[str, Any], channels: int) -> int:
    """Adds the layer with filters and an activation; how many channels it gives."""
    if not kind.startswith("Depthwise"):
        given["filters"] = channels = builder.number(1, 9)
    use_bias = builder.chance(0.8)
    builder.add(kind, **given, activation=builder.activation(), use_bias=use_bias, format=True)
    builder.mixed = False
    return channels


def _transposed(builder: Builder) -> None:
    size = [builder.number(1, 4), builder.number(1, 4)]
    strides = [builder.number(1, 3), builder.number(1, 3)]
    padding = builder.pick(["valid", "same"])
    given: dict[str, Any] = {"kernel_size": size, "strides": strides, "padding": padding}
    extents = builder.shape[:2]
    made = [_spread(*each, padding) for each in zip(extents, size, strides, strict=True)]
    if more := _output_padding(builder, size, strides, padding):
        borders = [window // 2 if padding == "same" else 0 for window in size]
        told = [
            (extent - 1) * stride + window - 2 * border + extra
            for extent, stride, window, border, extra in zip(extents, strides, size, borders, more, strict=True)
        ]
        given, made = given | {"output_padding": more}, told
    filters = _named(builder, "Conv2DTranspose", given, 0)
    builder.shape = (made[0], made[1], filters)


def _output_padding(builder: Builder, size: list[int], strides: list[int], padding: str) -> list[int]:
    """Now and then one, empty otherwise. TensorFlow computes 'same' with an even window only if it is not 0."""
    if not builder.chance(0.3):
        return []
    more = [builder.number(0, stride - 1) for stride in strides]
    if padding == "same" and not builder.first:
        more = [max(extra, 1 - window % 2) for extra, window in zip(more, size, strict=True)]
    return more if all(extra < stride for extra, stride in zip(more, strides, strict=True)) else []


def _spread(extent: int, window: int, stride: int, padding: str) -> int:
    return extent * stride + (max(window - stride, 0) if padding == "valid" else 0)


def _sequence(builder: Builder) -> None:
    """The map as one sequence, a layer or two, and a map of one column again."""
    rows, columns, channels = builder.shape
    builder.add("Reshape", target_shape=[rows * columns, channels])
    steps = rows * columns
    for _ in range(builder.number(1, 2)):
        kind = builder.pick(["Conv1D", "Conv1D", "DepthwiseConv1D", "SeparableConv1D", "Conv1DTranspose"])
        steps, channels = _along_steps(builder, kind, steps, channels)
    builder.add("Reshape", target_shape=[steps, 1, channels])
    builder.shape, builder.mixed = (steps, 1, channels), True


def _along_steps(builder: Builder, kind: str, steps: int, channels: int) -> tuple[int, int]:
    size, stride = builder.number(1, 5), builder.number(1, 3) if builder.chance(0.4) else 1
    transposed = kind == "Conv1DTranspose"
    dilation = builder.number(1, 3) if stride == 1 and not transposed else 1
    padding = builder.pick(["valid", "same", *(["causal"] if kind == "Conv1D" else [])])
    given: dict[str, Any] = {"kernel_size": size, "strides": stride, "padding": padding, "dilation_rate": dilation}
    if kind in ("DepthwiseConv1D", "SeparableConv1D") and builder.chance(0.3):
        given["depth_multiplier"] = 2
    filters = _named(builder, kind, given, channels * given.get("depth_multiplier", 1))
    if transposed:
        return _spread(steps, size, stride, padding), filters
    if padding == "valid":
        return (steps - (size - 1) * dilation - 1) // stride + 1, filters
    return math.ceil(steps / stride), filters
