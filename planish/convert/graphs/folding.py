"""Operators whose inputs are all known, computed while a network is read: chains of shapes, and of weights.

What they give is as large as what they read, or is bounded: a file of a few bytes may ask for any size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.convert.graphs.batch_extent import BatchExtent
from planish.convert.graphs.foreign_graph import ForeignGraph, Operation
from planish.errors import explain, is_explained

Array = NDArray[Any]
Evaluator = Callable[..., Any]

MOST_ELEMENTS = 1 << 24
"""Of what is computed, where it is larger than what it is computed of."""


def _ints(array: Array | None) -> list[int] | None:
    return None if array is None else [int(number) for number in array.reshape(-1)]


def _axes(array: Array | None) -> tuple[int, ...] | None:
    found = _ints(array)
    return None if found is None else tuple(found)


def _constant_of_shape(settings: Mapping[str, Any], shape: Array) -> Array:
    sizes = _extents(shape)
    value = np.asarray(settings.get("value", np.float32(0))).reshape(-1)
    _check_size(sizes)
    return np.full(sizes, value[0], value.dtype)


def _extents(shape: Array) -> tuple[int, ...]:
    """A shape for a constant: what is the same for all images has one for all."""
    return tuple(1 if isinstance(extent, BatchExtent) else int(extent) for extent in shape.reshape(-1))


def _check_size(sizes: Sequence[int], source: int = 0) -> None:
    if min(sizes, default=1) < 0 or math.prod(sizes) > max(MOST_ELEMENTS, source):
        raise ValueError(
            explain(
                what="a constant would be larger than planish computes while it reads",
                expected=f"{MOST_ELEMENTS:,} elements at most",
                received=f"shape {tuple(sizes)}",
                remedy="export it again with constants of the size that the network needs",
            )
        )


def _reshape(settings: Mapping[str, Any], x: Array, shape: Array) -> Array:
    wanted = [int(size) for size in _extents(shape)]
    if not settings.get("allowzero", 0):
        wanted = [x.shape[place] if size == 0 else size for place, size in enumerate(wanted)]
    return x.reshape(wanted)


def _slice(
    settings: Mapping[str, Any], x: Array, starts: Array, ends: Array, axes: Any = None, steps: Any = None
) -> Array:
    key = [slice(None)] * x.ndim
    first, last = _ints(starts) or [], _ints(ends) or []
    by = _ints(steps) or [1] * len(first)
    for place, axis in enumerate(_ints(axes) or range(len(first))):
        end = None if by[place] < 0 and last[place] < -x.shape[axis] else last[place]
        key[axis] = slice(first[place], end, by[place])
    return x[tuple(key)]


def _squeeze(settings: Mapping[str, Any], x: Array, axes: Array | None = None) -> Array:
    return np.asarray(x.squeeze(_axes(axes)))


def _unsqueeze(settings: Mapping[str, Any], x: Array, axes: Array) -> Array:
    return np.asarray(np.expand_dims(x, _axes(axes) or ()))


def _cast(settings: Mapping[str, Any], x: Array) -> Array:
    return x if x.dtype == object else np.asarray(x.astype(str(settings.get("to", "float32"))))


def _range(settings: Mapping[str, Any], start: Array, limit: Array, delta: Array) -> Array:
    count = max(math.ceil((limit.item() - start.item()) / delta.item()), 0)
    _check_size((count,))
    return np.asarray(start.item() + np.arange(count) * delta.item(), start.dtype)


def _expand(settings: Mapping[str, Any], x: Array, shape: Array) -> Array:
    sizes = np.broadcast_shapes(x.shape, _extents(shape))
    _check_size(sizes, x.size)
    return np.broadcast_to(x, sizes)


def _tile(settings: Mapping[str, Any], x: Array, times: Array) -> Array:
    repeats = _ints(times) or []
    _check_size([size * number for size, number in zip(x.shape, repeats, strict=True)], x.size)
    return np.tile(x, repeats)


def _transpose(settings: Mapping[str, Any], x: Array) -> Array:
    return x.transpose(settings.get("perm"))


def _gather(settings: Mapping[str, Any], x: Array, indices: Array) -> Array:
    axis = int(settings.get("axis", 0))
    _check_size((*x.shape[:axis], *indices.shape, *x.shape[axis:][1:]), x.size)
    return np.asarray(x.take(indices.astype(np.int64), axis))


def _concat(settings: Mapping[str, Any], *parts: Array) -> Array:
    _check_size((sum(part.size for part in parts),), sum({id(part): part.size for part in parts}.values()))
    return np.concatenate(parts, int(settings.get("axis", 0)))


def _flatten(settings: Mapping[str, Any], x: Array) -> Array:
    axis = int(settings.get("axis", 1)) % (x.ndim + 1)
    return x.reshape(math.prod(x.shape[:axis]), -1)


def _size(settings: Mapping[str, Any], x: Array) -> Array:
    return np.array(x.size, np.int64)


def _divide(a: Array, b: Array) -> Array:
    """Of whole numbers without what follows the point."""
    if a.dtype == object:
        return np.asarray(a // b)
    if a.dtype.kind in "iu":
        return np.asarray(np.trunc(a / b).astype(a.dtype))
    return np.asarray(a / b)


def _binary(function: Callable[[Array, Array], Any]) -> Evaluator:
    def evaluate(settings: Mapping[str, Any], a: Array, b: Array) -> Any:
        _check_size(np.broadcast_shapes(a.shape, b.shape), a.size + b.size)
        return function(a, b)

    return evaluate


def _unary(function: Callable[[Array], Any]) -> Evaluator:
    return lambda settings, x: function(x)


def _reduction(function: Any) -> Evaluator:
    def evaluate(settings: Mapping[str, Any], x: Array, axes: Array | None = None) -> Any:
        return function(x, axis=_axes(axes), keepdims=bool(settings.get("keepdims", 1)))

    return evaluate


def _split(settings: Mapping[str, Any], x: Array, split: Array | None = None) -> list[Array]:
    axis = int(settings.get("axis", 0))
    sizes = _axes(split) or equal_parts(x.shape[axis], int(settings["num_outputs"]))
    return list(np.split(x, np.cumsum(sizes)[:-1], axis))


def equal_parts(extent: int, count: int) -> tuple[int, ...]:
    """As equal as can be; the last is smaller."""
    size = -(-extent // max(count, 1))
    return (*[size] * (count - 1), extent - size * (count - 1))


EVALUATORS: dict[str, Evaluator] = {
    "Identity": lambda settings, x: x,
    "Dropout": lambda settings, x, *rest: x,
    "Cast": _cast, "Shape": lambda settings, x: np.array(x.shape, np.int64), "Size": _size,
    "ConstantOfShape": _constant_of_shape, "Range": _range, "Expand": _expand, "Tile": _tile,
    "Reshape": _reshape, "Flatten": _flatten, "Squeeze": _squeeze, "Unsqueeze": _unsqueeze, "Transpose": _transpose,
    "Slice": _slice, "Gather": _gather, "Concat": _concat, "Split": _split,
    "Add": _binary(np.add), "Sub": _binary(np.subtract), "Mul": _binary(np.multiply), "Div": _binary(_divide),
    "Pow": _binary(np.power), "Mod": _binary(np.mod), "Max": _binary(np.maximum), "Min": _binary(np.minimum),
    "Equal": _binary(np.equal), "Greater": _binary(np.greater), "Less": _binary(np.less),
    "GreaterOrEqual": _binary(np.greater_equal), "LessOrEqual": _binary(np.less_equal),
    "And": _binary(np.logical_and), "Or": _binary(np.logical_or), "Not": _unary(np.logical_not),
    "Where": lambda settings, condition, a, b: np.where(condition, a, b),
    "Neg": _unary(np.negative), "Abs": _unary(np.abs), "Sqrt": _unary(np.sqrt), "Exp": _unary(np.exp),
    "Log": _unary(np.log), "Floor": _unary(np.floor), "Ceil": _unary(np.ceil), "Reciprocal": _unary(np.reciprocal),
    "ReduceProd": _reduction(np.prod), "ReduceSum": _reduction(np.sum), "ReduceMax": _reduction(np.max),
    "ReduceMin": _reduction(np.min), "ReduceMean": _reduction(np.mean),
}  # fmt: skip


def evaluated(operation: Operation, inputs: Sequence[Array | None]) -> list[Array] | None:
    """What an operator gives for arrays; None if planish does not compute it while it reads. ValueError if it fails."""
    evaluate = EVALUATORS.get(operation.kind)
    if evaluate is None:
        return None
    settings = dict(operation.settings)
    if operation.kind == "Split" and "num_outputs" not in settings:
        settings["num_outputs"] = len(operation.outputs)
    try:
        with np.errstate(all="ignore"):
            found = evaluate(settings, *inputs)
    except Exception as error:
        if is_explained(error):
            raise
        raise ValueError(
            explain(
                what="this part of the network cannot be computed",
                layer=f"{operation.called or operation.kind} '{operation.name or operation.outputs[0]}'",
                received=f"{str(error) or type(error).__name__}",
                remedy="onnx.checker.check_model(path, full_check=True) says what is wrong with the file",
            )
        ) from error
    results = found if isinstance(found, list) else [found]
    return [np.asarray(each) for each in results]


def _is_view(array: Array, sources: Sequence[Array | None]) -> bool:
    return any(source is not None and np.may_share_memory(array, source) for source in sources)


def folded(graph: ForeignGraph) -> ForeignGraph:
    """The graph without the operators that only read constants."""
    constants = dict(graph.constants)
    room = MOST_ELEMENTS + 2 * sum(array.size for array in constants.values())
    kept = []
    for operation in graph.operations:
        known = [None if name is None else constants.get(name) for name in operation.inputs]
        whole = all(array is not None or name is None for array, name in zip(known, operation.inputs, strict=True))
        found = evaluated(operation, known) if whole and known else None
        if found is None:
            kept.append(operation)
        else:
            room -= sum(array.size for array in found if not _is_view(array, known))
            if room < 0:  # each is within bounds, but not all of them together
                raise ValueError(
                    explain(
                        what="the constants of the network would be far larger than those in the file",
                        expected=f"{MOST_ELEMENTS:,} elements, and twice as many as there are, at most",
                        received=f"more at {operation.called or operation.kind} '{operation.name}'",
                        remedy="export it again with the weights themselves, as torch.onnx.export writes them",
                    )
                )
            constants.update(zip(operation.outputs, found, strict=False))
    return replace(graph, operations=tuple(kept), constants=constants)
