"""Operations: what each one means, its shape rule and its gradient. The functions here make nodes of a graph."""

from planish.primitives import expression as expression
from planish.primitives import fused as fused
from planish.primitives import load_input as load_input
from planish.primitives import lowered as lowered
from planish.primitives import lowered_gradients as lowered_gradients
from planish.primitives import operators as operators
from planish.primitives import packing as packing
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
from planish.primitives.as_f32 import as_f32
from planish.primitives.batch_max import batch_max, batch_min
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
from planish.primitives.concatenate import concatenate, slice_axis
from planish.primitives.conv2d import conv2d
from planish.primitives.conv2d_gradients import conv2d_input_grad, conv2d_weight_grad
from planish.primitives.conv2d_pool_gradients import conv2d_pool_input_grad, conv2d_pool_weight_grad
from planish.primitives.crop2d import crop2d
from planish.primitives.dense import dense, dense_weight_grad
from planish.primitives.leaves import batch_size, constant, input_, parameter, scalar
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
from planish.primitives.one_hot import one_hot
from planish.primitives.pad2d import pad2d
from planish.primitives.phases import interleave2d, kernel_phase
from planish.primitives.pool2d import average_pool2d, max_pool2d
from planish.primitives.pool2d_gradients import average_pool2d_grad, max_pool2d_grad
from planish.primitives.pool_places import gate_places, placed_sum, pool_places
from planish.primitives.random_uniform import random_uniform
from planish.primitives.reduce import reduce_max, reduce_mean, reduce_min, reduce_prod, reduce_sum
from planish.primitives.reshape import reshape
from planish.primitives.resize2d import resize2d
from planish.primitives.scan import cumprod, cumsum, linear_scan
from planish.primitives.select import select
from planish.primitives.softmax import log_softmax, softmax
from planish.primitives.sort import argsort, sort, sort_places, top_k
from planish.primitives.spread2d import spread2d
from planish.primitives.squared_deviation import squared_deviation
from planish.primitives.statistics import (
    count_nonzero,
    log_softmax_along,
    logsumexp,
    reduce_all,
    reduce_any,
    softmax_along,
    standard_deviation,
    variance,
)
from planish.primitives.strided import slice_strided, spread_strided
from planish.primitives.table import table
from planish.primitives.take import take
from planish.primitives.take_along_axis import take_along_axis
from planish.primitives.transpose import transpose
from planish.primitives.turn_kernel import turn_kernel
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
    "as_f32",
    "average_pool2d",
    "average_pool2d_grad",
    "batch_max",
    "batch_min",
    "batch_size",
    "batch_sum",
    "broadcast_to",
    "ceil",
    "concatenate",
    "constant",
    "contract",
    "conv2d",
    "conv2d_input_grad",
    "conv2d_pool_input_grad",
    "conv2d_pool_weight_grad",
    "conv2d_weight_grad",
    "cos",
    "cosh",
    "count_nonzero",
    "crop2d",
    "cumprod",
    "cumsum",
    "dense",
    "dense_weight_grad",
    "depth_to_space",
    "divide",
    "elu",
    "equal",
    "erf",
    "exp",
    "expm1",
    "flip",
    "floor",
    "gate_places",
    "greater",
    "greater_equal",
    "hypot",
    "input_",
    "interleave2d",
    "isfinite",
    "isinf",
    "isnan",
    "kernel_phase",
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
    "max_pool2d_grad",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "not_equal",
    "one_hot",
    "pad",
    "pad2d",
    "parameter",
    "placed_sum",
    "pool_places",
    "power",
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
    "split",
    "spread2d",
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
    "transpose",
    "trunc",
    "truth",
    "turn_kernel",
    "unstack",
    "variance",
]
