"""Convolutions of few filters from their inputs' side, beside the interpreter."""

import pytest

from planish import primitives
from planish.codegen.kernels.conv2d_scattered import can, plan
from planish.codegen.llvm.target import current_target
from planish.codegen.planning.lowering import lower
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.passes import pipeline
from planish.primitives.conv2d import conv2d_settings
from planish.primitives.conv2d_input_grad import conv2d_input_grad
from planish.primitives.rewritten.fused import base_of
from tests.codegen.support import Case, on_every_target, prefer

SAME = ((1, 1), (1, 1))
PLAIN = conv2d_settings((1, 1), ((0, 0), (0, 0)), (1, 1), 1)


def scattered_of(node):
    dtypes = {name_of(leaf): "float32" for leaf in Graph.build({"y": node}).leaves("input")}
    lowered = lower(pipeline.run(Graph.build({"y": node})), current_target(), dtypes, training=False).graph
    bases = [base_of(node) for node in lowered.nodes]
    return "conv2d_scattered" in bases


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """Whether it pays or not."""
    prefer(monkeypatch, "conv2d", "conv2d_scattered")


def add(case, node):
    assert scattered_of(node)
    case.output(node)


@on_every_target
@pytest.mark.parametrize("filters", [1, 3, 9, 17])
def test_filters_and_borders(target, filters):
    case = Case()
    x = case.input(9, 7, 15)
    for kernel, padding in (
        ((3, 3), SAME),
        ((5, 4), ((2, 2), (1, 2))),
        ((5, 5), ((4, 4), (4, 4))),
        ((3, 3), ((2, 0), (0, 2))),
        ((1, 5), ((0, 0), (2, 2))),
    ):
        add(case, primitives.conv2d(x, case.weight(*kernel, 15, filters), (1, 1), padding))
    case.check()


@on_every_target
def test_dilated_rows(target):
    case = Case()
    x = case.input(11, 6, 24)
    add(case, primitives.conv2d(x, case.weight(3, 3, 24, 2), (1, 1), ((3, 1), (1, 2)), (2, 1)))
    case.check()


@on_every_target
@pytest.mark.parametrize("columns", [1, 2, 5, 15, 33])
def test_rows_of_any_width(target, columns):
    case = Case(images=1)
    for rows in (1, 13, 33):
        x = case.input(rows, columns, 32)
        add(case, primitives.conv2d(x, case.weight(3, 3, 32, 1), (1, 1), ((2, 2), (2, 2))))
    case.check()


@on_every_target
def test_tails(target):
    case = Case()
    x = case.input(8, 9, 40)
    y = [primitives.conv2d(x, case.weight(3, 3, 40, 3), (1, 1), SAME) for _ in range(3)]
    add(case, primitives.tanh(primitives.add(y[0], case.weight(3))))
    add(case, primitives.relu(primitives.add(primitives.multiply(y[1], case.weight(1, 1, 3)), case.input(8, 9, 3))))
    add(case, primitives.multiply(primitives.add(y[2], case.weight(1)), 0.5))
    case.check(1e-5)


@on_every_target
def test_gradient_of_the_map(target):
    case = Case()
    x = case.input(12, 10, 3)
    w = case.weight(5, 5, 3, 24)
    g = case.input(8, 6, 24)
    add(case, conv2d_input_grad(g, w, x.shape, conv2d_settings((1, 1), ((0, 0), (0, 0)), (1, 1), 1)))
    case.check()


def test_what_it_cannot_do():
    assert can((3, 3, 8, 2), PLAIN, SAME)
    assert not can((3, 3, 8, 2), PLAIN.changed(strides=(1, 2)), SAME)
    assert not can((3, 3, 8, 2), PLAIN.changed(dilation=(1, 2)), SAME)
    assert not can((3, 3, 8, 2), PLAIN.changed(groups=2), SAME)
    assert not can((3, 3, 8, 2), PLAIN, ((0, 0), (3, 0)))


def test_plan():
    tile = plan(run=30, rows=10, depth=16, lanes=16, registers=32)
    assert (tile.panels, tile.rows) == ((2,), 10)
    assert plan(run=1, rows=1, depth=1, lanes=16, registers=32).panels == (1,)
