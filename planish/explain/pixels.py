"""The image of a report as it is shown: grey or in colours, and never larger than a page needs."""

from __future__ import annotations

from typing import Any

import numpy as np

from planish.explain.encoding import Array, numbers, shrunk

MOST_PIXELS = 192
"""Rows or columns of the picture on the page; larger images are shown smaller."""

_BYTE = 255.0
_COLOURS = 3


def picture(image: Array, data_format: str) -> dict[str, Any] | None:
    """`image`, without its batch axis, for the page; None if it has no rows and columns.

    'height' and 'width' are the image's own; 'rows' and 'columns' those of the bytes [rows, columns, 1 or 3].
    """
    planes = _planes(np.nan_to_num(image.astype(np.float64)), data_format)
    if planes is None:
        return None
    _, height, width = planes.shape
    shown, note = _as_bytes(image, planes)
    small = shrunk(shown, MOST_PIXELS)
    if small.shape != shown.shape:
        note = f"{note} Shown with {small.shape[1]} rows and {small.shape[2]} columns.".strip()
    return {
        "height": height,
        "width": width,
        "rows": small.shape[1],
        "columns": small.shape[2],
        "colours": len(small),
        "channels": len(planes),
        "note": note,
        "bytes": numbers(np.rint(np.moveaxis(small, 0, -1)), "|u1"),
    }


def _planes(image: Array, data_format: str) -> Array | None:
    """[channels, rows, columns]."""
    if image.ndim == 2:
        return image[None]
    if image.ndim != 3:
        return None
    return image if data_format == "channels_first" else np.moveaxis(image, -1, 0)


def _as_bytes(image: Array, planes: Array) -> tuple[Array, str]:
    """Values of 0-255 to show, in one plane or three, and what has to be said about them."""
    shown, note = planes, ""
    if len(planes) not in (1, _COLOURS):
        shown, note = planes.mean(axis=0, keepdims=True), f"The mean of its {len(planes)} channels is shown."
    low, high = float(shown.min()), float(shown.max())
    if image.dtype == np.uint8 or (low >= 0 and 1 < high <= _BYTE):
        return np.clip(shown, 0, _BYTE), note
    if low >= 0 and high <= 1:
        return shown * _BYTE, note
    spread = high - low or 1.0
    said = f"Its values, {low:.3g} to {high:.3g}, are shown from dark to light."
    return (shown - low) / spread * _BYTE, f"{note} {said}".strip()
