"""Products of the matrices of an image, beside the interpreter."""

import pytest

from planish import primitives
from planish.codegen.kernels.matmul import plan
from tests.codegen.support import Case, on_every_target

SIZES = [
    (1, 7, 33), (2, 3, 8), (5, 17, 1), (33, 16, 1), (40, 9, 2), (7, 1, 9), (13, 5, 16), (14, 33, 17), (31, 8, 40),
    (70, 6, 70),
]  # fmt: skip


@on_every_target
@pytest.mark.parametrize(("rows", "inner", "columns"), SIZES)
def test_sizes_that_straddle_tiles(target, rows, inner, columns):
    case = Case()
    a, b = case.input(rows, inner), case.input(inner, columns)
    case.output(primitives.matmul(a, b))
    case.output(primitives.matmul(case.weight(rows, inner), b))
    case.output(primitives.matmul(case.input(2, rows, inner), case.weight(2, inner, columns)))
    case.output(primitives.matmul(case.weight(2, rows, inner), case.weight(2, inner, columns)))
    case.output(primitives.contract(a, case.input(columns, inner), ((1,), (1,))))
    case.check()


@on_every_target
def test_what_follows_a_product_joins_it(target):
    case = Case()
    a, b = case.input(2, 29, 7), case.input(2, 7, 37)
    scaled = primitives.multiply(primitives.matmul(a, b), 0.3)
    case.output(primitives.relu(primitives.add(primitives.add(scaled, case.weight(37)), case.input(2, 29, 37))))
    case.check()


@on_every_target
def test_attention(target):
    case = Case()
    q, k, v = (case.input(2, 19, 10) for _ in range(3))
    scores = primitives.contract(q, k, ((2,), (2,)), ((0,), (0,)))
    case.output(primitives.matmul(primitives.softmax(primitives.multiply(scores, 10**-0.5)), v))
    case.check(5e-6)


def test_tiles_fill_registers():
    for lanes, registers in ((16, 32), (8, 16), (4, 16)):
        tile = plan(197, 197, lanes, registers)
        vectors = max(tile.panels)
        assert 0.75 * registers <= tile.rows * vectors + vectors + 1 <= registers
    assert plan(1, 1000, 8, 16).panels[0] >= 4  # one row needs several vectors, or sums wait for themselves
    assert max(plan(5, 8, 8, 16).panels) == 1
