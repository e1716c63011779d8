"""Whole numbers as f32, beside the interpreter."""

import numpy as np
import pytest

from planish import primitives
from tests.codegen.support import Case, on_every_target


@on_every_target
@pytest.mark.parametrize("extent", [1, 7, 8, 17, 33])
def test_numbers(target, extent):
    values = np.random.default_rng(0).integers(-(2**24), 2**24, (3, extent))
    case = Case()
    for dtype in (np.int32, np.int64):
        labels = primitives.as_floats(case.input(extent, values=values.astype(dtype), dtype="i32"))
        case.output(labels)
        case.output(primitives.multiply(labels, 0.5))
    case.check(None)
