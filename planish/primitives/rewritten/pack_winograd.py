"""A 3x3 kernel as the (tile + 2)^2 matrices [cin, cout] of Winograd's F(tile x tile, 3x3), each packed in panels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.panels import packed_panels
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.winograd import KERNEL


class PackWinogradSettings(Settings):
    tile: int
    panels: tuple[int, ...]
    lanes: int


def _infer(inputs: Sequence[TensorType], settings: PackWinogradSettings) -> TensorType:
    matrices = (settings.tile + 2) ** 2
    channels = inputs[0].shape[2]
    return TensorType((matrices, channels * sum(settings.panels) * settings.lanes), batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (kernel,) = arrays
    settings = PackWinogradSettings.of(node)
    transform = KERNEL[settings.tile].astype(kernel.dtype)
    matrices = np.einsum("ai,ijcd,bj->abcd", transform, kernel, transform).reshape(-1, *kernel.shape[2:])
    return packed_panels(matrices, settings.panels, settings.lanes)


register_rewritten("pack_winograd", PackWinogradSettings, _infer, _reference)


def pack_winograd(kernel: Node, tile: int, panels: Sequence[int], lanes: int) -> Node:
    return make("pack_winograd", [kernel], PackWinogradSettings(tile=tile, panels=tuple(panels), lanes=lanes))
