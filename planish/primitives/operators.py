"""What operators make of nodes, and NumPy's functions of elements.

Axes are counted with the batch axis, as in the arrays that nodes stand for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from planish.errors import explain, no_tensorflow
from planish.graph import operators
from planish.graph.node import Node, current_layers
from planish.primitives import binary, logic, unary
from planish.primitives.broadcasting import Operand, aligned_as_numpy, as_node
from planish.primitives.dense import dense
from planish.primitives.matmul import matmul
from planish.primitives.mistake import mistake, too_small
from planish.primitives.reshape import reshape
from planish.primitives.select import select
from planish.primitives.slice_axis import slice_axis
from planish.primitives.slice_strided import slice_strided
from planish.primitives.table import table
from planish.primitives.take import take


def _floor_divide(a: Operand, b: Operand) -> Node:
    return unary.floor(binary.divide(a, b))


def _matmul(a: Any, b: Any) -> Node:
    x, y = as_node(a), as_node(b)
    if len(y.shape) == 2 and not y.batched:
        return dense(x, y)
    if not _are_matrices(x, y):
        raise mistake(
            "@ multiplies values of an image with a matrix of weights, or matrices of an image",
            expected="two axes or more of an image on both sides; as many on both, if both have a batch axis",
            received=f"{x.type} @ {y.type}",
            remedy="ops.sum(a * b, axis=-1) sums products of other values",
        )
    return matmul(x, y)


def _are_matrices(x: Node, y: Node) -> bool:
    """Whether both have matrices, and the batch axis is in front of all others, where NumPy sees it."""
    ranks = [len(operand.shape) for operand in (x, y)]
    batched = [len(operand.shape) for operand in (x, y) if operand.batched]
    return min(ranks) >= 2 and all(rank == max(ranks) for rank in batched)


def _index(x: Node, key: Any) -> Node:
    """Slices, positions, a list of them, and new axes among the axes of an image; the batch axis is taken whole."""
    keys = _spelt_out(x, key if isinstance(key, tuple) else (key,))
    lists = [place for place, each in enumerate(keys) if isinstance(each, list | np.ndarray)]
    if lists:
        return _indexed_by_list(x, keys, lists, key)
    if x.batched:
        if not keys or not _takes_all(keys[0]):
            raise mistake(
                "a value is computed for every image: a single image cannot be picked",
                expected="a colon for the batch axis",
                received=f"[{_told(key)}]",
                remedy="x[:, 0] for the first number of each image",
            )
        keys = keys[1:]
    places = [place for place in keys if place is not None]
    ranges = [_range(place, extent, key) for place, extent in zip(places, x.shape, strict=True)]
    x = _picked(x, ranges)
    extents = iter(x.shape)
    kept = [1 if place is None else next(extents) for place in keys]
    shape = [extent for extent, place in zip(kept, keys, strict=True) if place is None or isinstance(place, slice)]
    return x if tuple(shape) == x.shape else reshape(x, shape)


def _indexed_by_list(x: Node, keys: list[Any], lists: list[int], key: Any) -> Node:
    """NumPy's meaning of a single list; it moves axes about where there are several, or numbers beside it."""
    numbers = np.asarray(keys[lists[0]])
    others = [*keys[: lists[0]], slice(None), *keys[lists[0] + 1 :]]
    axis = lists[0] - x.batched
    simple = len(lists) == 1 and all(place is None or isinstance(place, slice) for place in others)
    if not simple or axis < 0 or numbers.dtype.kind != "i" or numbers.size == 0:
        raise mistake(
            "this index cannot be compiled",
            expected="one list of whole numbers at most, with slices and new axes beside it",
            received=f"[{_told(key)}]",
            remedy="ops.take(x, indices, axis), one axis after another",
        )
    y = _index(x, tuple(others))
    if not (-y.shape[axis] <= numbers.min() and numbers.max() < y.shape[axis]):
        raise too_small(
            "there are no such positions",
            expected=f"{-y.shape[axis]} to {y.shape[axis] - 1}",
            received=numbers.tolist(),
        )
    return take(y, table(numbers), axis)


def _takes_all(place: Any) -> bool:
    return isinstance(place, slice) and place.start in (None, 0) and place.stop is None and place.step in (None, 1)


def _picked(x: Node, ranges: list[range]) -> Node:
    """The positions of each axis: one part after another where they are neighbours, else all axes at once."""
    if all(places.step == 1 for places in ranges):
        for axis, places in enumerate(ranges):
            x = x if len(places) == x.shape[axis] else slice_axis(x, axis, places.start, places.stop)
        return x
    return slice_strided(x, [r.start for r in ranges], [len(r) for r in ranges], [r.step for r in ranges])


