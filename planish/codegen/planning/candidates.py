"""The table of candidates: the ways to compute each operation that has more than a kernel of its own.

Lowering takes the best one, and the plan (`choices.py`) tells what spoke for it and against the others: both read these
rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from planish.codegen.planning.candidate import Candidate
from planish.codegen.planning.convolutions import CONVOLUTION
from planish.codegen.planning.dense_layers import DENSE, DENSE_GRADIENT
from planish.codegen.planning.kernel_gradients import KERNEL_GRADIENT, POOLED_KERNEL_GRADIENT, POOLED_MAP_GRADIENT
from planish.codegen.planning.matrix_products import MATMUL

CANDIDATES: Mapping[str, Sequence[Candidate]] = {
    "conv2d": CONVOLUTION,
    "conv2d_pool": CONVOLUTION,
    "conv2d_pool_input_grad": POOLED_MAP_GRADIENT,
    "conv2d_pool_weight_grad": POOLED_KERNEL_GRADIENT,
    "conv2d_weight_grad": KERNEL_GRADIENT,
    "dense": DENSE,
    "dense_weight_grad": DENSE_GRADIENT,
    "matmul": MATMUL,
}
