"""The gradient of a convolution's map from the places of a pool's maxima: places, g, packed.

The packed weights are panels of [cout * kh * kw, cin]. The map has no border.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.panels import unpack_panels
from planish.primitives.pooled_convolution import meaning
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.rewritten.conv2d_pool_input_grad import Conv2DPoolInputGradSettings
from planish.primitives.windows import NO_PADDING, Pair


class Conv2DPlacedInputGradSettings(Settings):
    input_shape: tuple[int, ...]
    kernel_shape: tuple[int, ...]
    strides: Pair
    dilation: Pair
    window: Pair
    pool_strides: Pair
    panels: tuple[int, ...]
    lanes: int


def _infer(inputs: Sequence[TensorType], settings: Conv2DPlacedInputGradSettings) -> TensorType:
    return TensorType(settings.input_shape)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    places, g, packed = arrays
    settings = Conv2DPlacedInputGradSettings.of(node)
    rows, columns, channels, filters = settings.kernel_shape
    turned = unpack_panels(packed, filters * rows * columns, channels, settings.panels, settings.lanes)
    w = turned.reshape(filters, rows, columns, channels).transpose(1, 2, 3, 0)
    kernel = Node("operand", (), TensorType(w.shape, batched=False))
    plain = Node(node.op, (*node.inputs[:2], kernel), node.type)
    own = Conv2DPoolInputGradSettings(
        input_shape=settings.input_shape,
        strides=settings.strides,
        padding=NO_PADDING,
        dilation=settings.dilation,
        window=settings.window,
        pool_strides=settings.pool_strides,
    )
    return meaning("conv2d_pool_input_grad", [places, g, w], plain, own, environment)


register_rewritten("conv2d_placed_input_grad", Conv2DPlacedInputGradSettings, _infer, _reference)


def conv2d_placed_input_grad(places: Node, g: Node, packed: Node, settings: Conv2DPlacedInputGradSettings) -> Node:
    return make("conv2d_placed_input_grad", [places, g, packed], settings)
