"""Maps of another size, and their gradients."""

import pytest

from planish import primitives
from planish.primitives.resize2d_grad import resize2d_grad
from tests.codegen.support import Case, on_every_target


@on_every_target
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos5"])
@pytest.mark.parametrize("channels", [1, 3, 16, 17])
def test_sizes(target, interpolation, channels):
    case = Case()
    for extents, size in (((5, 7), (10, 21)), ((9, 4), (4, 3)), ((1, 1), (3, 2)), ((6, 10), (7, 3))):
        x = case.input(*extents, channels)
        y = primitives.resize2d(x, size, interpolation)
        case.output(y)
        case.output(resize2d_grad(primitives.tanh(y), x.shape, interpolation))
    case.check()
