"""The precision of a model: its weights and computations are all float32, or all float64. Keras's dtype arguments are
read, others are refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from planish import dtype_policies
from planish.dtype_policies import DTypePolicy
from planish.errors import explain
from planish.graph.node import numbers_are

_RULE = "weights and computations are float32 or float64; inputs may have any number type"
READABLE = (
    "bool", "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
)  # fmt: skip
"""Number types that an input may have; it is converted as it is read."""


def checked(owner: str, dtype: Any, wanted: str | None = None) -> str:
    """The type of numbers that `dtype` (a name, a NumPy type, a policy or its config) means: `wanted` for None, or that
    of `floatx()`. ValueError for anything but 'float32' and 'float64', and for another one than is wanted."""
    name = dtype_name(dtype)
    allowed = dtype_policies.FLOATS if wanted is None else (wanted,)
    if name is None:
        return wanted or dtype_policies.floatx()
    if name not in allowed:
        raise ValueError(
            explain(
                what="this dtype is not supported",
                layer=owner,
                rule=_RULE if wanted is None else f"the layer computes in {wanted}",
                expected=f"{', '.join(map(repr, allowed))} or None",
                received=repr(name),
            )
        )
    return name


def policy_of(owner: str, dtype: Any) -> DTypePolicy:
    """The policy that a layer's `dtype` means: the global one for None. Those that ask for less than float32 are
    accepted, with a warning. ValueError for others."""
    name = dtype_name(dtype)
    if name is not None and not name.startswith("mixed_"):
        checked(owner, name)
    return dtype_policies.said(dtype_policies.get(name))


def numbers_of(layer: Any, tensors: Iterable[Any] = ()) -> str:
    """The type of numbers in the graph of a layer: 'f64' if it, a layer right inside it, or one that gave one of the
    symbolic `tensors` computes so. A network computes in the type of its outputs."""
    asked = {*_asked(layer), *(tensor.dtype for tensor in tensors if tensor.record.inputs)}
    return "f64" if "float64" in asked else "f32"


def _asked(layer: Any) -> Iterator[str]:
    network = getattr(layer, "network", None)
    if network is not None:
        yield from (tensor.dtype for tensor in network.output_tensors)
        return
    yield layer.compute_dtype
    for each in layer.sublayers:
        inside = getattr(each, "network", None)
        yield from [each.compute_dtype] if inside is None else (tensor.dtype for tensor in inside.output_tensors)


def computing_in(layer: Any, tensors: Iterable[Any] = ()) -> AbstractContextManager[None]:
    """While it is open, graphs are made of the numbers in which the layer computes."""
    return numbers_are(numbers_of(layer, tensors))


def dtype_name(dtype: Any) -> str | None:
    """The name of a dtype in any of the forms that Keras accepts; None for None."""
    if dtype is None or isinstance(dtype, str):
        return dtype
    if isinstance(dtype, dict):
        name = dtype.get("config", {}).get("name")
        return None if name is None else str(name)
    if hasattr(dtype, "name") and isinstance(dtype.name, str):
        return str(dtype.name)
    return str(np.dtype(dtype).name)
