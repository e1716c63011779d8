"""When each node runs: stages, each of which begins when the one before is done.

An *images* stage takes blocks of images through all its nodes (depth first). A *parts* stage runs independent parts of
values that have no batch axis: sums over the batch, new weights, packed weights. Nodes of one parts stage do not
depend on each other, except within a unit: element-wise values of one size, computed part by part together, and the sum
that they are made from, if it can hand over its parts (`joining.py`).

Where nothing that is computed for an image needs a sum over the batch, everything that is computed for images is one
stage, and the sums are the next one. These *repeat*: a large batch goes through them slice by slice (see `slicing`), so
that what the sums read is still in the cache. Batch normalization needs sums in the middle; its batches go through each
stage as a whole.

Behind stages of totals is one that *exchanges* them with other ranks (see `blocks.py`); nothing else is in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from planish.codegen.kernels import in_parts, kind_of_node
from planish.codegen.llvm.target import Target
from planish.codegen.planning.blocks import is_total, totals_at_the_end
from planish.codegen.planning.cascades import Cascade
from planish.codegen.planning.joining import cut_alike, joined_to
from planish.codegen.planning.slicing import is_sum
from planish.codegen.planning.views import is_beside, is_view, storage_root
from planish.graph.graph import LEAVES, Graph
from planish.graph.node import Node
from planish.graph.settings import name_of

SUMMARY_SHARE = 8  # how many times smaller than a map a sum over it is, at least


@dataclass(slots=True)
class Unit:
    """Nodes whose part number i may use part number i of each other, in order."""

    nodes: list[Node] = field(default_factory=list)

    @property
    def joined(self) -> bool:
        """Whether the first node is a sum, from which the others are made."""
        return len(self.nodes) > 1 and self.nodes[0].op != "elementwise"

    @property
    def total(self) -> Node | None:
        """The total of the sum, if that is what is made from it."""
        return self.nodes[1] if self.joined and is_total(self.nodes[1]) else None


@dataclass(slots=True)
class Stage:
    """`segments` (images) alternate between nodes done image by image and nodes done a block at a time.

    `units` are those of parts. `repeats`: it belongs to the part of a step that a batch goes through slice by slice.
    `cascades`: nodes of images that follow each other and are computed together, band by band.
    `exchanges`: it has no nodes, and exchanges the totals of the stages before it.
    """

    level: int
    batched: bool
    segments: list[list[Node]] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    repeats: bool = False
    cascades: list[Cascade] = field(default_factory=list)
    exchanges: bool = False

    @property
    def nodes(self) -> list[Node]:
        groups = self.segments if self.batched else [unit.nodes for unit in self.units]
        return [node for group in groups for node in group]


def schedule(graph: Graph, target: Target) -> list[Stage]:
    """Stages in order. Leaves and views run nowhere.

    A parameter's new value is written where the old one is: not before everything that reads the old one is done.
    RuntimeError for a value that needs both, other than the new value itself and element-wise ones behind it.
    """
    earliest: dict[Node, int] = {}
    for _ in range(1 + len(graph.updates)):
        stages = _stages(graph, earliest, joined_to(graph, target, earliest.keys()))
        early = _overtaking(graph, stages)
        if not early:
            return stages
        earliest.update(early)
    raise RuntimeError(f"a value needs parameters both as they were and as they become: {list(early)}")


def with_cascades(stages: Sequence[Stage], cascades: Sequence[Cascade]) -> None:
    """Puts the nodes of each of them one after another, where the last of them was, if they are in one segment."""
    for stage in stages:
        for segment in stage.segments:
            for cascade in cascades:
                nodes = cascade.nodes
                if all(node in segment for node in nodes):
                    end = 1 + segment.index(nodes[-1])
                    segment[:end] = [*(node for node in segment[:end] if node not in nodes), *nodes]
                    stage.cascades.append(cascade)


def _stages(graph: Graph, earliest: Mapping[Node, int], joined: Mapping[Node, Node]) -> list[Stage]:
    working = [node for node in graph.nodes if node.op not in LEAVES and not is_view(node)]
    sums = {node for node in working if is_sum(node)}
    totals = {node for node in working if node.op == "sum_of_slices" or is_total(node)}
    mixed = any(map(_mixes_images, working))
    images = _level_of_images(working, sums, earliest) if sums and not mixed else None
    if images is not None:
        behind = dict.fromkeys(_that_need(working, sums | earliest.keys()) - joined.keys(), images + 2 + bool(totals))
        at_least = behind | {node: max(level, behind.get(node, 0)) for node, level in earliest.items()}
        at_least |= {node: images for node in working if not in_parts(node)} | dict.fromkeys(sums, images + 1)
        at_least |= dict.fromkeys(totals - joined.keys(), images + 2)
        levels, unit_of = _levels(working, at_least, joined)
    else:
        joined = {node: total for node, total in joined.items() if not is_total(node)}
        levels, unit_of = _levels_with_totals_late(working, earliest, joined)
        if sums or mixed:
            _delay_images(graph, working, levels)
        else:
            _put_images_last(working, levels)
    together = images is not None and all(levels[node] == images + 1 for node in sums)
    repeating = together and not any(node.batched and in_parts(node) for node in working)
    members: dict[tuple[int, bool], list[Node]] = {}
    for node in working:
        members.setdefault((levels[node], in_parts(node)), []).append(node)
    last = max((levels[node] for node in totals), default=0)
    stages = []
    for (level, parts), nodes in sorted(members.items(), key=lambda item: item[0]):  # images first
        stages.append(_stage(level, not parts, nodes, unit_of))
        stages[-1].repeats = repeating and (not parts or nodes[0] in sums | totals)
        if any(map(is_total, nodes)) and (images is None or level == last):
            stages.append(Stage(level, False, exchanges=True))
    return stages


def _mixes_images(node: Node) -> bool:
    """Whether it is computed for all images of the batch at once, from what is computed for each of them."""
    return node.batched and in_parts(node) and any(source.batched for source in _sources(node))


def _that_need(working: list[Node], some: Set[Node]) -> set[Node]:
    """The nodes without a batch axis that are among `some`, or need one of them."""
    found: set[Node] = set()
    for node in working:
        if not node.batched and (node in some or any(source in found for source in _sources(node))):
            found.add(node)
    return found


def _level_of_images(working: list[Node], sums: Set[Node], earliest: Mapping[Node, int]) -> int | None:
    """The level of everything that is computed for images, if nothing in it needs a sum over the batch."""
    late = _that_need(working, sums | earliest.keys())
    if any(source in late for node in working if node.batched for source in _sources(node)):
        return None
    levels, _ = _levels([node for node in working if in_parts(node) and node not in late], {}, {})
    return 1 + max(levels.values(), default=-1)


def _overtaking(graph: Graph, stages: list[Stage]) -> dict[Node, int]:
    """New values of parameters that would be written before the last reader of the old one is done.

    And the level, at least, that they have to wait for.
    """
    when: dict[Node, tuple[int, int, int]] = {}
    level_of: dict[Node, int] = {}
    for number, stage in enumerate(stages):
        for place, group in enumerate(stage.segments if stage.batched else [unit.nodes for unit in stage.units]):
            when.update({node: (number, place, order) for order, node in enumerate(group)})
            level_of.update(dict.fromkeys(group, stage.level))
    new_values = {name: storage_root(node) for name, node in graph.updates}
    early: dict[Node, int] = {}
    for reader, (number, unit, order) in when.items():
        for leaf in map(storage_root, reader.inputs):
            new = new_values.get(name_of(leaf)) if leaf.op == "parameter" else None
            if new is None or new is reader:
                continue
            written = when[new]
            if not (number < written[0] or ((number, unit) == written[:2] and order < written[2])):
                early[new] = max(early.get(new, 0), level_of[reader] + 1)
    return early


def _sources(node: Node) -> list[Node]:
    roots = [storage_root(source) for source in node.inputs]
    return [root for root in roots if root.op not in LEAVES]


def _levels(
    working: list[Node], earliest: Mapping[Node, int], joined: Mapping[Node, Node]
) -> tuple[dict[Node, int], dict[Node, Unit]]:
    """As early as possible, but not before `earliest`."""
    levels: dict[Node, int] = {}
    unit_of: dict[Node, Unit] = {}
    for node in working:
        sources = _sources(node)
        if not in_parts(node):
            levels[node] = max((levels[source] + in_parts(source) for source in sources), default=0)
            levels[node] = max(levels[node], earliest.get(node, 0))
        elif node in joined and _can_join(sources, levels, unit_of, joined[node]):
            levels[node], unit_of[node] = levels[joined[node]], unit_of[joined[node]]
            unit_of[node].nodes.append(node)
        else:
            _place_part(node, sources, levels, unit_of, earliest.get(node, 0))
    return levels, unit_of


def _levels_with_totals_late(
    working: list[Node], earliest: Mapping[Node, int], joined: Mapping[Node, Node]
) -> tuple[dict[Node, int], dict[Node, Unit]]:
    """The same; totals that can wait do so for each other, and are exchanged at once."""
    levels, unit_of = _levels(working, earliest, joined)
    late = totals_at_the_end(working)
    if not late:
        return levels, unit_of
    last = max(levels[node] for node in late)
    return _levels(working, {**earliest, **{node: max(last, earliest.get(node, 0)) for node in late}}, joined)


def _can_join(sources: list[Node], levels: dict[Node, int], unit_of: dict[Node, Unit], total: Node) -> bool:
    """Whether everything else is there when the sum is computed."""
    own = unit_of[total].nodes
    return all(source in own or levels[source] < levels[total] for source in sources)


def _place_part(
    node: Node, sources: list[Node], levels: dict[Node, int], unit_of: dict[Node, Unit], earliest: int
) -> None:
    top = max((levels[source] for source in sources), default=-1)
    at_top = [source for source in sources if levels[source] == top]
    together = node.op == "elementwise" and at_top and all(_same_parts(source, node) for source in at_top)
    together = together and not any(unit_of[source].joined for source in at_top)
    if not together or top < earliest:
        levels[node] = max(top + 1, earliest)
        unit_of[node] = Unit([node])
        return
    levels[node] = top
    units = list({id(unit_of[source]): unit_of[source] for source in at_top}.values())
    merged = units[0]
    for unit in units[1:]:
        merged.nodes.extend(unit.nodes)
        for member in unit.nodes:
            unit_of[member] = merged
    merged.nodes.append(node)
    unit_of[node] = merged


def _same_parts(source: Node, node: Node) -> bool:
    return (
        not source.batched
        and source.op == "elementwise"
        and cut_alike(source)
        and cut_alike(node)
        and source.shape == node.shape
    )


def _delay_images(graph: Graph, working: list[Node], levels: dict[Node, int]) -> None:
    """Batched values are computed as late as possible: reading the input belongs with what uses it.

    Sums over an image are the exception: they are made while the image's map is in the cache.
    """
    readers: dict[Node, list[Node]] = {node: [] for node in working}
    for node in working:
        for source in _sources(node):
            readers[source].append(node)
    for node in working:
        if is_beside(node):  # what reads it waits for the kernel that computes both
            readers[storage_root(node.inputs[0])] += readers[node]
    for node in reversed(working):
        after = [reader for reader in readers[node] if not is_beside(reader)]
        if after and not in_parts(node):
            levels[node] = min(levels[reader] - in_parts(reader) for reader in after)
    small: set[Node] = set()
    for node in working:
        if is_beside(node):
            levels[node] = levels[storage_root(node.inputs[0])]
        elif not in_parts(node) and _is_summary(node, small):
            small.add(node)
            levels[node] = max((levels[source] + in_parts(source) for source in _sources(node)), default=0)


def _is_summary(node: Node, small: Set[Node]) -> bool:
    """Whether it is much smaller than what it is made from, or is made from such values: then it is kept, not they."""
    sources = [source for source in _sources(node) if source.batched]
    largest = max((source.type.size for source in sources), default=0)
    return node.type.size * SUMMARY_SHARE <= largest or (bool(sources) and all(source in small for source in sources))


def _put_images_last(working: list[Node], levels: dict[Node, int]) -> None:
    """Where no value of the program depends on the images, as in inference, one stage takes them through everything.

    What is prepared once then outlives it, since the images read it again in every run.
    """
    last = 1 + max((levels[node] for node in working if not node.batched), default=-1)
    for node in working:
        if node.batched:
            levels[node] = last


def _stage(level: int, batched: bool, members: list[Node], unit_of: dict[Node, Unit]) -> Stage:
    if batched:
        return Stage(level, True, segments=_segments(members))
    units = list({id(unit_of[node]): unit_of[node] for node in members}.values())
    position = {node: place for place, node in enumerate(members)}
    for unit in units:
        unit.nodes.sort(key=position.__getitem__)
    return Stage(level, False, units=units)


def _segments(members: list[Node]) -> list[list[Node]]:
    """As few changes between image and block nodes as the dependencies allow."""
    waiting = list(members)
    segments: list[list[Node]] = []
    kind = "image" if any(kind_of_node(node) == "image" for node in members) else "rows"
    while waiting:
        pending = set(waiting)
        taken: list[Node] = []
        for node in waiting:
            if kind_of_node(node) == kind and not any(source in pending for source in _sources(node)):
                taken.append(node)
                pending.discard(node)
        if taken:
            segments.append(taken)
        waiting = [node for node in waiting if node in pending]
        kind = "rows" if kind == "image" else "image"
    return segments
