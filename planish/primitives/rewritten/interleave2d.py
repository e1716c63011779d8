"""A map made of its phases: see `planish.primitives.phases`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.mistake import mistake
from planish.primitives.phases import phase_extents, phase_starts
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.windows import Pair, pair


class Interleave2DSettings(Settings):
    """`present` says which phases are not zeros: those are the operands."""

    extents: Pair
    strides: Pair
    present: tuple[bool, ...]


def _infer(inputs: Sequence[TensorType], settings: Interleave2DSettings) -> TensorType:
    extents, strides = settings.extents, settings.strides
    starts = [first for first, there in zip(phase_starts(extents, strides), settings.present, strict=True) if there]
    channels = inputs[0].shape[-1]
    wanted = [(*phase_extents(extents, strides, first), channels) for first in starts]
    if [kind.shape for kind in inputs] != wanted:
        raise mistake("phases of other shapes", expected=wanted, received=[kind.shape for kind in inputs])
    return TensorType((*extents, channels))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    settings = Interleave2DSettings.of(node)
    extents, strides = settings.extents, settings.strides
    result = np.zeros((len(arrays[0]), *node.shape), arrays[0].dtype)
    phases = iter(arrays)
    for (row, column), there in zip(phase_starts(extents, strides), settings.present, strict=True):
        if there:
            result[:, row :: strides[0], column :: strides[1]] = next(phases)
    return result


register_rewritten("interleave2d", Interleave2DSettings, _infer, _reference)


def interleave2d(phases: Sequence[Node | None], extents: Sequence[int], strides: Sequence[int]) -> Node:
    """`phases` in the order of `phase_starts`; None for one of zeros, but not for all."""
    nodes = [phase for phase in phases if phase is not None]
    present = tuple(phase is not None for phase in phases)
    settings = Interleave2DSettings(extents=pair(extents), strides=pair(strides), present=present)
    return make("interleave2d", nodes, settings)
