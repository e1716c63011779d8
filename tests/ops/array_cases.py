"""Calls of functions that make arrays, or that only arrays have."""

import numpy as np

from tests.ops import arrays as a
from tests.ops.case import case

_BOUNDS = np.array([0.1, 0.5], np.float32)

CASES = [
    case("array", [1, 2.5], nodes=None),
    case("convert_to_tensor", [[1, 2], [3, 4]], nodes=None),
    case("convert_to_tensor", [1, 2], dtype="float16", nodes=None),
    case("convert_to_tensor", 3, nodes=None),
    case("convert_to_tensor", np.arange(3.0), nodes=None),
    case("zeros", (2, 3), nodes=None),
    case("ones", (2, 3), dtype="int32", nodes=None),
    case("full", (2, 3), 7, nodes=None),
    case("full", (2, 3), 7, dtype="int32", nodes=None),
    case("full_like", a.INTEGERS, 2, nodes=None),
    case("zeros_like", a.INTEGERS, nodes=None),
    case("ones_like", a.X, dtype="int32", nodes=None),
    case("eye", 3, nodes=None),
    case("eye", 3, 4, k=1, dtype="int32", nodes=None),
    case("identity", 3, nodes=None),
    case("tri", 3, 4, k=-1, nodes=None),
    case("arange", 5, nodes=None),
    case("arange", 1, 2, 0.25, nodes=None),
    case("arange", 1.0, 5.0, dtype="float32", nodes=None),
    case("linspace", 0, 1, 5, nodes=None),
    case("linspace", 0.0, 3.0, num=4, endpoint=False, retstep=True, nodes=None),
    case("logspace", 0, 2, 5, nodes=None),
    case("size", a.X, nodes=None),
    case("ndim", a.X, nodes=None),
    *(case(name, a.STRANGE, axis=1, nodes=None) for name in ["nansum", "nanmean", "nanmax", "nanmin"]),
    case("median", a.MAP, axis=1, nodes=None),
    case("median", a.X, nodes=None),
    case("quantile", a.X, 0.3, axis=1, nodes=None),
    case("quantile", a.X, _BOUNDS, axis=0, keepdims=True, nodes=None),
    case("percentile", a.X, 30, nodes=None),
    *(case(name, a.MAP) for name in ("sort", "argsort")),
    *(case(name, a.MAP, axis=1) for name in ("sort", "argsort")),
    case("top_k", a.X, 2),
    case("searchsorted", np.sort(a.ROW), a.X[0], side="right", nodes=None),
    case("bincount", a.INTEGERS[0], minlength=10, nodes=None),
    case("bincount", a.INTEGERS, weights=a.X[:, :4], nodes=None),
    case("nonzero", a.WHOLE, nodes=None),
    case("meshgrid", a.ROW, a.ROW[:2], nodes=None),
    case("kron", a.X[:2, :2], a.X[:, :2], nodes=None),
    case("scatter", np.array([[0], [2], [0]]), a.X, (4, 6), nodes=None),
    *(
        case("scatter_update", a.X, np.array([[0, 1], [2, 3]]), a.ROW[:2], reduction=reduction, nodes=None)
        for reduction in (None, "add", "max", "mul")
    ),
    *(case("diag", value, k=k, nodes=None) for value in (a.ROW, a.X) for k in (-1, 0, 2)),
    case("diagflat", a.X, nodes=None),
    case("outer", a.ROW, a.X, nodes=None),
    case("vdot", a.X, a.LARGE, nodes=None),
    case("cross", a.X[:, :3], a.LARGE[:, :3], nodes=None),
    case("det", a.SQUARE, nodes=None),
    case("inv", a.SQUARE, nodes=None),
    case("cholesky", a.SQUARE @ a.SQUARE.T, nodes=None),
    case("cholesky", a.SQUARE @ a.SQUARE.T, upper=True, nodes=None),
    case("solve", a.SQUARE, a.MATRIX, nodes=None),
    case("svd", a.X, compute_uv=False, nodes=None),
]