def _spelt_out(x: Node, keys: tuple[Any, ...]) -> list[Any]:
    """An index for every axis, the batch axis included, and None for every new one."""
    rank = len(x.shape) + x.batched
    ellipses = [place for place, key in enumerate(keys) if key is Ellipsis]
    cut = ellipses[0] if ellipses else len(keys)
    before, after = keys[:cut], keys[cut + 1 :]
    missing = rank - sum(key is not None for key in (*before, *after))
    if len(ellipses) > 1 or missing < 0:
        raise mistake(
            "an index with more entries than there are axes", expected=f"{rank} at most", received=_told(keys)
        )
    return [*before, *[slice(None)] * missing, *after]


def _range(place: Any, extent: int, key: Any) -> range:
    """The positions that an index means, one or more."""
    if isinstance(place, slice) and place.step != 0:
        found = range(extent)[place]
        if found:
            return found
    elif isinstance(place, int | np.integer) and not isinstance(place, bool) and -extent <= place < extent:
        return range(int(place) % extent, int(place) % extent + 1)
    make = too_small if _fits_larger(place) else mistake
    raise make(
        "this index cannot be compiled",
        expected=f"numbers from {-extent} to {extent - 1}, or slices that are not empty",
        received=f"[{_told(key)}]",
        remedy="ops.take(x, indices, axis), if the positions are in an array",
    )


def _fits_larger(place: Any) -> bool:
    """Whether a longer axis has such a position."""
    if isinstance(place, slice):
        return bool(place.step != 0)
    return isinstance(place, int | np.integer) and not isinstance(place, bool)


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
            remedy="ops.where(condition, a, b) chooses for every element; & and | join conditions",
        )
    )


def _number(x: Node) -> NoReturn:
    raise TypeError(
        explain(
            what="a value that is computed later is not a number yet",
            layer=", ".join(current_layers()) or None,
            rule="a function is traced once, before there is any data",
            remedy="x.shape has sizes; arithmetic and planish.ops work on the value itself",
        )
    )


def _no_attribute(x: Node, name: str) -> NoReturn:
    if name.startswith("_"):
        raise AttributeError(name)
    raise AttributeError(
        explain(
            what=f"a value that is computed later has no `{name}`",
            expected="operators such as + and **, indices such as [:, 0], and planish.ops",
            remedy="ops.mean(x, axis=-1), ops.sum(x, axis=-1), ops.reshape(x, shape)",
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
            remedy="ops.mean(x, axis=-1), ops.sum(x, axis=-1) for means and sums",
        )
    )


def _no_tensor(*arguments: Any) -> NoReturn:
    raise TypeError(no_tensorflow("a value that is computed later"))


def _numpy(x: Node, ufunc: Any, method: str, *operands: Any, **settings: Any) -> Node:
    """NumPy's function of single elements, where there is an operation that means the same."""
    function = _OF_NUMPY.get(ufunc.__name__)
    if function is None or method != "__call__" or settings:
        _no_array(x, ufunc)
    return function(*operands)


def _as_numpy(function: Callable[..., Node]) -> Callable[..., Node]:
    """The function of operands whose shapes go together as those of arrays do, the batch axis included."""
    return lambda *operands: function(*aligned_as_numpy(operands))


_BINARY: dict[str, Callable[..., Node]] = {
    "add": _as_numpy(binary.add),
    "subtract": _as_numpy(binary.subtract),
    "multiply": _as_numpy(binary.multiply),
    "divide": _as_numpy(binary.divide),
    "power": _as_numpy(binary.power),
    "greater": _as_numpy(binary.greater),
    "greater_equal": _as_numpy(binary.greater_equal),
    "remainder": _as_numpy(binary.remainder),
    "floor_divide": _as_numpy(_floor_divide),
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
    **{name: _as_numpy(getattr(binary, name)) for name in _BINARY_OF_NUMPY},
    **{name: _as_numpy(getattr(logic, name)) for name in _LOGIC},
}

operators.provide(
    {
        **_BINARY,
        "negative": unary.negative,
        "itself": lambda x: x,
        "absolute": unary.absolute,
        "both": _as_numpy(lambda a, b: select(a, b, 0.0)),
        "either": _as_numpy(lambda a, b: select(a, a, b)),
        "opposite": logic.logical_not,
        "index": _index,
        "items": _no_items,
        "truth": _truth,
        "number": _number,
        "numpy": _numpy,
        "array": _no_array,
        "tensorflow": _no_tensor,
        "attribute": _no_attribute,
    }
)
