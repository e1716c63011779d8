"""What neural networks are made of in `keras.ops`: activations, convolutions, pools, cross-entropies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planish import absent
from planish.ops.activations import (
    celu,
    elu,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_swish,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    swish,
    tanh_shrink,
    threshold,
)
from planish.ops.adaptive import (
    adaptive_average_pool,
    adaptive_max_pool,
)
from planish.ops.convolution import (
    average_pool,
    conv,
    conv_transpose,
    depth_to_space,
    depthwise_conv,
    max_pool,
    separable_conv,
    space_to_depth,
)
from planish.ops.linear_algebra import (
    normalize,
)
from planish.ops.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    psnr,
    sparse_categorical_crossentropy,
)
from planish.ops.normalization import (
    batch_normalization,
    layer_normalization,
    rms_normalization,
)
from planish.ops.picking import (
    multi_hot,
    one_hot,
)
from planish.ops.reductions import (
    moments,
)

__all__ = [
    "adaptive_average_pool", "adaptive_max_pool", "average_pool", "batch_normalization", "binary_crossentropy",
    "categorical_crossentropy", "celu", "conv", "conv_transpose", "depth_to_space", "depthwise_conv", "elu", "gelu",
    "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "layer_normalization", "leaky_relu",
    "log_sigmoid", "log_softmax", "max_pool", "moments", "multi_hot", "normalize", "one_hot", "psnr", "relu", "relu6",
    "rms_normalization", "selu", "separable_conv", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign",
    "space_to_depth", "sparse_categorical_crossentropy", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus",
    "swish", "tanh_shrink", "threshold",
]  # fmt: skip

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("ops.nn")
