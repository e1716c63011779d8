"""Where each value lives, decided before any code is written: one static arena, and one scratch area per thread.

* `argument`: the user's arrays, weights and results, found through the context
* `arena`: shared by all threads; batched values that another stage reads have a slot for every image of the batch
* `scratch`: a thread's own; one image, or one block of images if values pass from image to block nodes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from types import MappingProxyType
from typing import Literal

import numpy as np

from planish.codegen.kernels import kind_of_node, run_of_item, scratch_nbytes_of
from planish.codegen.kernels.total import copy_nbytes
from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.target import CACHE_LINE_NBYTES, Target
from planish.codegen.planning.blocks import Blocks, Bucket, is_largest, is_total
from planish.codegen.planning.layouts import Layouts
from planish.codegen.planning.schedule import Stage
from planish.codegen.planning.slicing import Slices, is_sum
from planish.codegen.planning.views import is_beside, readers_of, storage_root
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.graph.settings import name_of
from planish_runtime.memory import LARGEST_NBYTES

Area = Literal["argument", "arena", "scratch"]


@dataclass(frozen=True, slots=True)
class Place:
    """`name` is the argument's; `offset` is in bytes; `span` says what one slot of a batched value stands for, or
    that there is room for an item of a value without a batch axis; a `slot` has all values of an image."""

    area: Area
    offset: int = 0
    name: str = ""
    span: Literal["none", "image", "block", "batch", "slot", "row", "step", "item"] = "none"


@dataclass(frozen=True, slots=True)
class Storage:
    places: dict[Node, Place]
    arena_nbytes: int
    scratch_nbytes: int
    layouts: Layouts
    slot_nbytes: int = 0
    buckets: Mapping[int, Bucket] = field(default_factory=dict)
    """Those of totals, by the numbers of the stages that exchange them."""


NOTHING: Mapping[Node, Place] = MappingProxyType({})


def nbytes_of(node: Node) -> int:
    return element_type(node.type.dtype).nbytes * node.type.size


def rounded(nbytes: int) -> int:
    return -(-nbytes // CACHE_LINE_NBYTES) * CACHE_LINE_NBYTES


def allocate(sizes: Sequence[int], lifetimes: Sequence[tuple[int, int]]) -> tuple[list[int], int]:
    """Offsets such that values alive at the same time do not overlap (first fit, largest first), and the total."""
    if sum(sizes) > LARGEST_NBYTES:  # nobody gets as much
        *offsets, total = accumulate(sizes, initial=0)
        return offsets, total
    offsets, total, placed = [0] * len(sizes), 0, _Placed(len(sizes))
    for value in sorted(range(len(sizes)), key=lambda index: -sizes[index]):
        offsets[value] = placed.put(sizes[value], *lifetimes[value])
        total = max(total, offsets[value] + sizes[value])
    return offsets, total


class _Placed:
    """Values that have a place, from lower addresses to higher. A step of a deep net has thousands."""

    def __init__(self, most: int) -> None:
        self._rows = np.zeros((4, most), np.int64)  # where, up to where, since, until
        self._count = 0

    def put(self, size: int, start: int, end: int) -> int:
        """Places one more in the first gap between those that live at the same time; gives its offset."""
        firsts, lasts, since, until = self._rows[:, : self._count]
        together = (since <= end) & (start <= until)
        reached = np.maximum.accumulate(np.append(0, lasts[together]))  # by all in front of each, then by all
        gaps = np.flatnonzero(reached[:-1] + size <= firsts[together])
        offset = int(reached[gaps[0] if len(gaps) else -1])
        place = int(np.searchsorted(firsts, offset))
        self._rows[:, place + 1 : self._count + 1] = self._rows[:, place : self._count]
        self._rows[:, place] = offset, offset + size, start, end
        self._count += 1
        return offset


def plan_storage(
    graph: Graph,
    stages: list[Stage],
    target: Target,
    block: int,
    slices: Slices,
    layouts: Layouts,
    known: Mapping[Node, Place] = NOTHING,
    used_nbytes: int = 0,
    blocks: Blocks | None = None,
) -> Storage:
    """`known` values are where they are, within the first `used_nbytes` of the arena; of a sum over a block there is a
    copy for each of the `blocks` that the rank takes together, and for those that wait."""
    places = {**_argument_places(graph, stages), **known}
    stage_of = {node: number for number, stage in enumerate(stages) for node in stage.nodes}
    readers = readers_of(graph)
    families = _families(graph, layouts)
    copies = 1 if blocks is None else blocks.together + blocks.kept
    scratch_nbytes = max((_place_handed_over(places, stage, readers, target, copies) for stage in stages), default=0)
    arena_nbytes = used_nbytes + _place_in_arena(
        places, stages, stage_of, readers, slices, families, used_nbytes, copies
    )
    for stage in stages:
        scratch_nbytes = max(scratch_nbytes, _place_in_scratch(places, stage, readers, target, block, families))
    for node, layout in layouts.inside.items():
        whole = places[layout.whole]
        places[node] = replace(whole, offset=whole.offset + element_type(node.type.dtype).nbytes * layout.offset)
    return Storage(places, arena_nbytes, scratch_nbytes, layouts, buckets=_buckets(stages, places))


def _exchanged(stages: list[Stage]) -> dict[int, list[Node]]:
    """The totals that each stage exchanges, by its number, in the order of the bucket: sums first."""
    found: dict[int, list[Node]] = {}
    waiting: list[Node] = []
    for number, stage in enumerate(stages):
        waiting += filter(is_total, stage.nodes)
        if stage.exchanges:
            found[number] = sorted(waiting, key=is_largest)
            waiting = []
    return found


def _buckets(stages: list[Stage], places: Mapping[Node, Place]) -> dict[int, Bucket]:
    found = {}
    for number, totals in _exchanged(stages).items():
        sums, largest = (
            sum(rounded(nbytes_of(node)) for node in totals if is_largest(node) == wanted) for wanted in (False, True)
        )
        found[number] = Bucket(places[totals[0]].offset, sums, largest)
    return found


def _families(graph: Graph, layouts: Layouts) -> dict[Node, list[Node]]:
    """Each value that has memory of its own, with those that lie in it, in their order."""
    families: dict[Node, list[Node]] = {}
    for node in graph.nodes:
        families.setdefault(layouts.whole_of(node), []).append(node)
    return families


def _argument_places(graph: Graph, stages: list[Stage]) -> dict[Node, Place]:
    places: dict[Node, Place] = {}
    for node in graph.nodes:
        if node.op == "input":
            places[node] = Place("argument", name=f"input {name_of(node)}", span="row")
        elif node.op == "parameter":
            places[node] = Place("argument", name=f"parameter {name_of(node)}")
        elif node.op == "scalar":
            places[node] = Place("argument", name=f"scalar {name_of(node)}", span="step")
    for name, node in graph.outputs:
        places[storage_root(node)] = Place("argument", name=f"output {name}", span="row" if node.batched else "step")
    for name, node in graph.updates:
        places[storage_root(node)] = Place("argument", name=f"parameter {name}")
    return places


def _place_in_arena(
    places: dict[Node, Place],
    stages: list[Stage],
    stage_of: dict[Node, int],
    readers: dict[Node, list[Node]],
    slices: Slices,
    families: Mapping[Node, list[Node]],
    start: int,
    copies: int,
) -> int:
    stages_of = {
        node: [stage_of[user] for each in family for user in (each, *readers[each])]
        for node, family in families.items()
        if node in stage_of
    }
    shared = [
        node
        for node, used in stages_of.items()
        if node not in places and (not node.batched or any(number != used[0] for number in used))
    ]
    last = len(stages) - 1
    repeated = [number for number, stage in enumerate(stages) if stage.repeats and slices.count > 1]
    lifetimes = {}
    for node in shared:
        end = max([stage_of[reader] for each in families[node] for reader in readers[each]], default=last)
        lifetimes[node] = _through_slices(repeated, node, min(stages_of[node]), end, waits=_waits(node, readers))
    groups = [*_exchanged(stages).values(), *([node] for node in shared if not is_total(node))]
    groups = [group for group in groups if group]
    sizes = {node: _shared_nbytes(node, slices, copies) for node in shared}
    offsets, total = allocate(
        [sum(sizes[node] for node in group) for group in groups],
        [_whole_lifetime([lifetimes[node] for node in group]) for group in groups],
    )
    for group, offset in zip(groups, offsets, strict=True):
        for node in group:
            places[node] = Place("arena", start + offset, span="batch" if node.batched else "none")
            offset += sizes[node]
    return total


def _waits(node: Node, readers: Mapping[Node, list[Node]]) -> bool:
    """Whether it is a sum of which groups of blocks wait for each other."""
    return is_sum(node) and any(map(is_total, readers[node]))


def _shared_nbytes(node: Node, slices: Slices, copies: int) -> int:
    """What a value takes that all threads read: a slot for each image, or a copy of a sum for each block."""
    if is_sum(node):
        return copies * copy_nbytes(node.type)
    return rounded(nbytes_of(node) * (slices.images if node.batched else 1))


def _whole_lifetime(lifetimes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return min(first for first, _ in lifetimes), max(last for _, last in lifetimes)


def _through_slices(repeated: Sequence[int], node: Node, first: int, last: int, *, waits: bool) -> tuple[int, int]:
    """The lifetime of a value by its stages; the `repeated` ones come again for every slice. `waits`: behind it is what
    waits for later ones."""
    if not repeated:
        return first, last
    if node.op == "sum_of_slices" or is_total(node):  # it is read by itself
        return min(repeated), last
    if waits:
        return min(repeated), max(last, *repeated)
    return (first, max(last, *repeated)) if first < min(repeated) <= last else (first, last)


def item_nbytes(node: Node, target: Target) -> int:
    """From an item of a sum over one block to that over the next, in a thread's memory."""
    return rounded(element_type(node.type.dtype).nbytes * (run_of_item(node, target) or 0))


