"""The places of the maxima that a lowered convolution `pooled` finds, from its kernel: operands are pooled, x, packed.

`gated`: none where what `pooled` gives is not positive.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.registry import Array, Environment, make, op_named, register_rewritten
from planish.primitives.rewritten.conv2d_panels import Conv2DPanelsSettings
from planish.primitives.rewritten.conv2d_winograd import Conv2DWinogradSettings
from planish.primitives.rewritten.gate_places import gated
from planish.primitives.rewritten.pool_places import places_of_maxima


class PlacesBesideSettings(Settings):
    """`base` is the lowered convolution, `settings` are its own."""

    base: str
    settings: Conv2DPanelsSettings | Conv2DWinogradSettings
    gated: bool


def _infer(inputs: Sequence[TensorType], settings: PlacesBesideSettings) -> TensorType:
    return TensorType(inputs[0].shape, "i8")


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    pooled, *operands = arrays
    own = PlacesBesideSettings.of(node)
    base, window, sources = op_named(own.base), own.settings.window, node.inputs[1:]
    without_pool = own.settings.changed(window=(1, 1))
    map_type = base.infer([source.type for source in sources], without_pool)
    plain = Node(base.name, sources, map_type, without_pool, node.layers)
    places = places_of_maxima(base.reference(operands, plain, environment), node.shape, window, window)
    return gated(places, pooled) if own.gated else places


register_rewritten("places_beside", PlacesBesideSettings, _infer, _reference)


def places_beside(
    pooled: Node, base: str, settings: Conv2DPanelsSettings | Conv2DWinogradSettings, *, gated: bool
) -> Node:
    """i8 [N, rows, columns, cout]; `settings` are those of the lowered convolution `base` that `pooled` is."""
    own = PlacesBesideSettings(base=base, settings=settings, gated=gated)
    return make("places_beside", [pooled, *pooled.inputs[:2]], own)
