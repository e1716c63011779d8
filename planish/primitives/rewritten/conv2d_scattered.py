"""A convolution of x with a border of zeros, whose lanes are the outputs that an input reaches in a row.

The rows of the result are flat: [rows, columns * cout]. The packed weights are those of the turned kernel, one matrix
[cin, kw * cout] a kernel row.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.bordered_convolution import convolved, map_extents, with_border
from planish.primitives.panels import unpack_panels
from planish.primitives.registry import Array, Environment, register_rewritten
from planish.primitives.windows import Padding, Pair


class Conv2DScatteredSettings(Settings):
    kernel_shape: tuple[int, ...]
    dilation: Pair
    border: Padding
    rows: int
    panels: tuple[int, ...]
    lanes: int


def _infer(inputs: Sequence[TensorType], settings: Conv2DScatteredSettings) -> TensorType:
    plain = with_border(settings.border, settings.dilation)
    rows, columns, filters = map_extents(inputs[0], settings.kernel_shape, plain)
    return TensorType((rows, columns * filters))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, packed = arrays
    settings = Conv2DScatteredSettings.of(node)
    rows, columns, channels, filters = settings.kernel_shape
    turned = unpack_panels(packed, channels, columns * filters, settings.panels, settings.lanes)
    kernel = turned.reshape(rows, channels, columns, filters)[::-1, :, ::-1].swapaxes(1, 2)
    plain = with_border(settings.border, settings.dilation)
    return convolved(x, kernel, node.inputs[0], environment, plain).reshape(len(x), *node.shape)


register_rewritten("conv2d_scattered", Conv2DScatteredSettings, _infer, _reference, tail=True)
