"""Means, sums and maxima along axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from planish.convert.torch_reading.calls import function
from planish.convert.torch_reading.values import Value
from planish.convert.torch_reading.writing import Writer


def _axes(writer: Writer, input: Value, dim: Any) -> list[int]:
    """The axes, none of which is the batch."""
    axes = None if dim is None else [dim] if isinstance(dim, int) else list(dim)
    if not axes or 0 in axes or (input.rank is not None and -input.rank in axes):
        raise writer.refuse(
            "images of a batch are reduced together",
            expected="dim without 0, the batch's axis",
            received=f"dim={dim}",
            remedy=f"x.{writer.called}(dim=(1, 2, 3)), which gives a number for each image",
        )
    return axes


def _reduced(writer: Writer, kind: str, input: Value, dim: Any, keepdim: bool) -> Value:
    return writer.emit(kind, input, writer.integers(_axes(writer, input, dim)), keepdims=int(keepdim))


def _reduction(kind: str) -> Callable[..., Value]:
    def reduction(writer: Writer, input: Value, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Value:
        return _reduced(writer, kind, input, dim, keepdim)

    return reduction


for _kind, _names in {
    "ReduceMean": ("mean",),
    "ReduceSum": ("sum",),
    "ReduceMax": ("amax",),
    "ReduceMin": ("amin",),
    "ReduceProd": ("prod",),
    "ReduceLogSumExp": ("logsumexp",),
}.items():
    function(*_names)(_reduction(_kind))


class _Indices:
    """The second result of `x.max(dim)`, which no layer has: whoever uses it is refused as an unknown argument."""

    def __str__(self) -> str:
        return "indices"


def _extreme(kind: str, reduced: str) -> Callable[..., Any]:
    def extreme(writer: Writer, input: Value, dim: Any = None, keepdim: bool = False) -> Any:
        if isinstance(dim, Value):
            return writer.emit(kind, input, dim)
        return _reduced(writer, reduced, input, dim, keepdim), _Indices()

    return extreme


function("max")(_extreme("Max", "ReduceMax"))
function("min")(_extreme("Min", "ReduceMin"))


@function("norm", "linalg_vector_norm", "vector_norm")
def norm(writer: Writer, input: Value, p: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Value:
    if p not in (1, 2, "fro"):
        raise writer.unsupported("p", "1 or 2", p)
    return _reduced(writer, "ReduceL1" if p == 1 else "ReduceL2", input, dim, keepdim)


@function("var")
def var(
    writer: Writer,
    input: Value,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: int | None = None,
) -> Value:
    axes = _axes(writer, input, dim)
    less = (1 if unbiased else 0) if correction is None else correction
    offset = writer.emit("Sub", input, _reduced(writer, "ReduceMean", input, axes, True))
    mean = _reduced(writer, "ReduceMean", writer.emit("Mul", offset, offset), axes, keepdim)
    if less == 0:
        return mean
    if input.shape is None:
        raise writer.unknown_shape()
    count = math.prod(writer.numbers([input.shape[axis] for axis in axes]))
    return writer.emit("Mul", mean, writer.number(count / (count - less)))


@function("std")
def std(writer: Writer, input: Value, *arguments: Any, **options: Any) -> Value:
    return writer.emit("Sqrt", var(writer, input, *arguments, **options))
