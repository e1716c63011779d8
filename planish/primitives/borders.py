"""What padding and cropping have in common: the check of the map and of the border's widths."""

from __future__ import annotations

from planish.errors import explain
from planish.graph.node import TensorType, current_layers
from planish.primitives.windows import Padding


def map_extents(source: TensorType, border: Padding) -> tuple[int, int, int]:
    """Rows, columns and channels of a map per image. ValueError if `source` is not a map, or a width is negative."""
    if len(source.shape) != 3 or not source.batched or any(width < 0 for side in border for width in side):
        raise ValueError(
            explain(
                what="A border goes around a map, or comes off it",
                layer=", ".join(current_layers()) or None,
                expected="maps of shape (rows, columns, channels), one per image, and widths from 0 on",
                received=f"{source} and widths {border}",
            )
        )
    rows, columns, channels = source.shape
    return rows, columns, channels
