"""What is computed of values element by element."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from planish import ops
from planish.convert.operators.of_torch import scaled
from planish.convert.operators.site import Array, Known, Made, Site, operator
from planish.convert.operators.value import Value, arranged, by_value, unmixed
from planish.layers import Add, Average, Maximum, Minimum, Multiply, Subtract

_MERGING: dict[str, Any] = {
    "Add": Add, "Sum": Add, "Mul": Multiply, "Sub": Subtract, "Max": Maximum, "Min": Minimum, "Mean": Average,
}  # fmt: skip
_OPERATIONS: dict[str, Callable[..., Any]] = {
    "Add": ops.add, "Sum": ops.add, "Sub": ops.subtract, "Mul": ops.multiply, "Div": ops.divide, "Pow": ops.power,
    "Max": ops.maximum, "Min": ops.minimum, "Mean": ops.add, "Mod": ops.mod,
    "Equal": ops.equal, "Greater": ops.greater, "Less": ops.less, "GreaterOrEqual": ops.greater_equal,
    "LessOrEqual": ops.less_equal, "And": ops.logical_and, "Or": ops.logical_or, "Xor": ops.logical_xor,
}  # fmt: skip
_OF_MANY = {"Sum", "Max", "Min", "Mean"}
_OF_ONE: dict[str, Callable[..., Any]] = {
    "Abs": ops.absolute, "Neg": ops.negative, "Sign": ops.sign, "Sqrt": ops.sqrt, "Reciprocal": ops.reciprocal,
    "Exp": ops.exp, "Log": ops.log, "Floor": ops.floor, "Ceil": ops.ceil, "Round": ops.round, "Erf": ops.erf,
    "Sin": ops.sin, "Cos": ops.cos, "Tan": ops.tan, "Asin": ops.arcsin, "Acos": ops.arccos, "Atan": ops.arctan,
    "Sinh": ops.sinh, "Cosh": ops.cosh, "Asinh": ops.arcsinh, "Acosh": ops.arccosh, "Atanh": ops.arctanh,
    "Not": ops.logical_not, "IsNaN": ops.isnan, "IsInf": ops.isinf,
}  # fmt: skip


@operator(*_OF_ONE)
def of_one(site: Site) -> Value:
    value = site.value()
    return value.like(site.named(_OF_ONE[site.operation.kind](value.tensor)))


@operator("Identity", "Dropout", "Cast", "CastLike")
def unchanged(site: Site) -> Made:
    """Numbers are computed in one type. A whole number is what is before the point."""
    found = site.inputs[0] if site.has(0) else None
    if found is None:
        raise site.mistake("it does not have an input")
    kind = site.setting("to", "float32") if site.operation.kind == "Cast" else "float32"
    if not isinstance(found, Value) or not str(kind).startswith(("int", "uint", "bool")):
        return found
    if str(kind) == "bool":
        return found.like(site.named(ops.not_equal(found.tensor, 0.0)))
    return found.like(site.named(ops.trunc(found.tensor)))


@operator(*_OPERATIONS)
def of_several(site: Site) -> Value:
    """The operands one after the other; values of the same arrangement are merged by a layer."""
    kind = site.operation.kind
    if kind == "Mul" and site.setting("trained", 0):
        found = _trained(site)
        if found is not None:
            return found
    items = [_aligned_as_told(site, item) for item in site.inputs if item is not None]
    if kind not in _OF_MANY and len(items) != 2:
        raise site.mistake("it has two inputs", received=len(items))
    values = together(site, [item for item in items if isinstance(item, Value)])
    layer = _MERGING.get(kind)
    if layer is not None and len(values) == len(items) > 1:
        return values[0].like(site.layer(layer)([value.tensor for value in values]))
    if kind == "Pow" and isinstance(items[1], np.ndarray) and items[1].size == 1 and items[1].reshape(-1)[0] == 2:
        return values[0].like(site.named(ops.square(values[0].tensor)))
    operands = _operands(site, items, values)
    found = functools.reduce(_OPERATIONS[kind], operands) if len(operands) > 1 else operands[0]
    if kind == "Mean" and len(operands) > 1:
        found = ops.multiply(found, 1 / len(operands))
    return values[0].like(site.named(found) if len(operands) > 1 else found)


def _trained(site: Site) -> Value | None:
    arrays = [item for item in site.inputs if isinstance(item, np.ndarray)]
    return scaled(site, site.values()[0], arrays[0]) if len(arrays) == len(site.values()) == 1 else None


def _aligned_as_told(site: Site, item: Known) -> Known:
    """Before version 7 a file said from which axis on a constant is broadcast."""
    axis = site.operation.settings.get("axis")
    if axis is None or not isinstance(item, np.ndarray) or not site.setting("broadcast", 0):
        return item
    rank = max(value.rank for value in site.values())
    behind = rank - int(axis) % rank - item.ndim
    if behind < 0:
        raise site.mistake("the constant has more axes than it is broadcast along", received=item.shape)
    return item.reshape(item.shape + (1,) * behind)


def _operands(site: Site, items: Sequence[Known], values: Sequence[Value]) -> list[Any]:
    tensors = iter(value.tensor for value in values)
    return [next(tensors) if isinstance(item, Value) else constant(site, item, values[0]) for item in items]


def constant(site: Site, array: Array, value: Value) -> Any:
    """A constant beside a value: a number, or an array that is arranged as the value is."""
    if array.ndim > value.rank or (array.ndim == value.rank and array.shape[0] != 1):
        raise site.mistake(
            "the constant is not the same for all images",
            expected=f"an array that is broadcast with {value.shape}",
            received=array.shape,
        )
    extents = zip(reversed(array.shape), reversed(value.shape), strict=False)
    if any(1 not in (one, other) and one != other for one, other in list(extents)[: value.rank - 1]):
        raise site.mistake("the constant does not go with the value", expected=value.shape, received=array.shape)
    found = by_value(array, value)
    if not found.ndim:
        return float(found)
    return found if found.dtype == bool else found.astype(np.float32, copy=False)


def together(site: Site, values: Sequence[Value]) -> list[Value]:
    """The values, arranged as the largest of them is."""
    if not values:
        raise site.mistake("nothing depends on the model's input")
    if len({value.rank for value in values}) > 1:
        shapes = " and ".join(str(value.shape) for value in values)
        raise site.mistake("the batch axis would meet another axis", received=shapes)
    largest = max(values, key=lambda value: math.prod(value.sizes))
    placed = [arranged(value, largest.order) for value in values]
    wide = [dict(value.mixes) for value in placed]
    if any(mixes != wide[0] for mixes in wide):
        placed = [unmixed(value) for value in placed]
    return placed


@operator("Where")
def where(site: Site) -> Value:
    items = [item for item in site.inputs if item is not None]
    if len(items) != 3:
        raise site.mistake("it has three inputs", received=len(items))
    values = together(site, [item for item in items if isinstance(item, Value)])
    return values[0].like(site.named(ops.where(*_operands(site, items, values))))
