"""Maps of another size."""

import numpy as np
import pytest

from planish import primitives
from planish.primitives.resampling import EXACT
from planish.utils import resizing
from tests.primitives.support import check_gradients, compute, numbers

SIZES = [((4, 5), (8, 15)), ((7, 3), (3, 2)), ((1, 1), (2, 3)), ((5, 6), (5, 4)), ((2, 9), (7, 1))]


def resized(x, size, interpolation):
    """Pixel by pixel, by definition."""
    rows, columns = x.shape[1:3]
    y = np.zeros((len(x), *size, x.shape[3]))
    for row, column in np.ndindex(*size):
        down, across = (row + 0.5) * rows / size[0], (column + 0.5) * columns / size[1]
        if interpolation == "nearest":
            y[:, row, column] = x[:, int(down), int(across)]
            continue
        for at, fraction in neighbours(down - 0.5, rows):
            for beside, share in neighbours(across - 0.5, columns):
                y[:, row, column] += fraction * share * x[:, at, beside]
    return y


def neighbours(centre, extent):
    below = int(np.floor(centre))
    share = centre - below
    return [(min(max(below, 0), extent - 1), 1 - share), (min(max(below + 1, 0), extent - 1), share)]


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize(("extents", "size"), SIZES)
def test_values_and_gradients(extents, size, interpolation):
    x = numbers(3, *extents, 2)
    node = primitives.resize2d(primitives.input_("x", x.shape[1:]), size, interpolation)
    np.testing.assert_allclose(compute(node, x=x), resized(x, size, interpolation), atol=1e-6)
    check_gradients(lambda node: primitives.square(primitives.resize2d(node, size, interpolation)), [x])


def test_the_same_size_is_the_map_itself():
    x = primitives.input_("x", (3, 4, 2))
    assert primitives.resize2d(x, (3, 4)) is x


@pytest.mark.parametrize("interpolation", EXACT)
@pytest.mark.parametrize(("extents", "size"), SIZES)
def test_weighted_values_and_gradients(extents, size, interpolation):
    x = numbers(3, *extents, 2)
    node = primitives.resize2d(primitives.input_("x", x.shape[1:]), size, interpolation)
    expected = [resizing.resized(image, size, interpolation) for image in x.astype(np.float32)]
    np.testing.assert_allclose(compute(node, x=x), expected, rtol=1e-5, atol=1e-5)
    check_gradients(lambda node: primitives.square(primitives.resize2d(node, size, interpolation)), [x])


@pytest.mark.parametrize(
    ("shape", "size", "interpolation", "what"),
    [
        ((3, 4), (2, 2), "nearest", "maps are resized"),
        ((3, 4, 1), (0, 2), "nearest", "maps are resized"),
        ((3, 4, 1), (2,), "nearest", "maps are resized"),
        ((3, 4, 1), (2, 2), "lanczos", "no such interpolation"),
    ],
)
def test_what_cannot_be_resized(shape, size, interpolation, what):
    with pytest.raises(ValueError, match=what):
        primitives.resize2d(primitives.input_("x", shape), size, interpolation)
