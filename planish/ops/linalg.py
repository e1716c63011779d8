"""Linear algebra in `keras.ops.linalg`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planish import absent
from planish.ops.linear_algebra import (
    cholesky,
    det,
    eigh,
    inv,
    qr,
    solve,
    svd,
)
from planish.ops.reductions import (
    norm,
)

__all__ = [
    "cholesky", "det", "eigh", "inv", "norm", "qr", "solve", "svd",
]  # fmt: skip

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("ops.linalg")