def _place_handed_over(
    places: dict[Node, Place], stage: Stage, readers: dict[Node, list[Node]], target: Target, copies: int
) -> int:
    """Sums that only the nodes of their own units read: one item at a time is in a thread's memory, of each copy."""
    most = 0
    for unit in stage.units:
        total = unit.nodes[0]
        if unit.joined and total not in places and all(reader in unit.nodes for reader in readers[total]):
            places[total] = Place("scratch", span="item")
            most = max(most, copies * item_nbytes(total, target))
    work = max((scratch_nbytes_of(node, target) for node in stage.nodes), default=0)
    return most + rounded(work) if most else 0


def _place_in_scratch(
    places: dict[Node, Place],
    stage: Stage,
    readers: dict[Node, list[Node]],
    target: Target,
    block: int,
    families: Mapping[Node, list[Node]],
) -> int:
    """Values of this stage only, then the kernels' own work space after them."""
    order = {node: number for number, node in enumerate(stage.nodes)}
    for node in stage.nodes:
        if is_beside(node):  # it exists as soon as the value that it is beside
            order[node] = order[storage_root(node.inputs[0])]
    for cascade in stage.cascades:  # each of them reads and writes as long as all of them do
        order.update(dict.fromkeys(cascade.nodes, order[cascade.nodes[0]]))
    segment_of = {node: number for number, segment in enumerate(stage.segments) for node in segment}
    own = [node for node in stage.nodes if node not in places and node in families]
    spans, lifetimes = [], []
    for node in own:
        users = [user for each in families[node] for user in (each, *readers[each])]
        first, last = min(users, key=order.__getitem__), max(users, key=order.__getitem__)
        together = kind_of_node(node) == "rows" or any(segment_of[user] != segment_of[first] for user in users)
        spans.append(together)
        lifetimes.append(_lifetime(order[first], order[last], together, stage, segment_of, first))
    held = {node: nbytes for cascade in stage.cascades for node, nbytes in cascade.held.items()}
    sizes = [
        rounded(held.get(node) or nbytes_of(node) * (block if together else 1))
        for node, together in zip(own, spans, strict=True)
    ]
    offsets, total = allocate(sizes, lifetimes)
    for node, offset, together in zip(own, offsets, spans, strict=True):
        places[node] = Place("scratch", offset, span="block" if together else "image")
    work = max((scratch_nbytes_of(node, target) for node in stage.nodes), default=0)
    return rounded(total) + rounded(work)


def _lifetime(
    first: int, last: int, together: bool, stage: Stage, segment_of: dict[Node, int], node: Node
) -> tuple[int, int]:
    """A block's values live from the start of the segment that makes them, since that segment runs once per image."""
    if not together:
        return first, last
    starts = [0]
    for segment in stage.segments:
        starts.append(starts[-1] + len(segment))
    nodes = stage.nodes
    return starts[segment_of[node]], starts[segment_of[nodes[last]] + 1] - 1
