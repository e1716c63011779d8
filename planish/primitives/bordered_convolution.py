"""Convolutions of maps that have their border already, which those that kernels compute are made of."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.primitives.conv2d import Conv2DSettings
from planish.primitives.registry import Array, Environment, op_named
from planish.primitives.windows import NO_PADDING, Padding, Pair


def without_padding(strides: Pair, dilation: Pair, groups: int) -> Conv2DSettings:
    return Conv2DSettings(strides=strides, padding=NO_PADDING, dilation=dilation, groups=groups)


def with_border(border: Padding, dilation: Pair) -> Conv2DSettings:
    """One group, no strides."""
    return Conv2DSettings(strides=(1, 1), padding=border, dilation=dilation, groups=1)


def map_extents(x: TensorType, kernel_shape: Sequence[int], settings: Conv2DSettings) -> tuple[int, int, int]:
    """Rows, columns and channels of the convolution."""
    kernel_type = TensorType(tuple(kernel_shape), batched=False)
    rows, columns, filters = op_named("conv2d").infer([x, kernel_type], settings).shape
    return rows, columns, filters


def convolved(x: Array, kernel: Array, source: Node, environment: Environment, settings: Conv2DSettings) -> Array:
    """The convolution of the array of `source` with a kernel."""
    kernel_type = TensorType(kernel.shape, batched=False)
    operands = source, Node("operand", (), kernel_type)
    map_type = op_named("conv2d").infer([source.type, kernel_type], settings)
    return op_named("conv2d").reference([x, kernel], Node("conv2d", operands, map_type, settings), environment)
