"""Calls of functions that reduce axes, move elements, and join and cut values."""

import numpy as np

from tests.ops import arrays as a
from tests.ops.case import case

_THIRD = a.X[:, None, :, None]
_EVERY_AXIS = (None, 0, 1, -1, (1, 2), (0, 2), [1, -1])
_PLACES = np.array([2, 0, 5])

REDUCTIONS = [
    *(case(name, a.MAP, axis=axis) for name in ["sum", "mean", "var", "std"] for axis in _EVERY_AXIS),
    *(case(name, a.MAP, axis=axis, keepdims=True) for name in ["sum", "mean", "var", "std"] for axis in (0, 1)),
    *(
        case(name, a.MAP, axis=axis)
        for name in ["max", "min", "amax", "amin", "prod", "any", "all"]
        for axis in (1, -1, (1, 2, 3))
    ),
    *(case(name, a.MAP, nodes=None) for name in ["max", "min", "amax", "amin", "prod", "any", "all"]),
    *(case(name, a.MAP, axis=2, keepdims=True) for name in ["max", "min", "amax", "amin", "prod", "any", "all"]),
    case("max", a.X, axis=1, initial=0.7),
    case("min", a.X, axis=1, initial=-0.7),
    case("ptp", a.MAP, axis=(1, 2)),
    case("count_nonzero", a.WHOLE, axis=1),
    case("count_nonzero", a.WHOLE),
    case("logsumexp", a.MAP, axis=(1, 2)),
    case("logsumexp", a.MAP, axis=-1, keepdims=True),
    case("logsumexp", a.MAP, nodes=None),
    case("moments", a.MAP, axes=(0, 1, 2)),
    case("moments", a.MAP, axes=[1], keepdims=True),
    case("norm", a.X),
    case("norm", a.X, axis=1),
    case("norm", a.X, ord=1, axis=-1, keepdims=True),
    case("norm", a.X, ord=np.inf, axis=-1),
    case("norm", a.X, ord="fro", nodes=None),
    case("average", a.X),
    case("average", a.X, axis=1, weights=a.ROW + 3, nodes="b-"),
    case("average", a.X, axis=1, weights=a.LARGE),
    *(case(name, a.MAP, axis=2) for name in ("argmax", "argmin")),
    *(case(name, a.WHOLE, axis=-1, keepdims=True) for name in ("argmax", "argmin")),
    *(case(name, a.MAP, nodes=None) for name in ("argmax", "argmin")),
    case("cumsum", a.MAP, axis=2),
    case("cumsum", a.X, nodes=None),
    case("cumprod", a.X, axis=1),
    case("diff", a.MAP, axis=1),
    case("diff", a.X, n=2),
    case("in_top_k", a.CLASSES, a.X, 2, nodes="bb"),
    case("digitize", a.X, [-0.5, 0.0, 0.5]),
]

MOVES = [
    case("reshape", a.MAP, (-1, 10, 6)),
    case("reshape", a.MAP, (3, -1), nodes=None),
    case("ravel", a.MAP, nodes=None),
    case("transpose", a.MAP, axes=(0, 3, 1, 2)),
    case("transpose", a.MAP, nodes=None),
    case("transpose", a.X, nodes="u"),
    case("swapaxes", a.MAP, 1, -1),
    case("moveaxis", a.MAP, 1, -1),
    case("moveaxis", a.MAP, [1, 2], [2, 3]),
    *(case("expand_dims", a.X, axis) for axis in (1, -1)),
    case("squeeze", _THIRD),
    case("squeeze", _THIRD, axis=-1),
    case("flip", a.MAP, axis=[1, 2]),
    case("flip", a.MAP, nodes=None),
    case("fliplr", a.MAP),
    case("flipud", a.X, nodes="u"),
    case("roll", a.MAP, 2, axis=1),
    case("roll", a.MAP, [1, -1], axis=[1, 2]),
    case("roll", a.X, 2, nodes=None),
    *(case("rot90", a.MAP, k=turns, axes=(1, 2)) for turns in (0, 1, 3)),
    case("rot90", a.X, nodes="u"),
    case("broadcast_to", a.X[:, None], (3, 2, 6)),
    case("broadcast_to", a.ROW, (2, 6), nodes="u"),
    case("tile", a.MAP, (1, 2, 1, 3)),
    case("tile", a.ROW, (2, 2), nodes="u"),
    case("repeat", a.MAP, 2, axis=1),
    case("repeat", a.X, 2, nodes=None),
    *(case("pad", a.MAP, ((0, 0), (1, 2), (2, 0), (0, 0)), mode=m) for m in ("constant", "reflect", "symmetric")),
    case("pad", a.X, [[1, 1], [2, 0]], nodes=None),
    case("pad", a.X, ((0, 0), (1, 1)), constant_values=3.0),
]

PARTS = [
    case("concatenate", [a.X, a.LARGE], axis=1),
    case("concatenate", [a.X, a.LARGE], nodes="uu"),
    case("concatenate", [a.MAP, a.MAP[:1]], axis=0, nodes=None),
    *(case("stack", [a.X, a.LARGE], axis=axis) for axis in (1, -1)),
    case("hstack", [a.X, a.LARGE]),
    case("vstack", [a.X, a.LARGE], nodes=None),
    case("dstack", [a.MAP, a.MAP]),
    case("append", a.X, a.LARGE, axis=1),
    case("append", a.X, a.LARGE, nodes=None),
    case("split", a.MAP, 2, axis=2),
    case("split", a.X, [1, 3], axis=1),
    case("array_split", a.X, 4, axis=1),
    case("hsplit", a.X, 3),
    case("vsplit", a.X, 3, nodes=None),
    case("dsplit", a.MAP, 2),
    case("unstack", a.MAP, axis=3),
    case("unstack", a.MAP, nodes=None),
    case("get_item", a.MAP, (slice(None), 1, slice(1, 4))),
    case("take", a.MAP, _PLACES, axis=2),
    case("take", a.X, np.array([[1, 0], [2, 2]]), axis=0, nodes="u-"),
    case("take", a.X, np.array([3, 8]), nodes=None),
    case("take_along_axis", a.X, np.argsort(a.X, 1), axis=1, nodes="bb"),
    case("take_along_axis", a.X, np.argsort(a.X, 0), axis=0, nodes="u-"),
    case("slice", a.MAP, (0, 1, 2, 0), (3, 2, 3, 2), nodes=None),
    case("slice", a.X, (1, 2), (2, 3), nodes="u"),
    case("slice_update", a.X, (0, 2), a.LARGE[:, :3]),
    case("slice_update", a.X, (1, 2), a.LARGE[:2, :3], nodes="uu"),
    case("one_hot", a.CLASSES, 6, nodes="b"),
    case("one_hot", a.INTEGERS, 3, axis=1, dtype="int32", nodes=None),
    case("one_hot", a.INTEGERS, 3, axis=1, nodes="b"),
    case("multi_hot", a.INTEGERS, 8, nodes="b"),
    *(case(name, a.MAP[..., 0], k=k) for name in ("tril", "triu") for k in (-1, 0, 2)),
    *(case(name, a.MAP, offset=k, axis1=1, axis2=2) for name in ("diagonal", "trace") for k in (-1, 0, 2)),
]

CASES = [*REDUCTIONS, *MOVES, *PARTS]
