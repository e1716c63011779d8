"""Everything that the compiler decides before it writes code: how, when and where each value is computed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from planish.codegen.kernels import kind_of_node
from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.target import Target
from planish.codegen.planning.blocks import Blocks, totals_of, with_results_apart
from planish.codegen.planning.candidate import Decision
from planish.codegen.planning.cascades import cascades_of
from planish.codegen.planning.cutting import CutSchedule, cut_schedule
from planish.codegen.planning.layouts import layouts_of
from planish.codegen.planning.lowering import Decisions, followed, lower
from planish.codegen.planning.schedule import Stage, schedule, with_cascades
from planish.codegen.planning.shipped import packed_places
from planish.codegen.planning.slicing import Slices, cut, images_of_turn, total_over_slices, with_updates_apart
from planish.codegen.planning.storage import NOTHING, Storage, nbytes_of, plan_storage
from planish.graph.graph import Graph
from planish.graph.node import Node, numbers_are
from planish.graph.settings import name_of
from planish.passes import pipeline
from planish.passes.recorder import Recorder
from planish_runtime.context_layout import MOST_PIECES
from planish_runtime.memory import check_fits, limit_nbytes

# Images that a thread takes through the dense layers together, at most: two row blocks of the AVX-512 kernel, or one of
# the narrower ones; fewer in training, so that what a block leaves for the gradients stays in the cache.
INFERENCE_BLOCK, TRAINING_BLOCK, TRAINING_BLOCK_WITHOUT_ROWS = 28, 16, 4


@dataclass(frozen=True, slots=True)
class Request:
    """Everything from which a program is made. `input_dtypes` are NumPy's names of the element types in memory;
    `blocks` are those of batches that several ranks share. `shipped`: packed weights will be in a file, and at most
    `most_together` images are taken through a layer together."""

    graph: Graph
    input_dtypes: Mapping[str, str]
    target: Target
    training: bool
    max_batch: int = 0
    blocks: Blocks | None = None
    shipped: bool = False
    most_together: int = INFERENCE_BLOCK

    def in_own_numbers(self) -> Request:
        """The same for the target as programs with the graph's type of numbers see it."""
        return replace(self, target=self.target.computing_in(element_type(self.graph.numbers)))


@dataclass(frozen=True, slots=True)
class Plan:
    """A lowered graph with everything decided: when nodes run, where their values are, and why they are computed so;
    `cut` is the schedule for few images, in a program for inference."""

    graph: Graph
    stages: list[Stage]
    storage: Storage
    target: Target
    block: int
    slices: Slices
    decisions: Mapping[Node, Decision]
    cut: CutSchedule | None = None
    blocks: Blocks | None = None


def _told(node: Node) -> str:
    return name_of(node) if node.op == "parameter" else node.op


def make_plan(request: Request, recorder: Recorder | None = None) -> Plan:
    """All decisions of the compiler, before any code is written. TooLargeError for a value that no memory can hold."""
    with numbers_are(request.graph.numbers):
        return _plan(request.in_own_numbers(), recorder)


def _plan(request: Request, recorder: Recorder | None) -> Plan:
    limit = limit_nbytes()
    for node in request.graph.nodes:
        if nbytes_of(node) > limit:
            of = f"a value of one image ({node.op})" if node.batched else f"weight '{_told(node)}'"
            check_fits(nbytes_of(node), of, node.shape, layer=", ".join(node.layers) or None)
    optimized = pipeline.run(request.graph, recorder)
    started = time.perf_counter()
    lowered, decisions = lower(optimized, request.target, request.input_dtypes, training=request.training)
    if recorder is not None:
        recorder.add("lower", optimized, lowered, time.perf_counter() - started)
    whole, blocks = lowered, request.blocks
    if blocks is not None:
        lowered = _with_totals(whole, decisions, blocks)
    stages = schedule(lowered, request.target)
    block = TRAINING_BLOCK if request.training else min(INFERENCE_BLOCK, request.most_together)
    if request.training and not _has_rows(stages):
        block = TRAINING_BLOCK_WITHOUT_ROWS
    block = max(block, -(-request.max_batch // MOST_PIECES))
    if blocks is None:
        slices = _slices(lowered, stages, request, block)
        if slices.count > 1:
            lowered = with_updates_apart(lowered.rewrite_knowing(followed(decisions, total_over_slices)))
    else:
        blocks, slices = _turns(lowered, stages, request, blocks, block)
        if slices.count > 1:
            lowered = _with_totals(whole, decisions, blocks)
    if slices.count > 1:
        stages = schedule(lowered, request.target)
    layouts = layouts_of(lowered)
    if not request.training:
        with_cascades(stages, cascades_of(lowered, layouts, request.target))
    known = packed_places(stages, layouts) if request.shipped else NOTHING
    storage = plan_storage(lowered, stages, request.target, block, slices, layouts, known, blocks=blocks)
    beginning = 0 if request.shipped else storage.arena_nbytes  # nothing else is in the arena of a shipped program
    cut_inside = None if request.training else cut_schedule(lowered, stages, storage, request.target, beginning)
    return Plan(lowered, stages, storage, request.target, block, slices, decisions, cut_inside, blocks)


def _with_totals(graph: Graph, decisions: Decisions, blocks: Blocks) -> Graph:
    """The graph in which sums are those over blocks, and their readers read totals."""
    return with_results_apart(graph.rewrite_knowing(followed(decisions, totals_of(graph, blocks))))


def _slices(graph: Graph, stages: list[Stage], request: Request, block: int) -> Slices:
    """How a batch is cut; it stays whole where stages need all of it."""
    if not any(stage.repeats for stage in stages):
        return Slices(1, request.max_batch)
    return cut(request.max_batch, _image_nbytes(graph, stages, request.target, block), block)


def _turns(graph: Graph, stages: list[Stage], request: Request, blocks: Blocks, block: int) -> tuple[Blocks, Slices]:
    """The same for the blocks of a rank."""
    if not any(stage.repeats for stage in stages):
        return blocks, Slices(1, blocks.most_images(request.max_batch))
    return blocks.cut(request.max_batch, images_of_turn(_image_nbytes(graph, stages, request.target, block), block))


def _image_nbytes(graph: Graph, stages: list[Stage], target: Target, block: int) -> int:
    """What an image leaves for later stages: the same whatever there is for sums."""
    layouts = layouts_of(graph)
    one, two = (
        plan_storage(graph, stages, target, block, Slices(1, images), layouts).arena_nbytes for images in (256, 512)
    )
    return (two - one) // 256


def _has_rows(stages: list[Stage]) -> bool:
    segments = [segment for stage in stages if stage.batched for segment in stage.segments]
    return any(kind_of_node(segment[0]) == "rows" for segment in segments)
