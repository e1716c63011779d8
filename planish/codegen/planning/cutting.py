"""Few images on many threads: the work is cut inside of an image.

Threads that predict many images take blocks of them through the whole net. One image, or a few, would leave most of
them idle. So a program for inference has a second schedule of the same kernels: a stage for each of them, whose grains
(rows of a map, panels of channels: see `Kernel.grains`) threads share. Kernels that take less time than it takes to
share them, and those that cannot be cut, are joined: one thread takes an image through all of a row of them.

Every grain has the same bits whoever computes it, so both schedules give the same results.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from planish.codegen.kernels import kernel_for, kind_of_node
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Spec, spec_of
from planish.codegen.planning.cascades import Cascade, gain
from planish.codegen.planning.cascades import cascade as made
from planish.codegen.planning.layouts import Layouts
from planish.codegen.planning.schedule import Stage
from planish.codegen.planning.slicing import Slices
from planish.codegen.planning.storage import Place, Storage, nbytes_of, plan_storage, rounded
from planish.codegen.planning.views import is_beside, storage_root
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.primitives.rewritten.conv2d_columns import Conv2DColumnsSettings

MOST_IMAGES = 8  # there is memory for; more of them keep the threads busy as they are
MANY_PIECES = 16  # of an image: more threads than most machines have
NBYTES_OF_CYCLE = 20  # of a map that need not leave the second level of the cache save one, measured
FEWEST_CYCLES = 4000  # of a kernel that is worth sharing: threads wait for each other behind it, about a microsecond


@dataclass(frozen=True, slots=True)
class CutStage:
    """A stage of one node that has grains, or of a cascade, or of several nodes that one thread takes an image through.

    `together`: the grains are those of all images at once. `beside`: nodes that have nothing to wait for, borders
    around what the stage computes; whoever has an image's first grain computes them.
    """

    stage: Stage
    grains: int = 1
    together: bool = False
    beside: list[Node] = field(default_factory=list)

    @property
    def whole(self) -> Stage:
        """With all nodes."""
        segments = [*self.stage.segments, *([node] for node in self.beside)]
        return Stage(0, True, segments=segments, cascades=self.stage.cascades)


@dataclass(frozen=True, slots=True)
class CutSchedule:
    """The second schedule, and where its values are."""

    stages: list[CutStage]
    storage: Storage


def cut_schedule(
    graph: Graph, stages: Sequence[Stage], storage: Storage, target: Target, beginning: int
) -> CutSchedule | None:
    """None if nothing is worth sharing, or if images cannot be computed by themselves. Its values are in the arena from
    `beginning` on."""
    batched = [stage for stage in stages if stage.batched]
    if len(batched) != 1 or any(is_beside(node) or node.op == "batch_size" for node in graph.nodes):
        return None
    cut = _cut(batched[0], storage.layouts, target)
    if all(each.grains == 1 for each in cut):
        return None
    before = [stage for stage in stages if not stage.batched]
    known = {node: place for node, place in storage.places.items() if not node.batched}
    joint, used_nbytes = _joint_places(cut, storage, beginning)
    every = [*before, *(each.whole for each in cut)]
    own = plan_storage(graph, every, target, 1, Slices(1, 1), storage.layouts, {**known, **joint}, used_nbytes)
    return CutSchedule(cut, _with_slots(own, joint, used_nbytes))


def _joint_places(cut: Sequence[CutStage], storage: Storage, end: int) -> tuple[dict[Node, Place], int]:
    """Where, from `end` on, all images of the values are together that are computed, or read, for all images at once;
    and the end of that."""
    places: dict[Node, Place] = {}
    for node in (node for each in cut if each.together for node in each.stage.nodes):
        for value in map(storage_root, (node, *node.inputs)):
            whole = storage.layouts.whole_of(value)
            if whole.batched and whole not in places and storage.places[whole].area != "argument":
                places[whole] = Place("arena", end, span="batch")
                end += rounded(MOST_IMAGES * nbytes_of(whole))
    return places, end


def _with_slots(storage: Storage, joint: Collection[Node], used_nbytes: int) -> Storage:
    """Everything else has a place in the slot of its image, where it is as close together as in scratch memory."""
    layouts, slot_nbytes = storage.layouts, storage.arena_nbytes - used_nbytes
    places = {
        node: replace(place, span="slot")
        if place.area == "arena" and node.batched and layouts.whole_of(node) not in joint
        else place
        for node, place in storage.places.items()
    }
    arena_nbytes = used_nbytes + MOST_IMAGES * slot_nbytes
    return replace(storage, places=places, arena_nbytes=arena_nbytes, slot_nbytes=slot_nbytes)


def _cut(stage: Stage, layouts: Layouts, target: Target) -> list[CutStage]:
    """The stage's nodes in their order."""
    found: list[CutStage] = []
    alone: list[list[Node]] = []
    cascades = {each.nodes[0]: each for whole in stage.cascades if (each := _for_few_images(whole, target))}
    done: set[Node] = set()
    for node in stage.nodes:
        if node in cascades:
            found += [_whole(alone)] if alone else []
            found.append(_in_bands(cascades[node], layouts, target))
            alone = []
            done.update(cascades[node].nodes)
        if node in done:
            continue
        grains, kind = _grains(node, layouts, target), kind_of_node(node)
        before = found[-1] if found and not alone else None
        if before is not None and not before.together and _is_border(node, layouts):
            before.beside.append(node)
        elif grains > 1:
            found += [_whole(alone)] if alone else []
            found.append(CutStage(Stage(0, True, segments=[[node]]), grains, kind == "rows"))
            alone = []
        elif alone and kind_of_node(alone[-1][0]) == kind:
            alone[-1].append(node)
        else:
            alone.append([node])
    return [*found, _whole(alone)] if alone else found


