"""The gradient of a convolution's kernel with its inputs in the lanes: x, g -> [cout, kh * kw * cin / groups]."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.primitives.conv2d_weight_grad import Conv2DWeightGradSettings
from planish.primitives.registry import Array, Environment, make, op_named, register_rewritten


def _infer(inputs: Sequence[TensorType], settings: Conv2DWeightGradSettings) -> TensorType:
    op_named("conv2d_weight_grad").infer(inputs, settings)
    rows, columns, channels, filters = settings.kernel_shape
    return TensorType((filters, rows * columns * channels), batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    kernel_type = TensorType(Conv2DWeightGradSettings.of(node).kernel_shape, batched=False)
    plain = Node("conv2d_weight_grad", node.inputs, kernel_type, node.settings, node.layers)
    gradient = op_named(plain.op).reference(arrays, plain, environment)
    return gradient.reshape(-1, node.shape[0]).T


register_rewritten("conv2d_turned_weight_grad", Conv2DWeightGradSettings, _infer, _reference)


def conv2d_turned_weight_grad(x: Node, g: Node, settings: Conv2DWeightGradSettings) -> Node:
    return make("conv2d_turned_weight_grad", [x, g], settings)
