"""Values that live at the same time do not share memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planish.codegen.kernels import kind_of_node, run_of_item, scratch_nbytes_of
from planish.codegen.llvm.target import make_target
from planish.codegen.planning import storage
from planish.codegen.planning.plan import Request, make_plan
from planish.codegen.planning.storage import allocate, nbytes_of, rounded
from planish.codegen.planning.views import is_beside, storage_root
from planish.graph.graph import LEAVES
from tests.passes.random_graphs import random_inference, random_training

TARGETS = [make_target(name, "x86_64-unknown-linux-gnu") for name in ("avx512", "x86-64")]
BATCH = 5


@st.composite
def values(draw):
    """Size, and first and last moment."""
    start = draw(st.integers(0, 8))
    return draw(st.integers(0, 300)), (start, start + draw(st.integers(0, 5)))


@given(st.lists(values(), max_size=12))
def test_allocated_values_do_not_overlap(made):
    sizes, lifetimes = [size for size, _ in made], [lifetime for _, lifetime in made]
    offsets, total = allocate(sizes, lifetimes)
    assert len(offsets) == len(made)
    for here in range(len(made)):
        assert 0 <= offsets[here] <= offsets[here] + sizes[here] <= total
        for there in range(here):
            together = lifetimes[here][0] <= lifetimes[there][1] and lifetimes[there][0] <= lifetimes[here][1]
            apart = offsets[here] + sizes[here] <= offsets[there] or offsets[there] + sizes[there] <= offsets[here]
            assert not together or apart


@given(st.lists(values(), max_size=12))
def test_memory_is_reused(made):
    """No more than all of it; and values of one size one after the other take the place of one."""
    sizes, lifetimes = [size for size, _ in made], [lifetime for _, lifetime in made]
    assert allocate(sizes, lifetimes)[1] <= sum(sizes)
    assert allocate([64] * 6, [(step, step) for step in range(6)])[1] == 64
    assert allocate([64] * 6, [(step, step + 1) for step in range(6)])[1] == 128


@given(st.lists(values(), max_size=12))
def test_each_value_takes_the_first_gap_among_those_that_are_larger(made):
    """The largest ones come first; of equal ones, the one that was given first."""
    sizes, lifetimes = [size for size, _ in made], [lifetime for _, lifetime in made]
    offsets, total = allocate(sizes, lifetimes)
    before = []
    for here in sorted(range(len(made)), key=lambda place: -sizes[place]):
        start, end = lifetimes[here]
        others = [there for there in before if lifetimes[there][0] <= end and start <= lifetimes[there][1]]
        taken = [(offsets[there], offsets[there] + sizes[there]) for there in others]
        fitting = [
            offset
            for offset in sorted({0, *(last for _, last in taken)})
            if all(offset + sizes[here] <= first or last <= offset for first, last in taken)
        ]
        assert offsets[here] == fitting[0]
        before.append(here)
    assert total == max((offset + size for offset, size in zip(offsets, sizes, strict=True)), default=0)


def test_what_no_machine_has_is_allocated_all_the_same():
    assert allocate([2**62, 2**63, 5], [(0, 1)] * 3) == ([0, 2**62, 2**62 + 2**63], 2**62 + 2**63 + 5)


def size_of(node, place, plan):
    """Bytes that a value takes where it is."""
    block = plan.block
    if place.span == "item":
        return 4 * run_of_item(node, plan.target)
    slots = {"block": block, "batch": BATCH, "none": 1, "image": 1}
    return nbytes_of(node) * slots[place.span]


def moments(plan):
    """The stages in which what is in each memory of its own is first made and last read; values inside of others count
    for those."""
    stage_of = {node: number for number, stage in enumerate(plan.stages) for node in stage.nodes}
    last = dict(stage_of)
    for node in plan.graph.nodes:
        if node in stage_of:
            for source in map(storage_root, node.inputs):
                if source in last:
                    last[source] = max(last[source], stage_of[node])
    first, own = dict(stage_of), [node for node in stage_of if node not in plan.storage.layouts.inside]
    for node, layout in plan.storage.layouts.inside.items():
        whole = layout.whole
        first[whole], last[whole] = min(first[whole], first[node]), max(last[whole], last[node])
    return {node: first[node] for node in own}, {node: last[node] for node in own}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("seed", range(25))
def test_plans_of_random_graphs(seed, training):
    graph = random_training(seed) if training else random_inference(seed)
    request = Request(graph, {"x": "float32"}, TARGETS[seed % 2], training, BATCH if training else 0)
    plan = make_plan(request)
    first, last = moments(plan)
    places = plan.storage.places
    assert set(first) <= set(places)
    for area, total in (("arena", plan.storage.arena_nbytes), ("scratch", plan.storage.scratch_nbytes)):
        nodes = [node for node in first if places[node].area == area]
        spans = [(places[node].offset, places[node].offset + size_of(node, places[node], plan)) for node in nodes]
        for number, node in enumerate(nodes):
            work = max(rounded(scratch_nbytes_of(other, plan.target)) for other in plan.stages[first[node]].nodes)
            assert spans[number][1] <= total - (work if area == "scratch" else 0)
            if area == "scratch":
                assert first[node] == last[node]
                continue
            for other in range(number):
                if first[node] <= last[nodes[other]] and first[nodes[other]] <= last[node]:
                    assert spans[number][1] <= spans[other][0] or spans[other][1] <= spans[number][0]
    batched = [node for node in first if node.batched]
    assert training or all(places[node].area != "arena" for node in batched)
    assert all(node.op in LEAVES or node in places or node.op == "reshape" for node in plan.graph.nodes)


class Scratch:
    """A thread's scratch memory while a block of images goes through a stage: whose bytes are where.

    What lies inside of a larger value has that one's name.
    """

    IMAGES = 3

    def __init__(self, plan):
        self.plan, self.owner = plan, {}

    def span(self, node, image):
        place, layouts = self.plan.storage.places[node], self.plan.storage.layouts
        start = place.offset + (image * nbytes_of(layouts.whole_of(node)) if place.span == "block" else 0)
        if node not in layouts.inside:
            return range(start, start + nbytes_of(node))
        indices = np.indices(node.shape).reshape(len(node.shape), -1)
        elements = np.array(layouts.inside[node].strides) @ indices
        return (start + 4 * elements[:, None] + np.arange(4)).ravel().tolist()

    def named(self, node, image):
        return self.plan.storage.layouts.whole_of(node), image

    def in_scratch(self, nodes):
        found = dict.fromkeys(map(storage_root, nodes))
        return [node for node in found if node in self.plan.storage.places and self.kept(node)]

    def kept(self, node):
        place = self.plan.storage.places[node]
        return place.area == "scratch" and place.span != "item"

    def run(self, node, images):
        """What the kernel reads is there before it writes and after it: its result and its work space are elsewhere."""
        written = [node, *(other for other in self.plan.graph.nodes if is_beside(other) and other.inputs[0] is node)]
        self.check(node, images)
        for image in images:
            for value in filter(self.kept, written):
                self.owner.update(dict.fromkeys(self.span(value, image), self.named(value, image)))
        total, work = self.plan.storage.scratch_nbytes, rounded(scratch_nbytes_of(node, self.plan.target))
        self.owner.update(dict.fromkeys(range(total - work, total), None))
        self.check(node, images)

    def check(self, node, images):
        for source in self.in_scratch(node.inputs):
            for image in images:
                owners = {self.owner.get(byte) for byte in self.span(source, image)}
                assert owners <= {self.named(source, image)}, f"{node} reads {source}, but finds {owners}"

    def run_stage(self, stage):
        images = range(self.IMAGES)
        for segment in stage.segments:
            nodes = [node for node in segment if not is_beside(node)]
            if kind_of_node(segment[0]) == "rows":
                for node in nodes:
                    self.run(node, images)
            else:
                for image in images:
                    for node in nodes:
                        self.run(node, [image])


@pytest.mark.parametrize("training", [False, True])
def test_what_a_kernel_reads_in_scratch_memory_is_what_was_computed(training):
    values = 0
    for seed in range(16):
        graph = random_training(seed) if training else random_inference(seed)
        plan = make_plan(Request(graph, {"x": "uint8"}, TARGETS[seed % 2], training, BATCH if training else 0))
        for stage in plan.stages:
            if stage.batched:
                Scratch(plan).run_stage(stage)
                values += sum(plan.storage.places[node].area == "scratch" for node in stage.nodes)
    assert values > 50


@pytest.mark.parametrize("training", [False, True])
def test_it_would_not_be_if_lifetimes_were_too_short(training, monkeypatch):
    monkeypatch.setattr(storage, "_lifetime", lambda first, *_: (first, first))
    with pytest.raises(AssertionError, match="but finds"):
        test_what_a_kernel_reads_in_scratch_memory_is_what_was_computed(training)
