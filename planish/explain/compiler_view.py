"""The fourth part of a report: what the compiler did with the model, pass by pass, as it recorded it."""

from __future__ import annotations

import difflib
import inspect
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planish.codegen.llvm.target import Target, current_target
from planish.codegen.planning import lowering
from planish.codegen.planning.plan import Request, make_plan
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.graph.printer import print_graph
from planish.graph.settings import name_of
from planish.layers.base.traced import Traced
from planish.models.looking.inputs import Inputs
from planish.passes import pipeline
from planish.passes.recorder import PassRun, Recorder
from planish.primitives.expression import SumOfSettings
from planish.primitives.rewritten.elementwise import ElementwiseSettings
from planish.primitives.rewritten.fused import FusedSettings
from planish_runtime.memory import FLOAT_NBYTES

if TYPE_CHECKING:
    from planish.models.model import Model

_TIMED_RUNS = 30


@dataclass(frozen=True, slots=True)
class Chip:
    """A value that is computed for each image: its operation, its shape, the layers it belongs to.

    `view` says that it is memory seen as another shape; `state` is 'kept', 'gone' (before a pass) or 'new' (after it).
    """

    text: str
    shape: tuple[int, ...]
    layers: str
    view: bool
    state: str = "kept"


@dataclass(frozen=True, slots=True)
class PassView:
    """What one pass changed. Graphs are given as rows of chips and as text; `seconds` is what the pass took."""

    name: str
    summary: str
    seconds: float
    before: list[Chip]
    after: list[Chip]
    text_before: str
    text_after: str


@dataclass(frozen=True, slots=True)
class Seconds:
    """What all passes took, what the whole plan did, and what the program takes for one image."""

    passes: float
    plan: float
    run: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: of one thread for a block of images, of what threads share, of the layers' outputs for one image."""

    scratch: int
    arena: int
    layers: int


@dataclass(frozen=True, slots=True)
class CompilerView:
    """The trace of one compilation. A thread computes `block` images at a time."""

    passes: list[PassView]
    unchanged: list[str]
    traced: list[Chip]
    kernels: int
    target: Target
    block: int
    seconds: Seconds
    nbytes: Memory


def compiler_view(model: Model, traced: Traced, inputs: Inputs) -> CompilerView:
    """Compiles the model's inference program up to its plan, and times the finished one on one image."""
    graph, target, recorder = model.graph(), current_target(), Recorder()
    dtypes = {name_of(node): inputs.arrays[name_of(node)].dtype.name for node in graph.leaves("input")}
    start = time.perf_counter()
    plan = make_plan(Request(graph, dtypes, target, training=False), recorder)
    seconds = time.perf_counter() - start
    passes = [_view_of(run) for run in recorder.runs]
    changed = [each for each in passes if each.text_before != each.text_after]
    last = recorder.runs[-1].after
    values = sum(y.type.size for visit in traced.leaves for y in visit.outputs if y.op != "reshape")
    return CompilerView(
        passes=changed,
        unchanged=[each.name for each in passes if each not in changed],
        traced=_chips(graph),
        kernels=sum(1 for chip in _chips(last) if not chip.view),
        target=target,
        block=plan.block,
        seconds=Seconds(
            passes=sum(run.seconds for run in recorder.runs),
            plan=seconds,
            run=_seconds_to_run(model, inputs),
        ),
        nbytes=Memory(
            scratch=plan.storage.scratch_nbytes, arena=plan.storage.arena_nbytes, layers=FLOAT_NBYTES * values
        ),
    )


def _seconds_to_run(model: Model, inputs: Inputs) -> float:
    """The shortest of some runs on one image, of a finished program."""
    image = inputs.given(model)
    model.predict_on_batch(image)
    seconds = []
    for _ in range(_TIMED_RUNS):
        start = time.perf_counter()
        model.predict_on_batch(image)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _view_of(run: PassRun) -> PassView:
    before, after = _marked(_chips(run.before), _chips(run.after))
    return PassView(
        run.name,
        summary_of(run.name),
        run.seconds,
        before,
        after,
        print_graph(run.before),
        print_graph(run.after),
    )


def _marked(before: list[Chip], after: list[Chip]) -> tuple[list[Chip], list[Chip]]:
    """Both rows; what only one of them has is marked as gone or as new."""
    gone, new = set(range(len(before))), set(range(len(after)))
    for block in difflib.SequenceMatcher(a=before, b=after, autojunk=False).get_matching_blocks():
        gone -= set(range(block.a, block.a + block.size))
        new -= set(range(block.b, block.b + block.size))
    return (
        [replace(chip, state="gone") if place in gone else chip for place, chip in enumerate(before)],
        [replace(chip, state="new") if place in new else chip for place, chip in enumerate(after)],
    )


def summary_of(name: str) -> str:
    """What a pass says of itself in the first paragraph of its file."""
    modules = {step.__name__: step.__module__ for step in pipeline.PASSES} | {"lower": lowering.__name__}
    text = inspect.cleandoc(sys.modules[modules[name]].__doc__ or "") if name in modules else ""
    return " ".join(text.split("\n\n")[0].split())


def _chips(graph: Graph) -> list[Chip]:
    return [
        Chip(_operations(node), node.shape, ", ".join(node.layers), node.op == "reshape")
        for node in graph.nodes
        if node.inputs and node.batched
    ]


def _operations(node: Node) -> str:
    """The operation, with those that were fused into it: "conv2d_pool + add + relu"."""
    settings = node.settings
    if not isinstance(settings, FusedSettings | ElementwiseSettings | SumOfSettings):
        return node.op
    base = [settings.base] if isinstance(settings, FusedSettings) else []
    steps = [each.op for each in settings.expression.instructions if each.op != "constant"]
    return " + ".join([*base, *steps]) or node.op
