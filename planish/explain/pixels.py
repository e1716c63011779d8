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

    'height' and 'width' are the image's own; 'rows' and 'columns' those of the bytes [rows, columns, 1 or 3]. A byte b
    stands for low + b / 255 * (high - low).
    """
    planes = planes_of(np.nan_to_num(image.astype(np.float64)), data_format)
    if planes is None:
        return None
    _, height, width = planes.shape
    shown, low, high, note = _as_bytes(image, planes)
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
        "first": data_format == "channels_first" and image.ndim > 2,
        "low": low,
        "high": high,
        "note": note,
        "bytes": numbers(np.rint(np.moveaxis(small, 0, -1)), "|u1"),
    }


def planes_of(image: Array, data_format: str) -> Array | None:
    """[channels, rows, columns]; None if the image has no rows and columns."""
    if image.ndim == 2:
        return image[None]
    if image.ndim != 3:
        return None
    return image if data_format == "channels_first" else np.moveaxis(image, -1, 0)


def _as_bytes(image: Array, planes: Array) -> tuple[Array, float, float, str]:
    """Values of 0-255 to show, in one plane or three, what 0 and 255 stand for, and what has to be said about them."""
    shown, note = planes, ""
    if len(planes) not in (1, _COLOURS):
        shown, note = planes.mean(axis=0, keepdims=True), f"The mean of its {len(planes)} channels is shown."
    low, high = float(shown.min()), float(shown.max())
    if image.dtype == np.uint8 or (low >= 0 and 1 < high <= _BYTE):
        return np.clip(shown, 0, _BYTE), 0.0, _BYTE, note
    if low >= 0 and high <= 1:
        return shown * _BYTE, 0.0, 1.0, note
    spread = high - low or 1.0
    said = f"Its values, {low:.3g} to {high:.3g}, are shown from dark to light."
    return (shown - low) / spread * _BYTE, low, low + spread, f"{note} {said}".strip()