def _in_bands(cascade: Cascade, layouts: Layouts, target: Target) -> CutStage:
    """The grains are those of the convolution in the middle."""
    spec = layouts.spec_of(cascade.depthwise)
    stage = Stage(0, True, segments=[cascade.nodes], cascades=[cascade])
    return CutStage(stage, kernel_for(spec).grains(spec, target))


def _for_few_images(cascade: Cascade, target: Target) -> Cascade | None:
    """Without the producer, if the rows that several threads compute cost more than bands save: None if that leaves
    nothing that pays."""
    if cascade.producer is None or not cascade.kept:
        return cascade
    again = cycles_of(spec_of(cascade.producer), target) * cascade.kept * (MANY_PIECES - 1)
    if again / cascade.depthwise.inputs[0].shape[0] < cascade.between_nbytes / NBYTES_OF_CYCLE:
        return cascade
    rest = None if cascade.consumer is None else made(None, None, cascade.depthwise, cascade.consumer, target)
    return rest if rest is not None and gain(rest, target) > 0 else None


def _is_border(node: Node, layouts: Layouts) -> bool:
    """Whether it only writes a border around what somebody else writes."""
    return node.op == "pad2d" and 0 in layouts.spec_of(node).in_place


def _whole(segments: list[list[Node]]) -> CutStage:
    return CutStage(Stage(0, True, segments=segments))


def _grains(node: Node, layouts: Layouts, target: Target) -> int:
    """1 for what is not to be cut."""
    if node in layouts.there or _is_border(node, layouts):
        return 1
    spec = layouts.spec_of(node)
    return kernel_for(spec).grains(spec, target) if cycles_of(spec, target) >= FEWEST_CYCLES else 1


def cycles_of(spec: Spec, target: Target) -> float:
    """About how long a kernel takes for an image: its products, or the elements that it reads and writes."""
    products = sum(type_.size for type_ in spec.inputs if not type_.batched) * _pixels(spec)
    elements = spec.result.size + sum(type_.size for type_ in spec.inputs if type_.batched)
    return products / (2 * target.lanes) + elements / 4


def _pixels(spec: Spec) -> int:
    """Of the result. A row of `conv2d_columns` has all filters of its pixels."""
    if spec.op == "conv2d_columns":
        return spec.result.size // Conv2DColumnsSettings.of(spec).kernel_shape[-1]
    return math.prod(spec.shape[:-1])
