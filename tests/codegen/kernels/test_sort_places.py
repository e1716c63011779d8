"""Sorted places, beside the interpreter."""

import numpy as np
import pytest

from planish import primitives
from tests.codegen.support import Case, on_every_target


def rows(extent):
    """Different numbers, equal ones, infinities, NaN, zeros of both signs."""
    generator = np.random.default_rng(extent)
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 1e-40, -1e-40], np.float32)
    made = [generator.standard_normal(extent), np.round(generator.standard_normal(extent)), np.zeros(extent)]
    made += [generator.choice(special, extent), np.sort(generator.standard_normal(extent)), np.full(extent, np.nan)]
    return np.array([made], np.float32)


@on_every_target
@pytest.mark.parametrize("extent", [1, 2, 7, 9, 16, 33, 100])
def test_rows(target, extent):
    case = Case(images=1)
    x = case.input(6, extent, values=rows(extent))
    for count in {1, min(extent, 8), min(extent, 9), extent}:
        case.output(primitives.sort_places(x, count), f"places {count}")
        case.output(primitives.top_k(x, count)[1], f"largest {count}")
    case.output(primitives.sort_places(case.weight(2, extent), extent), "weights")
    case.check(None)


def test_long_rows():
    case = Case(images=2)
    case.output(primitives.sort(case.input(4099), 0))
    case.output(primitives.top_k(case.input(3, 1000), 5)[0])
    case.check(None)
