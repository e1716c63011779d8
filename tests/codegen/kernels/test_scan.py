"""Running sums and products, beside the interpreter."""

import pytest

from planish import primitives
from tests.codegen.support import Case, on_every_target


@on_every_target
@pytest.mark.parametrize("shape", [(1,), (7,), (5, 3), (3, 1), (4, 33), (2, 5, 9)])
def test_along_every_axis(target, shape):
    case = Case()
    x, a = case.input(*shape), case.weight(*shape)
    for axis in range(len(shape)):
        for reverse in (False, True):
            case.output(primitives.cumsum(x, axis, reverse))
            case.output(primitives.cumprod(x, axis, reverse))
            case.output(primitives.cumprod(a, axis, reverse))
            case.output(primitives.linear_scan(primitives.tanh(x), primitives.square(x), axis, reverse))
    case.check()
