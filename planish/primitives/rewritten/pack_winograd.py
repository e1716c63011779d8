"""A 3x3 kernel as the (tile + 2)^2 matrices [cin, cout] of Winograd's F(tile x tile, 3x3), each packed in panels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.panels import packed_panels
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.winograd import method


class PackWinogradSettings(Settings):
    tile: int
    stride: int
    panels: tuple[int, ...]
    lanes: int


def _infer(inputs: Sequence[TensorType], settings: PackWinogradSettings) -> TensorType:
    matrices = method(settings.tile, settings.stride).weights ** 2
    channels = inputs[0].shape[2]
    return TensorType((matrices, channels * sum(settings.panels) * settings.lanes), batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (kernel,) = arrays
    settings = PackWinogradSettings.of(node)
    transform = method(settings.tile, settings.stride).kernel.astype(kernel.dtype)
    matrices = np.einsum("ai,ijcd,bj->abcd", transform, kernel, transform).reshape(-1, *kernel.shape[2:])
    return packed_panels(matrices, settings.panels, settings.lanes)


register_rewritten("pack_winograd", PackWinogradSettings, _infer, _reference)


def pack_winograd(kernel: Node, tile: int, panels: Sequence[int], lanes: int, *, stride: int = 1) -> Node:
    settings = PackWinogradSettings(tile=tile, stride=stride, panels=tuple(panels), lanes=lanes)
    return make("pack_winograd", [kernel], settings)
