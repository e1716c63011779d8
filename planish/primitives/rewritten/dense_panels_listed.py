"""`dense_panels` on images, of which the kernel leaves out zeros that some of them have in common.

x, w (packed), and `not_finite` of the weights: while these are finite, a product with zero changes no sum.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.primitives.panels import unpack_panels
from planish.primitives.registry import Array, Environment, register_rewritten
from planish.primitives.rewritten.dense_panels import DensePanelsSettings


def _infer(inputs: Sequence[TensorType], settings: DensePanelsSettings) -> TensorType:
    return TensorType((settings.units,))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, w, _ = arrays
    settings = DensePanelsSettings.of(node)
    result: Array = x @ unpack_panels(w, x.shape[-1], settings.units, settings.panels, settings.lanes)
    return result


register_rewritten("dense_panels_listed", DensePanelsSettings, _infer, _reference, tail=True)
