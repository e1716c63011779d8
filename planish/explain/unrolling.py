"""The second and third part of a report: the flat vector, where its elements come from, and what they add to scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from planish.explain.encoding import Array, numbers
from planish.flattening import FlattenMap
from planish.models.looking.contributions import Contributions
from planish.models.looking.feature_windows import feature_windows

MOST_FEATURES = 65_536
"""Longer vectors are not drawn: their cells would be too many for a page."""
MOST_WEIGHTS = 200_000
"""How many weights a page carries, over all classes that it shows."""
MOST_CLASSES = 10


@dataclass(frozen=True, slots=True)
class Scored:
    """A class: its name, what the model gives it, and its logit. `contributions` are there if the page shows them."""

    index: int
    name: str
    score: float
    logit: float
    contributions: Contributions | None = None


def too_long(flat: FlattenMap) -> str:
    """Why the vector is not drawn; "" if it is."""
    if flat.size <= MOST_FEATURES:
        return ""
    return (
        f"The flat vector has {flat.size:,} elements: more than the {MOST_FEATURES:,} that a page can show. "
        "A pooling before Flatten, or GlobalAveragePooling2D instead of it, would make it shorter."
    )


def classes_shown(size: int, scores: Array) -> Array:
    """i32: the classes whose weights the page carries, those with the highest scores first."""
    most = max(1, min(MOST_CLASSES, MOST_WEIGHTS // size))
    return np.argsort(-scores, kind="stable")[:most].astype(np.int32)


def as_rows_columns_channels(flat: FlattenMap) -> tuple[int, int, int]:
    """The extents of the map as the page draws it: axes before the last two are one below the other."""
    names, extents = flat.axis_names, flat.extents
    if len(names) >= 3:
        return math.prod(extents[:-2]), extents[-2], extents[-1]
    if names == ("step", "channel"):
        return 1, extents[0], extents[1]
    rows, columns = (1, 1, *extents)[-2:]
    return rows, columns, 1


def flat_vector(flat: FlattenMap, features: Array, image: int) -> dict[str, Any]:
    """What the page knows of the vector; `image` is the place of the input that it shows.

    Everything in it runs with the channels last, whatever the model's order is. 'windows' are i16 [pixels or elements,
    4]: first row, end of rows, first column, end of columns, half-open; one for each pixel of the map if its channels
    saw the same.
    """
    order = flat.permutation("channels_last")
    rows, columns, channels = as_rows_columns_channels(flat)
    windows = feature_windows(flat, image)
    each_pixel = False
    if windows is not None:
        windows = windows[order]
        pixels = windows.reshape(rows * columns, channels, 4)
        each_pixel = bool((pixels == pixels[:, :1]).all())
        windows = pixels[:, 0] if each_pixel else windows
    return {
        "rows": rows,
        "columns": columns,
        "channels": channels,
        "axes": flat.axis_names,
        "extents": flat.extents,
        "order": flat.order,
        "features": numbers(features[order], "<f4"),
        "windows": None if windows is None else numbers(windows, "<i2"),
        "windowsOfPixels": each_pixel,
    }


def class_data(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    """What the page knows of the classes whose weights it carries; weights run with the channels last."""
    return [
        {
            "index": each.index,
            "name": each.name,
            "logit": _finite(each.logit),
            "rest": _finite(each.contributions.rest),
            "exact": each.contributions.exact,
            "weights": numbers(each.contributions.weights[each.contributions.map.permutation("channels_last")], "<f4"),
        }
        for each in scored
        if each.contributions is not None
    ]


def _finite(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None
