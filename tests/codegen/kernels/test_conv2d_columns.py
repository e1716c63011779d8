"""Convolutions with output columns in the lanes, beside the interpreter."""

import numpy as np
import pytest

from planish import primitives
from planish.codegen.kernels.conv2d_columns import can, cycles, plan
from planish.codegen.llvm.target import current_target, make_target
from planish.codegen.planning.lowering import lower
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.passes import pipeline
from planish.primitives.conv2d import conv2d_settings
from planish.primitives.rewritten.fused import base_of
from tests.codegen.support import Case, on_every_target, prefer

SAME = ((1, 1), (1, 1))


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """Whether it pays or not."""
    prefer(monkeypatch, "conv2d", "conv2d_columns")


def add(case, node):
    dtypes = {name_of(leaf): "float32" for leaf in Graph.build({"y": node}).leaves("input")}
    lowered = lower(pipeline.run(Graph.build({"y": node})), current_target(), dtypes, training=False).graph
    assert "conv2d_columns" in [base_of(node) for node in lowered.nodes]
    case.output(node)


@on_every_target
@pytest.mark.parametrize("filters", [1, 2, 3, 6, 7])
@pytest.mark.parametrize("channels", [1, 3, 5, 17])
def test_filters_and_channels(target, filters, channels):
    case = Case()
    x = case.input(7, 9, channels)
    add(case, primitives.conv2d(x, case.weight(3, 2, channels, filters)))
    add(case, primitives.conv2d(x, case.weight(1, 1, channels, filters)))
    case.check()


@on_every_target
@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 50])
def test_rows_of_any_width(target, columns):
    case = Case(images=1)
    for rows in (1, 6, 17):
        x = case.input(rows, columns, 3)
        add(case, primitives.conv2d(x, case.weight(1, 1, 3, 2)))
        add(case, primitives.conv2d(x, case.weight(5, 5, 3, 3), (1, 1), ((2, 2), (2, 2))))
    case.check()


@on_every_target
def test_strides_dilation_and_padding(target):
    case = Case()
    x = case.input(11, 12, 3)
    for strides, padding, dilation in (
        ((2, 1), SAME, (1, 1)),
        ((1, 2), SAME, (1, 1)),
        ((2, 3), ((0, 0), (0, 0)), (1, 1)),
        ((3, 4), ((2, 0), (0, 0)), (2, 3)),
        ((1, 1), ((0, 2), (2, 1)), (3, 2)),
        ((2, 2), ((0, 0), (1, 1)), (1, 3)),
    ):
        add(case, primitives.conv2d(x, case.weight(3, 3, 3, 5), strides, padding, dilation))
    case.check()


@on_every_target
def test_tails(target):
    case = Case()
    x = case.input(8, 19, 2)
    y = [primitives.conv2d(x, case.weight(3, 3, 2, 5), (1, 1), SAME) for _ in range(3)]
    add(case, primitives.tanh(primitives.add(y[0], case.weight(5))))
    add(case, primitives.relu(primitives.add(primitives.multiply(y[1], case.weight(1, 1, 5)), case.input(8, 19, 5))))
    add(case, primitives.multiply(primitives.add(y[2], case.weight(1)), 0.5))
    case.check(4e-6)


@on_every_target
def test_no_value_reaches_outputs_that_do_not_see_it(target):
    case = Case()
    values = np.ones((case.images, 6, 18, 3), np.float32)
    values[:, 2, 4, 1] = np.nan
    values[:, 5, 17, 2] = np.inf
    node = primitives.conv2d(case.input(6, 18, 3, values=values), case.weight(3, 3, 3, 6))
    add(case, node)
    np.testing.assert_array_equal(np.isnan(case.computed()["y0"]), np.isnan(case.expected()["y0"]))


def test_what_it_cannot_do():
    plain = conv2d_settings((1, 1), ((0, 0), (0, 0)), (1, 1), 1)
    assert can((8, 9, 4), plain)
    assert not can((8, 9, 4), plain.changed(groups=2))
    assert not can((8, 9, 4), plain.changed(strides=(1, 2)))
    assert cycles((8, 9, 4), (3, 3, 4, 31), (6, 7, 31), make_target("avx512", "x86_64-unknown-linux-gnu")) is None


def test_plan():
    tile = plan(filters=6, rows=28, columns=28, lanes=16, registers=32)
    assert (tile.rows, tile.vectors) == (2, (2,))
    assert plan(filters=14, rows=28, columns=28, lanes=16, registers=32).vectors == (2,)
