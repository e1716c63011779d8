"""The part of a kernel that belongs to one phase of a map: see `planish.primitives.phases`."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.mistake import mistake
from planish.primitives.phases import phase_extents
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.windows import Pair, pair


class KernelPhaseSettings(Settings):
    first: Pair
    strides: Pair


def _infer(inputs: Sequence[TensorType], settings: KernelPhaseSettings) -> TensorType:
    rows, columns, *channels = inputs[0].shape
    first = settings.first
    if not (0 <= first[0] < rows and 0 <= first[1] < columns):
        raise mistake("a phase starts outside of the kernel", expected=f"inside of {rows}x{columns}", received=first)
    extents = phase_extents((rows, columns), settings.strides, first)
    return TensorType((*extents, *channels), batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (w,), settings = arrays, KernelPhaseSettings.of(node)
    (row, column), (down, across) = settings.first, settings.strides
    return w[row::down, column::across]


register_rewritten("kernel_phase", KernelPhaseSettings, _infer, _reference)


def kernel_phase(w: Node, first: Sequence[int], strides: Sequence[int]) -> Node:
    return make("kernel_phase", [w], KernelPhaseSettings(first=pair(first), strides=pair(strides)))
