"""A convolution without padding on the kernel as it is, whose lanes are output columns.

The rows of the result are flat: [rows, columns * cout].
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.bordered_convolution import convolved, map_extents, without_padding
from planish.primitives.registry import Array, Environment, register_rewritten
from planish.primitives.windows import Pair


class Conv2DColumnsSettings(Settings):
    kernel_shape: tuple[int, ...]
    strides: Pair
    dilation: Pair
    groups: int


def _infer(inputs: Sequence[TensorType], settings: Conv2DColumnsSettings) -> TensorType:
    plain = without_padding(settings.strides, settings.dilation, settings.groups)
    rows, columns, filters = map_extents(inputs[0], inputs[1].shape, plain)
    return TensorType((rows, columns * filters))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, w = arrays
    settings = Conv2DColumnsSettings.of(node)
    plain = without_padding(settings.strides, settings.dilation, settings.groups)
    return convolved(x, w, node.inputs[0], environment, plain).reshape(len(x), *node.shape)


register_rewritten("conv2d_columns", Conv2DColumnsSettings, _infer, _reference, tail=True)
