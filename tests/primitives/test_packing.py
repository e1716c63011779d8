"""Packed weights: where each of them goes, and back."""

import numpy as np
import pytest

from planish import primitives
from planish.primitives.panels import unpack_panels
from planish.primitives.rewritten.pack_panels import pack_panels
from planish.primitives.rewritten.pack_winograd import pack_winograd
from planish.primitives.winograd import method
from tests.primitives.support import compute, numbers


def test_panels_are_read_front_to_back():
    w = np.arange(1.0, 15.0).reshape(2, 7)
    packed = compute(pack_panels(primitives.parameter("w", (2, 7)), (2, 1), 3), w=w)
    assert packed.tolist() == [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 7, 0, 0, 14, 0, 0]


@pytest.mark.parametrize("batch", [(), (3,), (2, 2)])
@pytest.mark.parametrize(
    ("columns", "panels", "lanes"), [(7, (2, 1), 3), (8, (2,), 4), (1, (1,), 16), (33, (2, 1), 16)]
)
def test_there_and_back(batch, columns, panels, lanes):
    w = numbers(*batch, 5, columns)
    packed = compute(pack_panels(primitives.parameter("w", w.shape), panels, lanes), w=w)
    assert packed.shape == (*batch, 5 * sum(panels) * lanes)
    np.testing.assert_array_equal(unpack_panels(packed, 5, columns, panels, lanes), w)
    around = w.swapaxes(-1, -2)
    turned = compute(pack_panels(primitives.parameter("w", around.shape), panels, lanes, turned=True), w=around)
    np.testing.assert_array_equal(turned, packed)


@pytest.mark.parametrize(("tile", "stride"), [(2, 1), (4, 1), (2, 2), (3, 2)])
def test_winograd_matrices(tile, stride):
    w = numbers(3, 3, 2, 7)
    packed = compute(pack_winograd(primitives.parameter("w", w.shape), tile, (1, 1), 4, stride=stride), w=w)
    assert packed.shape == ((tile + 2) ** 2, 2 * 8)
    matrices = unpack_panels(packed, 2, 7, (1, 1), 4)
    g = method(tile, stride).kernel
    for c, o in np.ndindex(2, 7):
        np.testing.assert_allclose(matrices[:, c, o].reshape(tile + 2, -1), g @ w[:, :, c, o] @ g.T, rtol=1e-12)
