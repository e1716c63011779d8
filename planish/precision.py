"""The one precision: weights and computations are float32. Keras's dtype arguments are read, others are refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from planish import dtype_policies
from planish.dtype_policies import DTypePolicy
from planish.errors import explain

READABLE = (
    "bool", "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
)  # fmt: skip
"""Number types that an input may have; it is converted as it is read."""


def require_float32(owner: str, dtype: Any) -> None:
    """Raises ValueError unless `dtype` (a name, a NumPy type, a policy or its config) means float32 or is None."""
    name = dtype_name(dtype)
    if name not in (None, "float32"):
        raise ValueError(
            explain(
                what="this dtype is not supported",
                layer=owner,
                rule="weights and computations are float32; inputs may have any number type",
                expected="'float32' or None",
                received=repr(name),
            )
        )


def policy_of(owner: str, dtype: Any) -> DTypePolicy:
    """The policy that a layer's `dtype` means: the global one for None. Those that ask for less than float32 are
    accepted, with a warning. ValueError for others."""
    name = dtype_name(dtype)
    if name is not None and not name.startswith("mixed_"):
        require_float32(owner, name)
    return dtype_policies.said(dtype_policies.get(name))


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
