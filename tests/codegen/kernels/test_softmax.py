"""Softmax and its logarithm, beside the interpreter."""

import numpy as np
import pytest

from planish import primitives
from tests.codegen.support import Case, on_every_target


@on_every_target
def test_rows_that_straddle_vectors(target):
    case = Case()
    for width in (1, 3, 7, 8, 9, 15, 16, 17, 31, 33):
        x = primitives.multiply(case.input(2, width), 5.0)
        case.output(primitives.softmax(x))
        case.output(primitives.log_softmax(x))
    case.check()


@on_every_target
@pytest.mark.parametrize("width", [3, 19])
def test_special_rows(target, width):
    rows = np.zeros((1, 8, width), np.float32)
    rows[0, 0] = 1e30
    rows[0, 1] = -1e30
    rows[0, 2, 1] = np.nan
    rows[0, 3, 2] = -np.inf
    rows[0, 4, 0] = np.inf
    rows[0, 5] = -np.inf
    rows[0, 6, 0], rows[0, 7, -1] = 200.0, np.nan
    case = Case(images=1)
    x = case.input(8, width, values=rows)
    case.output(primitives.softmax(x))
    case.output(primitives.log_softmax(x))
    computed, expected = case.computed(), case.expected(np.float32)
    for name in expected:
        np.testing.assert_allclose(computed[name], expected[name], rtol=1e-6)
