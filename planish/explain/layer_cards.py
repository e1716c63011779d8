"""The first part of a report: what each layer made of the image, and the arithmetic between the shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from planish.explain.encoding import Array, levels, shrunk
from planish.graph.graph import topological
from planish.layers import Flatten, lineage
from planish.layers.context import Visit
from planish.models.looking.layer_outputs import Traced
from planish.structure import arithmetic

MOST_SIDE = 64
"""Rows or columns of a map on the page."""
MOST_MAPS, FEWEST_MAPS = 64, 4
"""How many maps of a layer are shown, if they take no more bytes together than `MOST_NBYTES`."""
MOST_NBYTES = 700_000
MOST_NUMBERS = 4096
"""How many numbers of a layer without maps are shown."""


@dataclass(slots=True)
class Card:
    """One layer. `maps` [shown, rows, columns] is what is drawn, None for layers that are only mentioned.

    `size` is what there would be to draw: (maps, rows, columns).
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    arithmetic: str
    parameters: int
    multiply_adds: int
    remark: str
    size: tuple[int, int, int]
    maps: Array | None
    numbers: dict[str, float] = field(default_factory=dict)

    @property
    def picture(self) -> dict[str, Any] | None:
        """What the page draws: bytes of the maps, one after the other."""
        if self.maps is None:
            return None
        shown, rows, columns = self.maps.shape
        return {"maps": shown, "rows": rows, "columns": columns, **levels(self.maps)}


def cards(traced: Traced, values: dict[Any, Array], most_nbytes: int = MOST_NBYTES) -> list[Card]:
    """A card for each layer; `values` has the outputs of each for one image, [1, ...]."""
    found, data_format = [], lineage.image_format([visit.layer for visit in traced.leaves])
    for visit in traced.leaves:
        data_format = getattr(visit.layer, "data_format", data_format)  # others keep the channels where they are
        found.append(_card(visit, values[visit.layer][0], data_format))
    most = MOST_MAPS
    while most > FEWEST_MAPS and sum(_nbytes(card, most) for card in found) > most_nbytes:
        most //= 2
    for card in found:
        if card.maps is not None:
            card.maps = card.maps[:most]
    return found


def _nbytes(card: Card, most: int) -> int:
    return 0 if card.maps is None else card.maps[:most].size


def _card(visit: Visit, value: Array, data_format: str) -> Card:
    layer = visit.layer
    before = set(topological([visit.x]))
    nodes = [node for node in topological([visit.y]) if node not in before]
    planes = _planes(value, data_format)
    card = Card(
        layer.name,
        type(layer).__name__,
        visit.y.shape,
        arithmetic.spelled_out(nodes, same=getattr(layer, "padding", None) == "same"),
        layer.count_params() if layer.weights else 0,
        arithmetic.multiply_adds(nodes),
        "",
        planes.shape,
        None,
        _numbers(value),
    )
    if isinstance(layer, Flatten):
        card.remark = "The same numbers in one row: nothing is computed. The next part shows which goes where."
    elif visit.y is visit.x:
        card.remark = "Changes nothing when predicting: what comes in goes out."
    else:
        card.maps = shrunk(planes, MOST_SIDE)[:MOST_MAPS] if value.ndim > 1 else planes[..., :MOST_NUMBERS]
    return card


def _planes(value: Array, data_format: str) -> Array:
    """[maps, rows, columns] of a layer's output for one image; a vector is one map of one row."""
    if value.ndim < 2:
        return value.reshape(1, 1, -1)
    if value.ndim == 2:
        return value[None]
    turned = value if data_format == "channels_first" else np.moveaxis(value, -1, 0)
    return turned.reshape(len(turned), -1, turned.shape[-1])


def _numbers(value: Array) -> dict[str, float]:
    """Facts of the values that a reader can check against the picture."""
    return {"low": float(value.min()), "high": float(value.max()), "zeros": float(np.mean(value == 0))}
