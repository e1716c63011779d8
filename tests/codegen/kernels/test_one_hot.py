"""Labels as vectors, bit for bit."""

import numpy as np

from planish import primitives
from tests.codegen.support import Case, on_every_target


@on_every_target
def test_classes_that_straddle_vectors(target):
    case = Case(images=9)
    for classes in (1, 3, 8, 10, 16, 17, 33):
        labels = case.generator.integers(-2, classes + 2, (9, 2)).astype(np.int32)
        case.output(primitives.one_hot(case.input(2, values=labels, dtype="i32"), classes))
        case.output(primitives.one_hot(case.input(values=labels[:, 0], dtype="i32"), classes))
    case.check(None)


@on_every_target
def test_numbers_that_are_classes(target):
    """As a function of one's own has its targets; what is not whole, or not a number, is not a class."""
    case = Case(images=9)
    for classes in (1, 3, 10, 17, 130):
        numbers = case.generator.integers(-2, classes + 2, (9, 2)).astype(np.float32)
        numbers[::4] += 0.5
        numbers[3], numbers[7, 0] = np.nan, 1e30
        case.output(primitives.one_hot(case.input(2, values=numbers), classes))
        case.output(primitives.one_hot(case.input(values=numbers[:, 0]), classes))
    case.check(None)
