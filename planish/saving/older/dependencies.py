"""Where Keras 2.13 and 2.14 keep each layer's weights in a `.keras` file: under another name than all other versions.

Layers are numbered within their class there, too, but with gaps.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planish.saving.weights_store import WeightsReader


_LAYERS, _DEPENDENCIES = "layers", "_layer_checkpoint_dependencies"
_NUMBERED = re.compile(r"(.*?)(?:_(\d+))?$")


def place_of(path: str, reader: WeightsReader) -> str:
    """The place of a layer's group in the file, for the path that it has in files of other versions."""
    place: list[str] = []
    parts = iter(path.split("/"))
    for part in parts:
        here = "/".join([*place, _DEPENDENCIES])
        if part != _LAYERS or reader.has("/".join([*place, _LAYERS])) or not reader.has(here):
            place.append(part)
            continue
        place += [_DEPENDENCIES, _namesake(next(parts, ""), reader.groups(here))]
    return "/".join(place)


def _namesake(name: str, names: list[str]) -> str:
    """The group of the layer with this number among those of its class; the name itself if there is none."""
    stem, number = _split(name)
    same = sorted((each for each in names if _split(each)[0] == stem), key=lambda each: _split(each)[1])
    return same[number] if number < len(same) else name


def _split(name: str) -> tuple[str, int]:
    found = _NUMBERED.match(name)
    assert found is not None
    return found[1], int(found[2] or 0)
