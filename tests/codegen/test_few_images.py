"""Few images, which threads share inside of an image: the bits of one thread, whoever computes which grain."""

import ctypes
import functools
import threading

import numpy as np
import pytest

from planish import primitives
from planish.codegen import few_images
from planish.codegen.kernels import kernel_of
from planish.codegen.llvm.target import current_target
from planish.codegen.pieces import winograd_plan
from planish.codegen.planning import cutting
from planish.codegen.planning.plan import Request, make_plan
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.runtime import compile, programs
from planish.runtime.inference_executable import InferenceExecutable
from planish_runtime import context_layout as layout
from tests.codegen import emulated
from tests.codegen.odd_values import arranged, computed, joined_maps, odd_sizes
from tests.codegen.support import Case, floats, on_every_target, prefer
from tests.passes.random_graphs import random_inference
from tests.passes.support import bindings_of

SHARED = {
    "average_pool2d", "conv2d_columns", "conv2d_depthwise", "conv2d_panels", "conv2d_winograd", "dense_panels",
    "dense_panels_listed", "elementwise", "load_input", "max_pool2d", "pad2d", "reduce_max", "reduce_mean",
    "reduce_min", "reduce_prod", "reduce_sum", "reduce_sum_of",
}  # fmt: skip
"""The kernels that have grains."""


@pytest.fixture(autouse=True)
def _everything_is_worth_sharing(monkeypatch):
    """And nothing is taken from programs that other tests have made."""
    monkeypatch.setattr(cutting, "FEWEST_CYCLES", 0)
    monkeypatch.setattr(programs, "_COMPILED", {})


class Shared:
    """An executable, whose program is entered as its threads would, by as many as a test likes."""

    def __init__(self, graph, inputs, parameters):
        self.images = len(next(iter(inputs.values())))
        self.program = compile(graph, {name: array.dtype for name, array in inputs.items()})
        self.executable = InferenceExecutable(self.program)
        self.given = parameters, inputs
        self.outputs = {name: np.full((self.images, *node.shape), 7, floats()) for name, node in graph.outputs}
        self.alone()

    def alone(self):
        self.executable.run(self.given[0], self.given[1], self.outputs, self.images, version=1)
        return self.taken()

    def by(self, shares, numbers):
        """By threads of these numbers, one after the other, as if so many ran at the same time."""
        for array in self.outputs.values():
            array.fill(7)
        if emulated.WANTED:
            self.executable.entered_by(self.outputs, shares, numbers)
            return self.taken()
        for number, work in zip(numbers, self._entries(shares, numbers), strict=True):
            work(number)
        return self.taken()

    def at_once(self, threads):
        if emulated.WANTED:
            return self.by(threads, range(threads))
        started = [
            threading.Thread(target=work, args=(number,))
            for number, work in enumerate(self._entries(threads, range(threads)))
        ]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
        return self.taken()

    def _entries(self, shares, numbers):
        """The program, for each of these threads, given its number."""
        executable = self.executable
        scratch = [executable._scratch_address(number) for number in numbers]
        executable._begin(self.images)
        executable._slots[layout.SHARES_SLOT] = shares
        work = self.program.code.function("infer_cut", [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64])
        return [functools.partial(work, executable._address, own) for own in scratch]

    def taken(self):
        return {name: array.tobytes() for name, array in self.outputs.items()}


def check(graph, inputs, parameters):
    shared = Shared(graph, inputs, parameters)
    assert shared.program.most_cut == cutting.MOST_IMAGES
    expected = shared.alone()
    for shares, numbers in ((1, [0]), (1, [1]), (3, [2, 0]), (1000, [0]), (1000, [1])):
        assert shared.by(shares, numbers) == expected, (shares, numbers)
    for threads in (2, 3, 8):
        assert shared.at_once(threads) == expected, threads


def check_case(case):
    graph = Graph.build({name: node for name, node in case.outputs.items() if node.batched})
    names = {name_of(node) for node in graph.leaves("input")}
    check(graph, {name: array for name, array in case.inputs.items() if name in names}, case.parameters)


@on_every_target
def test_kernels_of_odd_sizes(target):
    case = Case(images=2)
    odd_sizes(case)
    check_case(case)


@on_every_target
@pytest.mark.parametrize("size", [3, 17])
def test_what_lies_inside_of_other_values(target, size):
    case = Case(images=2)
    x = case.input(9, 7, size)
    joined_maps(case, size)
    arranged(case, x, size)
    computed(case, size)
    check_case(case)


