"""The gradient of the kernel of a depthwise convolution for each image by itself: x, g -> f32[N, kh, kw, 1, c].

The sum over the batch follows as a node of its own, so that an image's part is made while its maps are in the cache.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives.conv2d_weight_grad import Conv2DWeightGradSettings
from planish.primitives.registry import Array, Environment, make, op_named, register_rewritten
from planish.primitives.windows import padded, tap_slices, taps


def _infer(inputs: Sequence[TensorType], settings: Conv2DWeightGradSettings) -> TensorType:
    kernel = op_named("conv2d_weight_grad").infer(inputs, settings)
    return TensorType(kernel.shape)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, g = arrays
    settings = Conv2DWeightGradSettings.of(node)
    source = padded(x, settings.padding)
    result = np.empty((len(x), *node.shape), np.result_type(x, g))
    for row, column in taps(node.shape[:2]):
        seen = source[:, *tap_slices((row, column), g.shape[1:3], settings.strides, settings.dilation)]
        result[:, row, column, 0] = (seen * g).sum(axis=(1, 2))
    return result


register_rewritten("conv2d_depthwise_weight_grad", Conv2DWeightGradSettings, _infer, _reference)


def conv2d_depthwise_weight_grad(x: Node, g: Node, settings: Conv2DWeightGradSettings) -> Node:
    return make("conv2d_depthwise_weight_grad", [x, g], settings)
