"""Pairs of all images: sums and both gradients, of widths that fill no vector, and more images than parts."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.primitives.circle_sums import CircleSettings, circle_sums
from tests.codegen.support import Case, on_every_target


@on_every_target
@pytest.mark.parametrize("width", [1, 7, 16, 37])
def test_compiled_pairs_are_those_of_the_interpreter(target, width):
    case = Case(images=19)
    labels = case.input(values=case.generator.integers(-2, 3, case.images).astype(np.int32), dtype="i32")
    x, z, g = case.input(width), case.input(width), case.input(2)
    for without_self in (True, False):
        y = circle_sums(x, labels, z, labels, CircleSettings(gamma=0.7, margin=0.2, without_self=without_self))
        case.output(primitives.softplus(y))
        total = primitives.batch_sum(primitives.reduce_sum(primitives.multiply(primitives.softplus(y), g), (0,)))
        for gradient in gradients(total, [x, z]):
            case.output(gradient)
    case.check(2e-5, training=True)
