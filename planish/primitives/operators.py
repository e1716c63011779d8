"""What operators make of nodes, and NumPy's functions of elements.

Axes are counted with the batch axis, as in the arrays that nodes stand for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from planish.errors import explain
from planish.graph import operators
from planish.graph.node import Node, current_layers
from planish.primitives import binary, logic, unary
from planish.primitives.broadcasting import Operand, as_node
from planish.primitives.concatenate import slice_axis
from planish.primitives.dense import dense
from planish.primitives.reshape import reshape
from planish.primitives.select import select


def _floor_divide(a: Operand, b: Operand) -> Node:
    return unary.floor(binary.divide(a, b))


def _matmul(a: Any, b: Any) -> Node:
    x, kernel = as_node(a), as_node(b)
    if len(kernel.shape) != 2 or kernel.batched:
        raise _mistake(
            "@ multiplies values of an image with a matrix of weights",
            expected="a weight of two axes on the right",
            received=f"{x.type} @ {kernel.type}",
            remedy="ops.reduce_sum(a * b, axes) sums products of other values",
        )
    return dense(x, kernel)


def _index(x: Node, key: Any) -> Node:
    """Slices and single positions along the axes of an image; the batch axis is taken whole."""
    keys = _spelt_out(x, key if isinstance(key, tuple) else (key,))
    if x.batched:
        if keys[0] != slice(None):
            raise _mistake(
                "a value is computed for every image: a single image cannot be picked",
                expected="a colon for the batch axis",
                received=f"[{_told(key)}]",
                remedy="x[:, 0] for the first number of each image",
            )
        keys = keys[1:]
    single = []
    for axis, place in enumerate(keys):
        start, stop = _range(place, x.shape[axis], key)
        single.append(not isinstance(place, slice))
        x = x if (start, stop) == (0, x.shape[axis]) else slice_axis(x, axis, start, stop)
    kept = [extent for extent, gone in zip(x.shape, single, strict=True) if not gone]
    return reshape(x, kept) if any(single) else x


def _spelt_out(x: Node, keys: tuple[Any, ...]) -> list[Any]:
    """An index for every axis, the batch axis included."""
    rank = len(x.shape) + x.batched
    ellipses = [place for place, key in enumerate(keys) if key is Ellipsis]
    cut = ellipses[0] if ellipses else len(keys)
    before, after = keys[:cut], keys[cut + 1 :]
    missing = rank - len(before) - len(after)
    if len(ellipses) > 1 or missing < 0:
        raise _mistake(
            "an index with more entries than there are axes", expected=f"{rank} at most", received=_told(keys)
        )
    return [*before, *[slice(None)] * missing, *after]


def _range(place: Any, extent: int, key: Any) -> tuple[int, int]:
    if isinstance(place, slice) and place.step in (None, 1):
        start, stop, _ = place.indices(extent)
        if start < stop:
            return start, stop
    elif isinstance(place, int) and not isinstance(place, bool) and -extent <= place < extent:
        return place % extent, place % extent + 1
    raise _mistake(
        "this index cannot be compiled",
        expected=f"numbers from {-extent} to {extent - 1}, or slices that have no step and are not empty",
        received=f"[{_told(key)}]",
    )


def _told(key: Any) -> str:
    places = key if isinstance(key, tuple) else (key,)
    return ", ".join("..." if place is Ellipsis else _told_place(place) for place in places)


def _told_place(place: Any) -> str:
    if not isinstance(place, slice):
        return repr(place)
    ends = ("" if end is None else str(end) for end in (place.start, place.stop))
    return ":".join(ends) + ("" if place.step is None else f":{place.step}")


def _truth(x: Node) -> NoReturn:
    raise TypeError(
        explain(
            what="a value that is computed later is neither true nor false",
            layer=", ".join(current_layers()) or None,
            rule="`if`, `and`, `or` and `not` are decided once, when the function is traced",
            remedy="ops.select(condition, a, b) chooses for every element; & and | join conditions",
        )
    )


def _no_attribute(x: Node, name: str) -> NoReturn:
    if name.startswith("_"):
        raise AttributeError(name)
    raise AttributeError(
        explain(
            what=f"a value that is computed later has no `{name}`",
            expected="operators such as + and **, indices such as [:, 0], and planish.ops",
            remedy="ops.reduce_mean(x, axes), ops.reduce_sum(x, axes), ops.reshape(x, shape)",
        )
    )


def _no_items(x: Node) -> NoReturn:
    raise TypeError(explain(what="a value that is computed later cannot be iterated over", remedy="x[:, 0], x[:, 1]"))


def _no_array(*arguments: Any) -> NoReturn:
    name = getattr(arguments[1], "__name__", "") if len(arguments) > 1 else ""
    raise TypeError(
        explain(
            what=f"NumPy's {name or 'arrays'} cannot take a value that is computed later",
            expected="operators, planish.ops, and NumPy's functions of single elements such as np.abs and np.exp",
            remedy="ops.reduce_mean(x, axes), ops.reduce_sum(x, axes) for means and sums",
        )
    )


def _numpy(x: Node, ufunc: Any, method: str, *operands: Any, **settings: Any) -> Node:
    """NumPy's function of single elements, where there is an operation that means the same."""
    function = _OF_NUMPY.get(ufunc.__name__)
    if function is None or method != "__call__" or settings:
        _no_array(x, ufunc)
    return function(*operands)


def _mistake(what: str, **parts: Any) -> ValueError:
    return ValueError(explain(what=what, layer=", ".join(current_layers()) or None, **parts))


_BINARY: dict[str, Callable[..., Node]] = {
    "add": binary.add,
    "subtract": binary.subtract,
    "multiply": binary.multiply,
    "divide": binary.divide,
    "power": binary.power,
    "greater": binary.greater,
    "greater_equal": binary.greater_equal,
    "remainder": binary.remainder,
    "floor_divide": _floor_divide,
    "matmul": _matmul,
}
_UNARY = (
    "negative",
    "absolute",
    "sign",
    "square",
    "sqrt",
    "reciprocal",
    "exp",
    "expm1",
    "log",
    "log1p",
    "tanh",
    "floor",
    "rint",
    "log2",
    "log10",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "arcsinh",
    "arccosh",
    "arctanh",
)
_BINARY_OF_NUMPY = ("maximum", "minimum", "equal", "arctan2", "hypot", "logaddexp")
_LOGIC = (
    "less", "less_equal", "not_equal", "logical_and", "logical_or", "logical_xor", "logical_not", "isnan", "isinf",
    "isfinite", "ceil", "trunc",
)  # fmt: skip
_OF_NUMPY: dict[str, Callable[..., Node]] = {
    **_BINARY,
    **{name: getattr(unary, name) for name in _UNARY},
    **{name: getattr(binary, name) for name in _BINARY_OF_NUMPY},
    **{name: getattr(logic, name) for name in _LOGIC},
}

operators.provide(
    {
        **_BINARY,
        "negative": unary.negative,
        "itself": lambda x: x,
        "absolute": unary.absolute,
        "both": lambda a, b: select(a, b, 0.0),
        "either": lambda a, b: select(a, a, b),
        "opposite": logic.logical_not,
        "index": _index,
        "items": _no_items,
        "truth": _truth,
        "numpy": _numpy,
        "array": _no_array,
        "attribute": _no_attribute,
    }
)
