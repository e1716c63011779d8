"""Where the packed weights of a program are that is built to be shipped: in a file, each by itself.

planish's own programs pack weights into their arena. A shipped program finds each packed value through the context, as
an argument "packed N". So files need to have what several programs read alike only once, and the arena has nothing but
what is written while images are computed.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.codegen.planning.layouts import Layouts
from planish.codegen.planning.schedule import Stage
from planish.codegen.planning.storage import Place, Storage, nbytes_of, rounded
from planish.codegen.planning.views import storage_root
from planish.graph.node import Node

PACKED = "packed"


def packed_places(stages: Sequence[Stage], layouts: Layouts) -> dict[Node, Place]:
    """For the values that are computed of weights alone, and that images are computed with."""
    packed = {node for stage in stages if not stage.batched for node in stage.nodes}
    batched = [node for stage in stages if stage.batched for node in stage.nodes]
    read = [layouts.whole_of(storage_root(source)) for node in batched for source in node.inputs]
    found = [node for node in dict.fromkeys(read) if node in packed]
    return {node: Place("argument", name=f"{PACKED} {number}") for number, node in enumerate(found)}


def packed_nbytes(places: dict[Node, Place]) -> dict[str, int]:
    """What each of them takes, by the number in its name, up to the end of a cache line."""
    found = {place.name: rounded(nbytes_of(node)) for node, place in places.items()}
    return {name.partition(" ")[2]: size for name, size in found.items() if name.startswith(f"{PACKED} ")}


def read_arguments(stages: Sequence[Stage], storage: Storage) -> dict[str, tuple[str, ...]]:
    """The names of the arguments that computing images needs, and the layers that read or write each first."""
    batched = [node for stage in stages if stage.batched for node in stage.nodes]
    found: dict[str, tuple[str, ...]] = {}
    for node in batched:
        for value in (node, *node.inputs):
            place = storage.places.get(storage.layouts.whole_of(storage_root(value)))
            if place is not None and place.area == "argument":
                found.setdefault(place.name, node.layers)
    return found
