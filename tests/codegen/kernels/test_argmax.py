"""Places of the largest and the smallest numbers, beside the interpreter."""

import numpy as np
import pytest

from planish import primitives
from tests.codegen.support import Case, on_every_target

FUNCTIONS = ["argmax", "argmin"]


@on_every_target
@pytest.mark.parametrize("shape", [(1,), (7,), (8, 3), (9, 17), (3, 33), (5, 3, 4), (100,), (2, 1)])
def test_compiled(target, shape):
    case = Case(images=4)
    few = np.round(np.random.default_rng(0).standard_normal((4, *shape))).astype(np.float32)
    for x in (case.input(*shape), case.input(*shape, values=few), case.weight(*shape)):
        for axis in range(len(shape)):
            for name in FUNCTIONS:
                case.output(getattr(primitives, name)(x, axis, axis == 0))
    case.check(None)


@on_every_target
@pytest.mark.parametrize("extent", [3, 8, 21, 40])
def test_special_values(target, extent):
    rows = np.zeros((1, 8, extent), np.float32)
    rows[0, 0, -1] = np.nan
    rows[0, 1, [0, -1]] = np.nan
    rows[0, 2] = -np.inf
    rows[0, 3] = np.inf
    rows[0, 4, 1] = -np.inf
    rows[0, 5, 1:] = np.nan
    rows[0, 6] = np.nan
    rows[0, 7, ::2] = -0.0
    case = Case(images=1)
    x, turned = case.input(8, extent, values=rows), case.input(extent, 8, values=rows.transpose(0, 2, 1))
    for name in FUNCTIONS:
        case.output(getattr(primitives, name)(x, 1))
        case.output(getattr(primitives, name)(turned, 0))
    case.check(None)
