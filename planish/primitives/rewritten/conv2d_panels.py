"""A convolution without padding on weights packed in panels, then the maximum over windows that do not overlap.

Window (1, 1) means that there is no maximum. The packed weights have one matrix
[kh * kw * cin / groups, cout / groups] a group.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.bordered_convolution import convolved, map_extents, without_padding
from planish.primitives.panels import unpack_panels
from planish.primitives.registry import Array, Environment, register_rewritten
from planish.primitives.windows import Pair, pooled


class Conv2DPanelsSettings(Settings):
    kernel_shape: tuple[int, ...]
    strides: Pair
    dilation: Pair
    groups: int
    window: Pair
    panels: tuple[int, ...]
    lanes: int


def _infer(inputs: Sequence[TensorType], settings: Conv2DPanelsSettings) -> TensorType:
    plain = without_padding(settings.strides, settings.dilation, settings.groups)
    rows, columns, filters = map_extents(inputs[0], settings.kernel_shape, plain)
    height, width = settings.window
    return TensorType((rows // height, columns // width, filters))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, packed = arrays
    settings = Conv2DPanelsSettings.of(node)
    kernel_rows, kernel_columns, channels, filters = settings.kernel_shape
    groups = settings.groups
    matrices = unpack_panels(
        packed, kernel_rows * kernel_columns * channels, filters // groups, settings.panels, settings.lanes
    )
    kernel = np.moveaxis(matrices, 0, 1).reshape(kernel_rows, kernel_columns, channels, filters)
    plain = without_padding(settings.strides, settings.dilation, groups)
    return pooled(convolved(x, kernel, node.inputs[0], environment, plain), settings.window)


register_rewritten("conv2d_panels", Conv2DPanelsSettings, _infer, _reference, tail=True)