def wide(case):
    """Reductions of more channels than one grain has, and pixels of another type."""
    x = case.input(2, 3, 133)
    for reduce in ("max", "mean", "min", "prod", "sum"):
        case.output(getattr(primitives, f"reduce_{reduce}")(x, (0, 1)))
    case.output(primitives.reduce_sum(primitives.square(primitives.tanh(x)), (0, 1)))
    pixels = case.generator.integers(0, 256, (case.images, 40, 41), np.uint8)
    case.output(primitives.square(case.input(40, 41, values=pixels)))


@on_every_target
def test_wide_values(target):
    case = Case(images=3)
    wide(case)
    check_case(case)


@on_every_target
@pytest.mark.parametrize("seed", [0, 1, 2, 4, 7, 9])
def test_random_graphs(target, seed):
    graph = random_inference(seed)
    values = {name: value.astype(np.float32) for name, value in bindings_of(graph, seed).items()}
    check(graph, {"x": values.pop("x")[: cutting.MOST_IMAGES]}, values)


@pytest.mark.parametrize(
    ("name", "kept", "work"),
    [
        ("conv2d_winograd", winograd_plan.KEPT_OF_L2, winograd_plan.WORK_OF_L2),
        ("conv2d_winograd", 0, winograd_plan.WORK_OF_L2),
        ("conv2d_winograd", 0, 0),
        ("conv2d_panels", 0, 0),
    ],
)
def test_convolutions_cut_over_rows_and_over_channels(monkeypatch, name, kept, work):
    """Also with weights that are taken for more than a cache keeps, and are read for some tiles after others."""
    monkeypatch.setattr(winograd_plan, "KEPT_OF_L2", kept)
    monkeypatch.setattr(winograd_plan, "WORK_OF_L2", work)
    monkeypatch.setattr(winograd_plan, "WORK_OF_L3", work)
    prefer(monkeypatch, "conv2d", name)
    case = Case(images=2)
    for rows, columns, channels, filters in ((13, 11, 5, 40), (3, 2, 40, 100), (13, 9, 33, 17)):
        x = case.input(rows, columns, channels)
        for stride, border in ((1, ((1, 1), (1, 1))), (1, ((0, 2), (2, 0))), (2, ((1, 2), (0, 1)))):
            y = primitives.conv2d(x, case.weight(3, 3, channels, filters), (stride, stride), border)
            case.output(primitives.relu(primitives.add(y, case.weight(filters))))
    check_case(case)


@on_every_target
def test_rows_of_tiles_with_columns_in_the_lanes(target, monkeypatch):
    """More than one height of tiles, and rows that end inside of a vector of pixels."""
    prefer(monkeypatch, "conv2d", "conv2d_columns")
    case = Case(images=2)
    for rows, columns, channels, filters, kernel, strides, dilation in (
        (13, 11, 3, 2, (5, 5), (1, 1), (1, 1)),
        (23, 9, 2, 1, (3, 2), (2, 1), (1, 1)),
        (17, 38, 1, 3, (2, 3), (3, 2), (2, 3)),
        (5, 3, 1, 1, (1, 1), (2, 1), (1, 1)),
    ):
        x = case.input(rows, columns, channels)
        case.output(
            primitives.tanh(primitives.conv2d(x, case.weight(*kernel, channels, filters), strides, dilation=dilation))
        )
    check_case(case)


def test_all_kernels_that_can_be_shared_are_tested():
    """Whoever gives a kernel grains has it here, in a program that is cut."""
    case = Case()
    odd_sizes(case)
    joined_maps(case, 17)
    wide(case)
    graph = Graph.build({name: node for name, node in case.outputs.items() if node.batched})
    dtypes = {name: case.inputs[name].dtype.name for name in map(name_of, graph.leaves("input"))}
    plan = make_plan(Request(graph, dtypes, current_target(), training=False))
    nodes = [node for each in plan.cut.stages if each.grains > 1 for node in each.stage.nodes]
    cut = {plan.storage.layouts.spec_of(node).op for node in nodes}
    assert cut <= SHARED
    assert SHARED - cut <= {"conv2d_columns", "conv2d_winograd"}  # which have tests of their own
    assert all(kernel_of(op).kind in ("image", "rows") for op in SHARED)


def test_small_values_are_computed_by_one_thread(monkeypatch):
    monkeypatch.undo()
    x = primitives.input_("x", (4, 5, 3))
    plan = make_plan(Request(Graph.build({"y": primitives.tanh(x)}), {"x": "float32"}, current_target(), False))
    assert plan.cut is None


def test_pieces_are_at_most_so_many_for_each_thread(monkeypatch):
    """One image of 40 rows: at most PIECES pieces for each of the threads, and never less than a row."""
    monkeypatch.setattr(few_images, "PIECES", 3)
    case = Case(images=1)
    case.output(primitives.conv2d(case.input(42, 9, 8), case.weight(3, 3, 8, 8), (1, 2)))
    check_case(case)
