"""The few things that flattening needs from arrays, whatever library they come from.

In this order: NumPy's own; the array API standard's namespace; methods of the array's own (PyTorch, Dask); functions of
the package that it comes from (TensorFlow). An object that can only hand out its memory by DLPack is seen as a NumPy
array of the same memory; everything else, such as a list, becomes one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np


def as_array(x: Any) -> Any:
    """`x` itself if it is an array of any library, else as a NumPy array."""
    if isinstance(x, np.ndarray) or _namespace(x) is not None or _methods(x) or _package(x) is not None:
        return x
    return np.from_dlpack(x) if hasattr(x, "__dlpack__") else np.asarray(x)


def reshaped(x: Any, shape: Sequence[int]) -> Any:
    """An array of `as_array` in another shape: a view if its library can make one."""
    if any(map(is_unknown, x.shape)):
        return _of_unknown_length(x, tuple(shape))
    namespace = None if isinstance(x, np.ndarray) else _namespace(x)
    if namespace is not None:
        return namespace.reshape(x, tuple(shape))
    return x.reshape(tuple(shape)) if hasattr(x, "reshape") else _package(x).reshape(x, tuple(shape))


def is_unknown(extent: Any) -> bool:
    """Whether a Dask array does not know how long an axis is: it says NaN until it has counted."""
    return bool(extent != extent)


def _of_unknown_length(x: Any, shape: tuple[Any, ...]) -> Any:
    """A Dask array whose blocks hold nobody knows how many rows, each of them in another shape. Nothing is computed."""
    whole = x.rechunk(dict.fromkeys(range(1, x.ndim), -1))
    rest = shape[1:]
    return whole.map_blocks(
        lambda block: block.reshape(len(block), *rest),
        chunks=(whole.chunks[0], *((extent,) for extent in rest)),
        drop_axis=list(range(1, x.ndim)),
        new_axis=list(range(1, len(shape))),
        dtype=x.dtype,
    )


def permuted(x: Any, axes: Sequence[int]) -> Any:
    """An array of `as_array` with axis i of the result being axis `axes[i]`."""
    order = tuple(axes)
    namespace = None if isinstance(x, np.ndarray) else _namespace(x)
    if namespace is not None:
        return namespace.permute_dims(x, order)
    if hasattr(x, "permute"):  # PyTorch's `transpose` swaps two axes
        return x.permute(order)
    return x.transpose(order) if hasattr(x, "transpose") else _package(x).transpose(x, order)


def _namespace(x: Any) -> Any:
    """The namespace of an array that follows the array API standard; None for others."""
    method = getattr(x, "__array_namespace__", None)
    return None if method is None or isinstance(x, type) else method()


def _methods(x: Any) -> bool:
    return not isinstance(x, type) and hasattr(x, "shape") and hasattr(x, "reshape")


def _package(x: Any) -> Any:
    """The package of an array whose functions are not methods; None for others."""
    package = sys.modules.get(type(x).__module__.partition(".")[0])
    return package if hasattr(x, "shape") and hasattr(package, "reshape") else None
