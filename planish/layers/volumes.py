"""What layers with windows over volumes [depth, height, width, channels] share: borders, and how sizes follow."""

from __future__ import annotations

from collections.abc import Sequence

from planish.layers.base.image import Pair

_AXES = ("depth", "rows", "columns")


def border(padding: str, extent: int, span: int, stride: int) -> Pair:
    """Voxels in front of an axis and behind it: 'same' gives ceil(extent / stride) windows; an odd one is behind."""
    missing = max((-(-extent // stride) - 1) * stride + span - extent, 0) if padding == "same" else 0
    return missing // 2, missing - missing // 2


def borders(padding: str, size: Sequence[int], spans: Sequence[int], strides: Sequence[int]) -> tuple[Pair, ...]:
    """Those of all axes."""
    return tuple(border(padding, *axis) for axis in zip(size, spans, strides, strict=True))


def arithmetic(padding: str, size: Sequence[int], spans: Sequence[int], strides: Sequence[int]) -> str:
    """How many windows there are along each axis, written out."""
    told = []
    for axis, extent, span, stride in zip(_AXES, size, spans, strides, strict=True):
        before, after = border(padding, extent, span, stride)
        count = (extent + before + after - span) // stride + 1
        around = f" + {before} + {after}" if before + after else ""
        told.append(f"{axis} floor(({extent}{around} - {span}) / {stride}) + 1 = {count}")
    return ", ".join(told)
