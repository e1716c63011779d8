"""Arrays from nothing, from lists and from other values; their element types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planish import primitives
from planish.graph.node import NUMBERS, Node
from planish.ops import nodes
from planish.ops.dtypes import Array, as_array, dtype_named, float_type, kind_of, result_type
from planish.ops.operation import CORE, NUMPY, Operand, Value, operation
from planish.primitives.broadcasting import zeros_like as _zeros_of_node
from planish.symbolic import SymbolicTensor
from planish.tensor import Tensor
from planish.variable import Variable

Extents = int | Sequence[int]


def _made(array: Array) -> Any:
    return np.asarray(array).view(Tensor)


def convert_to_tensor(x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None) -> Any:
    """An array of the numbers in `x` (a list, an array, a variable), of type `dtype` if one is given.

    Nodes and symbolic tensors stay what they are. ValueError for `sparse` or `ragged`, which planish does not have.
    """
    if sparse or ragged:
        raise nodes.mistake("ops.convert_to_tensor: planish has no sparse or ragged arrays", remedy="leave it out")
    if isinstance(x, Node | SymbolicTensor):
        return x if dtype is None else cast(x, dtype)
    array = as_array(x)
    return _made(np.array(array, None if dtype is None else dtype_named(dtype)))


def convert_to_numpy(x: Any) -> Any:
    """A plain NumPy array, which is a copy. TypeError for a value that is computed later."""
    if isinstance(x, Node):
        raise nodes.mistake("ops.convert_to_numpy: a value that is computed later has no numbers yet")
    return np.array(as_array(x))


@operation(NUMPY)
def array(x: Value, dtype: Any = None) -> Any:
    """An array of the numbers in `x`, of type `dtype` if one is given."""
    return convert_to_tensor(x, dtype)


def is_tensor(x: Any) -> bool:
    """Whether `x` is a result of planish: an array with `.numpy()`, a node or a symbolic tensor."""
    return isinstance(x, Tensor | Node | SymbolicTensor) or (isinstance(x, np.generic) and hasattr(x, "numpy"))


def dtype(x: Any) -> str:
    """The name of the element type."""
    found = x.dtype if isinstance(x, Node | SymbolicTensor | Variable) else as_array(x).dtype
    return str(found)


def _cast_of_nodes(x: Any, dtype: Any) -> Any:
    type_ = dtype_named(dtype)
    value = nodes.node_of(x)
    if type_.kind == "b":
        return primitives.truth(value)
    return primitives.trunc(value) if type_.kind in "iu" and value.type.dtype in NUMBERS else value


@operation(CORE, nodes=_cast_of_nodes)
def cast(x: Value, dtype: Any) -> Any:
    """x in another element type. A node stays float32: for an integer type it loses what follows the point."""
    return x.astype(dtype_named(dtype))


@operation(CORE, nodes=_cast_of_nodes)
def saturate_cast(x: Value, dtype: Any) -> Any:
    """x in another element type; what is too large or too small for it becomes its largest or smallest number."""
    type_ = dtype_named(dtype)
    if type_.kind in "iu":
        bounds = np.iinfo(type_)
        return np.clip(x, bounds.min, bounds.max).astype(type_)
    return x.astype(type_)


@operation(CORE, nodes=lambda variable: primitives.stop_gradient(nodes.node_of(variable)))
def stop_gradient(variable: Value) -> Any:
    """The value, as if it did not depend on anything: no gradient flows through it."""
    return variable


@operation(NUMPY, nodes=lambda x: x)
def copy(x: Value) -> Any:
    """The same numbers in memory of their own."""
    return x.copy()


def zeros(shape: Extents, dtype: Any = None) -> Any:
    """Zeros; float32, if no other type is given."""
    return _made(np.zeros(_extents(shape), dtype_named(dtype)))


def ones(shape: Extents, dtype: Any = None) -> Any:
    """Ones; float32, if no other type is given."""
    return _made(np.ones(_extents(shape), dtype_named(dtype)))


def empty(shape: Extents, dtype: Any = None) -> Any:
    """An array whose numbers do not matter: zeros, as in Keras."""
    return zeros(shape, dtype)


def _extents(shape: Extents) -> tuple[int, ...]:
    extents = (shape,) if isinstance(shape, int) else tuple(shape)
    if any(extent is None or isinstance(extent, Node) for extent in extents):
        raise nodes.mistake(
            "the number of images is not known when an array is made",
            remedy="ops.zeros_like(x), ops.ones_like(x), ops.full_like(x, 0.5)",
        )
    return tuple(int(extent) for extent in extents)


def _full_of_nodes(x: Any, fill_value: Any, dtype: Any = None) -> Node:
    zero, value = nodes.together(_zeros_of_node(nodes.node_of(x)), fill_value)
    return primitives.add(zero, value)


@operation(NUMPY, nodes=lambda x, dtype=None: _zeros_of_node(nodes.node_of(x)))
def zeros_like(x: Value, dtype: Any = None) -> Any:
    """Zeros of the shape of x, and of its type, if no other is given."""
    return np.zeros_like(x, dtype_named(dtype) if dtype else x.dtype)


@operation(NUMPY, nodes=lambda x, dtype=None: _full_of_nodes(x, 1.0))
def ones_like(x: Value, dtype: Any = None) -> Any:
    """Ones of the shape of x, and of its type, if no other is given."""
    return np.ones_like(x, dtype_named(dtype) if dtype else x.dtype)


@operation(NUMPY, nodes=lambda x, dtype=None: _zeros_of_node(nodes.node_of(x)))
def empty_like(x: Value, dtype: Any = None) -> Any:
    """An array of the shape of x, whose numbers do not matter: zeros."""
    return np.zeros_like(x, dtype_named(dtype) if dtype else x.dtype)


@operation(NUMPY, nodes=_full_of_nodes)
def full_like(x: Value, fill_value: Operand, dtype: Any = None) -> Any:
    """`fill_value` in the shape of x, and of its type, if no other is given."""
    return np.full_like(x, fill_value, dtype_named(dtype) if dtype else x.dtype)


@operation(NUMPY, eager="the shape of an array is given when it is made: ops.full_like(x, value)")
def full(shape: Extents, fill_value: Operand, dtype: Any = None) -> Any:
    """`fill_value` in a shape; float32, if no other type is given."""
    return np.full(_extents(shape), fill_value, dtype_named(dtype))


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:  # noqa: N803
    """A matrix of N rows and M columns (N, if not given) with ones on its diagonal `k`."""
    return _made(np.eye(N, M, k, dtype_named(dtype)))


def identity(n: int, dtype: Any = None) -> Any:
    """A matrix of `n` rows with ones on its diagonal."""
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:  # noqa: N803
    """A matrix of N rows and M columns (N, if not given) with ones on its diagonal `k` and below."""
    return _made(np.tri(N, M, k, dtype_named(dtype)))


_BOUNDS = "its bounds are numbers, which are given when it is made"


@operation(NUMPY, eager=_BOUNDS)
def arange(start: Operand, stop: Operand | None = None, step: Operand | None = None, dtype: Any = None) -> Any:
    """Numbers from `start` (0, if only one bound is given) to `stop`, which is left out, in steps of `step`."""
    given = [value for value in (start, stop, step) if value is not None]
    type_ = result_type(*(kind_of(value) for value in given)) if dtype is None else dtype_named(dtype)
    first, last = (0, start) if stop is None else (start, stop)
    numbers: Array = np.arange(first, last, 1 if step is None else step)
    return numbers.astype(type_)


@operation(NUMPY, eager=_BOUNDS)
def linspace(
    start: Operand,
    stop: Operand,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """`num` numbers from `start` to `stop` at equal distances; with `retstep`, also the distance."""
    type_ = float_type(kind_of(start), kind_of(stop)) if dtype is None else dtype_named(dtype)
    numbers, step = np.linspace(start, stop, num, endpoint, retstep=True, axis=axis)
    made = numbers.astype(type_)
    return (made, np.asarray(step, type_)) if retstep else made


@operation(NUMPY, eager=_BOUNDS)
def logspace(
    start: Operand,
    stop: Operand,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """`num` numbers from base ** start to base ** stop with equal quotients."""
    type_ = float_type(kind_of(start), kind_of(stop)) if dtype is None else dtype_named(dtype)
    return np.logspace(start, stop, num, endpoint, base, axis=axis).astype(type_)
