"""Matrices as panels of columns: `planish.primitives.panels`. A turned one is given as [columns, rows]."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.panels import packed_panels
from planish.primitives.registry import Array, Environment, make, register_rewritten


class PackPanelsSettings(Settings):
    panels: tuple[int, ...]
    lanes: int
    turned: bool


def _infer(inputs: Sequence[TensorType], settings: PackPanelsSettings) -> TensorType:
    *batch, rows, columns = inputs[0].shape
    rows = columns if settings.turned else rows
    return TensorType((*batch, rows * sum(settings.panels) * settings.lanes), batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (matrices,) = arrays
    settings = PackPanelsSettings.of(node)
    if settings.turned:
        matrices = matrices.swapaxes(-1, -2)
    return packed_panels(matrices, settings.panels, settings.lanes)


register_rewritten("pack_panels", PackPanelsSettings, _infer, _reference)


def pack_panels(matrix: Node, panels: Sequence[int], lanes: int, turned: bool = False) -> Node:
    return make("pack_panels", [matrix], PackPanelsSettings(panels=tuple(panels), lanes=lanes, turned=turned))
