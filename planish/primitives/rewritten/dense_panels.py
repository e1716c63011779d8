"""A dense layer as its kernel computes it: on weights packed in panels, or on weights as they are."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.panels import unpack_panels
from planish.primitives.registry import Array, Environment, make, register_rewritten


class DensePanelsSettings(Settings):
    units: int
    panels: tuple[int, ...]
    lanes: int
    packed: bool


def _infer(inputs: Sequence[TensorType], settings: DensePanelsSettings) -> TensorType:
    return TensorType((*inputs[0].shape[:-1], settings.units), batched=inputs[0].batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, w = arrays
    settings = DensePanelsSettings.of(node)
    if settings.packed:
        w = unpack_panels(w, x.shape[-1], settings.units, settings.panels, settings.lanes)
    result: Array = x @ w
    return result


register_rewritten("dense_panels", DensePanelsSettings, _infer, _reference, tail=True)


def dense_panels(x: Node, w: Node, units: int, panels: Sequence[int], lanes: int, packed: bool = True) -> Node:
    return make(
        "dense_panels", [x, w], DensePanelsSettings(units=units, panels=tuple(panels), lanes=lanes, packed=packed)
    )
