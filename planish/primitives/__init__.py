"""Operations: what each one means, its shape rule and its gradient. The functions here make nodes of a graph.

What only gradients and rewritings make is not among them: `rewritten/` has the latter.
"""

from planish.primitives import operators as operators
from planish.primitives.adaptive_pool import adaptive_pool
from planish.primitives.argmax import argmax, argmin
from planish.primitives.arranging import (
    depth_to_space,
    flip,
    pad,
    repeat,
    roll,
    space_to_depth,
    split,
    stack,
    tile,
    unstack,
)
from planish.primitives.as_floats import as_floats
from planish.primitives.average_pool2d import average_pool2d
from planish.primitives.batch_max import batch_max, batch_min
from planish.primitives.batch_ranks import batch_ranks
from planish.primitives.batch_sum import batch_sum
from planish.primitives.binary import (
    add,
    arctan2,
    divide,
    equal,
    greater,
    greater_equal,
    hypot,
    logaddexp,
    maximum,
    minimum,
    multiply,
    power,
    remainder,
    sigmoid_cross_entropy,
    subtract,
)
from planish.primitives.broadcast_to import broadcast_to
from planish.primitives.concatenate import concatenate
from planish.primitives.conv2d import conv2d
from planish.primitives.crop2d import crop2d
from planish.primitives.dense import dense
from planish.primitives.leaves import batch_size, constant, input_, parameter, scalar, share_size
from planish.primitives.log_softmax import log_softmax
from planish.primitives.logic import (
    ceil,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
    trunc,
    truth,
)
from planish.primitives.matmul import contract, matmul
from planish.primitives.max_pool2d import max_pool2d
from planish.primitives.one_hot import one_hot
from planish.primitives.other_images import other_images
from planish.primitives.pad2d import pad2d
from planish.primitives.random_normal import random_normal
from planish.primitives.random_uniform import random_uniform
from planish.primitives.reduce import reduce_max, reduce_mean, reduce_min, reduce_prod, reduce_sum
from planish.primitives.reshape import reshape
from planish.primitives.resize2d import resize2d
from planish.primitives.scan import cumprod, cumsum, linear_scan
from planish.primitives.select import select
from planish.primitives.slice_axis import slice_axis
from planish.primitives.slice_strided import slice_strided
from planish.primitives.softmax import softmax
from planish.primitives.sort_places import argsort, sort, sort_places, top_k
from planish.primitives.spread_strided import spread_strided
from planish.primitives.squared_deviation import squared_deviation
from planish.primitives.statistics import (
    count_nonzero,
    log_softmax_along,
    logsumexp,
    reduce_all,
    reduce_any,
    softmax_along,
    sparsemax_along,
    standard_deviation,
    variance,
)
from planish.primitives.table import table
from planish.primitives.take import take
from planish.primitives.take_along_axis import take_along_axis
from planish.primitives.total import total
from planish.primitives.transpose import transpose
from planish.primitives.unary import (
    absolute,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctanh,
    cos,
    cosh,
    elu,
    erf,
    exp,
    expm1,
    floor,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    negative,
    reciprocal,
    relu,
    rint,
    rsqrt,
    sigmoid,
    sign,
    sin,
    sinh,
    softplus,
    sqrt,
    square,
    stop_gradient,
    tan,
    tanh,
)

__all__ = [
    "absolute",
    "adaptive_pool",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "argmax",
    "argmin",
    "argsort",
    "as_floats",
    "average_pool2d",
    "batch_max",
    "batch_min",
    "batch_ranks",
    "batch_size",
    "batch_sum",
    "broadcast_to",
    "ceil",
    "concatenate",
    "constant",
    "contract",
    "conv2d",
    "cos",
    "cosh",
    "count_nonzero",
    "crop2d",
    "cumprod",
    "cumsum",
    "dense",
    "depth_to_space",
    "divide",
    "elu",
    "equal",
    "erf",
    "exp",
    "expm1",
    "flip",
    "floor",
    "greater",
    "greater_equal",
    "hypot",
    "input_",
    "isfinite",
    "isinf",
    "isnan",
    "leaky_relu",
    "less",
    "less_equal",
    "linear_scan",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "log_softmax_along",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "matmul",
    "max_pool2d",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "not_equal",
    "one_hot",
    "other_images",
    "pad",
    "pad2d",
    "parameter",
    "power",
    "random_normal",
    "random_uniform",
    "reciprocal",
    "reduce_all",
    "reduce_any",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_prod",
    "reduce_sum",
    "relu",
    "remainder",
    "repeat",
    "reshape",
    "resize2d",
    "rint",
    "roll",
    "rsqrt",
    "scalar",
    "select",
    "share_size",
    "sigmoid",
    "sigmoid_cross_entropy",
    "sign",
    "sin",
    "sinh",
    "slice_axis",
    "slice_strided",
    "softmax",
    "softmax_along",
    "softplus",
    "sort",
    "sort_places",
    "space_to_depth",
    "sparsemax_along",
    "split",
    "spread_strided",
    "sqrt",
    "square",
    "squared_deviation",
    "stack",
    "standard_deviation",
    "stop_gradient",
    "subtract",
    "table",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tile",
    "top_k",
    "total",
    "transpose",
    "trunc",
    "truth",
    "unstack",
    "variance",
]
