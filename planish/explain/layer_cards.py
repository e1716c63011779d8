"""The first part of a report: what each layer made of the image, and the arithmetic between the shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from planish import structures
from planish.explain.encoding import Array, levels, shrunk
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.layers import Flatten
from planish.layers.base.context import Visit
from planish.layers.base.traced import Traced
from planish.primitives.registry import multiply_adds
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

    `size` is what there would be to draw: (maps, rows, columns). `node` is the output in the model's graph. A row of
    numbers is drawn in lines of whole groups of `group`, if there is one.
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
    node: Node
    data_format: str
    numbers: dict[str, float] = field(default_factory=dict)
    group: int = 0

    @property
    def picture(self) -> dict[str, Any] | None:
        """What the page draws: bytes of the maps, one after the other."""
        if self.maps is None:
            return None
        shown, rows, columns = self.maps.shape
        return {
            "name": self.name,
            "maps": shown,
            "rows": rows,
            "columns": columns,
            "group": self.group,
            "first": self.data_format == "channels_first",
            **levels(self.maps),
        }


def cards(traced: Traced, values: dict[Any, Any], most_nbytes: int = MOST_NBYTES) -> list[Card]:
    """A card for each use of a layer, or for each of its outputs; `values` has them for one image, [1, ...], by
    `Traced.key`."""
    found: list[Card] = []
    formats = {node: traced.image_format(node) for node in traced.inputs}
    givers = {node: (visit, place) for visit in traced.leaves for place, node in enumerate(visit.outputs)}
    before: Node | None = traced.inputs[0] if len(traced.inputs) == 1 else None
    for visit in traced.leaves:
        kept = [formats.get(node, "channels_last") for node in visit.inputs[:1]]
        data_format = getattr(visit.layer, "data_format", "".join(kept))  # others keep the channels where they are
        arrays = structures.leaves(values[traced.key(visit)])
        source = "" if visit.inputs == [before] else _source(traced, visit, givers)
        for place, (node, array) in enumerate(zip(visit.outputs, arrays, strict=True)):
            formats[node] = data_format
            found.append(_card(traced, visit, place, array[0], data_format, source))
        before = visit.outputs[0] if len(visit.outputs) == 1 else None
    most = MOST_MAPS
    while most > FEWEST_MAPS and sum(_nbytes(card, most) for card in found) > most_nbytes:
        most //= 2
    for card in found:
        if card.maps is not None:
            card.maps = card.maps[:most]
    return found


def _source(traced: Traced, visit: Visit, givers: dict[Node, tuple[Visit, int]]) -> str:
    """A sentence about what a layer took, where it is not simply what the one before it gave."""
    names = []
    for node in visit.inputs:
        if node in traced.inputs:
            names.append(traced.input_names[traced.inputs.index(node)] if len(traced.inputs) > 1 else "the image")
        elif node in givers:
            names.append(called(traced, *givers[node]))
    return f"Takes {' and '.join(names)}." if names else ""


def called(traced: Traced, visit: Visit, place: int = 0) -> str:
    """The name of a layer's output: with its use and its place where there are several of them."""
    uses = sum(each.layer is visit.layer for each in traced.visits)
    use = f", use {traced.key(visit)[1] + 1} of {uses}" if uses > 1 else ""
    return visit.layer.name + use + (f", output {place + 1}" if len(visit.outputs) > 1 else "")


def _nbytes(card: Card, most: int) -> int:
    return 0 if card.maps is None else card.maps[:most].size


def _card(traced: Traced, visit: Visit, place: int, value: Array, data_format: str, source: str) -> Card:
    layer, y = visit.layer, visit.outputs[place]
    before = set(topological(visit.inputs))
    nodes = [node for node in topological([y]) if node not in before]
    planes = _planes(value, data_format)
    first_use = traced.key(visit)[1] == place == 0
    card = Card(
        name=called(traced, visit, place),
        kind=layer.class_name,
        shape=y.shape,
        arithmetic=arithmetic.spelled_out(nodes, same=getattr(layer, "padding", None) == "same"),
        parameters=layer.count_params() if layer.weights and first_use else 0,
        multiply_adds=multiply_adds(nodes),
        remark=source,
        size=planes.shape,
        maps=None,
        node=y,
        data_format=data_format,
        numbers=_numbers(value),
    )
    if isinstance(layer, Flatten):
        card.group = _group(visit.inputs[0].shape, data_format)
        told = "The same numbers in one row, drawn in lines: nothing is computed."
        card.remark = f"{source} {told}".strip()
        card.maps = planes[..., :MOST_NUMBERS]
    elif y in visit.inputs:
        card.remark = f"{source} Changes nothing when predicting: what comes in goes out.".strip()
    else:
        card.maps = shrunk(planes, MOST_SIDE)[:MOST_MAPS] if value.ndim > 1 else planes[..., :MOST_NUMBERS]
    return card


def _group(shape: tuple[int, ...], data_format: str) -> int:
    """How many numbers of a flat vector belong together: the channels of a pixel, or the row of an image without
    channels."""
    if len(shape) < 2:
        return 0
    return shape[0] if data_format == "channels_first" else shape[-1]


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
