"""Convolutions and products with weights."""

from __future__ import annotations

from typing import Any

from planish.convert.torch_reading.calls import Many, function, repeated
from planish.convert.torch_reading.values import Value
from planish.convert.torch_reading.writing import Writer

Sides = tuple[int, ...]


def _kernel(writer: Writer, weight: Value) -> tuple[int, ...]:
    if weight.shape is None or weight.array is None:
        raise writer.refuse("the kernel is computed by the module", expected="a parameter of the module")
    return tuple(weight.array.shape[2:])


def _same(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> Sides:
    """'same' adds dilation * (size - 1) pixels, an odd one at the end."""
    totals = [step * (size - 1) for size, step in zip(kernel, dilation, strict=True)]
    return (*(total // 2 for total in totals), *(total - total // 2 for total in totals))


@function("conv1d", "conv2d", "conv3d", "convolution")
def conv(
    writer: Writer,
    input: Value,
    weight: Value,
    bias: Value | None = None,
    stride: Many = 1,
    padding: Any = 0,
    dilation: Many = 1,
    groups: int = 1,
    kernel_size: tuple[int, ...] | None = None,
    filters: int | None = None,
) -> Value:
    """`kernel_size` and `filters` are those of lazy modules, whose kernels have no shape yet."""
    kernel = kernel_size or _kernel(writer, weight)
    rank = len(kernel)
    steps = repeated(dilation, rank)
    sides = 0 if padding == "valid" else padding
    return writer.emit(
        "Conv",
        input,
        weight,
        bias,
        kernel_shape=kernel,
        strides=repeated(stride, rank),
        pads=_same(kernel, steps) if padding == "same" else repeated(sides, rank) * 2,
        dilations=steps,
        group=groups,
        filters=filters,
    )


@function("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def conv_transpose(
    writer: Writer,
    input: Value,
    weight: Value,
    bias: Value | None = None,
    stride: Many = 1,
    padding: Many = 0,
    output_padding: Many = 0,
    groups: int = 1,
    dilation: Many = 1,
) -> Value:
    kernel = _kernel(writer, weight)
    rank = len(kernel)
    return writer.emit(
        "ConvTranspose",
        input,
        weight,
        bias,
        kernel_shape=kernel,
        strides=repeated(stride, rank),
        pads=repeated(padding, rank) * 2,
        output_padding=repeated(output_padding, rank),
        dilations=repeated(dilation, rank),
        group=groups,
    )


@function("linear")
def linear(writer: Writer, input: Value, weight: Value, bias: Value | None = None, units: int | None = None) -> Value:
    """On the last axis: ONNX's Gemm takes matrices only. `units` are those of lazy modules."""
    if input.rank in (None, 2):
        return writer.emit("Gemm", input, weight, bias, transB=1, units=units)
    if weight.array is None:
        turned = writer.emit("Transpose", weight, perm=(1, 0))
    else:
        turned = writer.constant(weight.array.T, f"{weight.name}.T")
    product = writer.emit("MatMul", input, turned)
    return product if bias is None else writer.emit("Add", product, bias)


@function("matmul", "bmm", "mm")
def matmul(writer: Writer, input: Value, other: Value) -> Value:
    return writer.emit("MatMul", input, other)


@function("addmm")
def addmm(writer: Writer, input: Value, mat1: Value, mat2: Value, *, beta: float = 1, alpha: float = 1) -> Value:
    return writer.emit("Gemm", mat1, mat2, input, alpha=float(alpha), beta=float(beta))
