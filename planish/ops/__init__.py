"""Keras's operations: on arrays they compute at once, on nodes and symbolic tensors they become part of a model.

What its parts have - `ops.linalg`, `ops.nn`, `ops.numpy` - is here, too; `ops.image` is Keras's place for the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planish import absent
from planish.ops import image as image
from planish.ops import linalg as linalg
from planish.ops import nn as nn
from planish.ops import numpy as numpy
from planish.ops.control import cond, fori_loop, map, switch, vectorized_map, while_loop
from planish.ops.creation import (
    cast,
    convert_to_numpy,
    convert_to_tensor,
    dtype,
    is_tensor,
    saturate_cast,
    stop_gradient,
)
from planish.ops.elementwise import erf, erfc, rsqrt
from planish.ops.joining import unstack
from planish.ops.linalg import *
from planish.ops.nn import *
from planish.ops.numpy import *
from planish.ops.operation import operation_named
from planish.ops.picking import scatter, scatter_update, slice, slice_update
from planish.ops.reductions import logsumexp
from planish.ops.shapes import shape
from planish.ops.sorting import in_top_k, top_k

__all__ = [
    "abs", "absolute", "adaptive_average_pool", "adaptive_max_pool", "add", "all", "allclose", "amax", "amin", "any",
    "append", "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin",
    "argpartition", "argsort", "array", "array_split", "average", "average_pool", "batch_normalization",
    "binary_crossentropy", "bincount", "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_not",
    "bitwise_or", "bitwise_right_shift", "bitwise_xor", "broadcast_to", "cast", "categorical_crossentropy", "cbrt",
    "ceil", "celu", "cholesky", "clip", "concatenate", "cond", "conv", "conv_transpose", "convert_to_numpy",
    "convert_to_tensor", "copy", "cos", "cosh", "count_nonzero", "cross", "cumprod", "cumsum", "deg2rad",
    "depth_to_space", "depthwise_conv", "det", "diag", "diagflat", "diagonal", "diff", "digitize", "divide",
    "divide_no_nan", "dot", "dsplit", "dstack", "dtype", "eigh", "einsum", "elu", "empty", "empty_like", "equal",
    "erf", "erfc", "exp", "exp2", "expand_dims", "expm1", "eye", "fabs", "flip", "fliplr", "flipud", "floor",
    "floor_divide", "fori_loop", "full", "full_like", "gcd", "gelu", "get_item", "glu", "greater", "greater_equal",
    "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "heaviside", "hsplit", "hstack", "hypot",
    "identity", "image", "in_top_k", "inner", "inv", "is_tensor", "isclose", "isfinite", "isinf", "isnan", "isneginf",
    "isposinf", "kron", "layer_normalization", "lcm", "leaky_relu", "left_shift", "less", "less_equal", "linalg",
    "linspace", "log", "log1p", "log2", "log10", "log_sigmoid", "log_softmax", "logaddexp", "logical_and",
    "logical_not", "logical_or", "logical_xor", "logspace", "logsumexp", "map", "matmul", "max", "max_pool", "maximum",
    "mean", "median", "meshgrid", "min", "minimum", "mod", "moments", "moveaxis", "multi_hot", "multiply",
    "nan_to_num", "nanmax", "nanmean", "nanmin", "nansum", "ndim", "negative", "nn", "nonzero", "norm", "normalize",
    "not_equal", "numpy", "one_hot", "ones", "ones_like", "operation_named", "outer", "pad", "percentile", "power",
    "prod", "psnr", "ptp", "qr", "quantile", "rad2deg", "ravel", "real", "reciprocal", "relu", "relu6", "repeat",
    "reshape", "right_shift", "rms_normalization", "roll", "rot90", "round", "rsqrt", "saturate_cast", "scatter",
    "scatter_update", "searchsorted", "select", "selu", "separable_conv", "shape", "sigmoid", "sign", "signbit",
    "silu", "sin", "sinc", "sinh", "size", "slice", "slice_update", "soft_shrink", "softmax", "softplus", "softsign",
    "solve", "sort", "space_to_depth", "sparse_categorical_crossentropy", "sparse_plus", "sparse_sigmoid", "sparsemax",
    "split", "sqrt", "square", "squareplus", "squeeze", "stack", "std", "stop_gradient", "subtract", "sum", "svd",
    "swapaxes", "swish", "switch", "take", "take_along_axis", "tan", "tanh", "tanh_shrink", "tensordot", "threshold",
    "tile", "top_k", "trace", "transpose", "tri", "tril", "triu", "true_divide", "trunc", "unstack", "var", "vdot",
    "vectorized_map", "vsplit", "vstack", "where", "while_loop", "zeros", "zeros_like",
]  # fmt: skip

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("ops")
