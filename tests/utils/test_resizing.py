"""Images in another size: the quick way has the bits of the definition."""

import numpy as np
import pytest

from planish.primitives.resampling import neighbours
from planish.utils.resizing import resized


def by_definition(image, size):
    """Four pixels of each, mixed along the columns and then along the rows."""
    (above, below, down), (left, right, along) = map(neighbours, image.shape[:2], size)
    along, down = along[:, None], down[:, None, None]
    at = {
        name: image[rows[:, None], columns].astype(np.float32)
        for name, (rows, columns) in {
            "tl": (above, left), "tr": (above, right), "bl": (below, left), "br": (below, right),
        }.items()
    }  # fmt: skip
    top = at["tl"] + (at["tr"] - at["tl"]) * along
    bottom = at["bl"] + (at["br"] - at["bl"]) * along
    return top + (bottom - top) * down


@pytest.mark.parametrize(
    ("shape", "size"),
    [((37, 50, 3), (22, 24)), ((10, 8, 3), (22, 7)), ((9, 30, 1), (9, 11)), ((5, 5, 4), (5, 5)), ((1, 1, 3), (3, 2))],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_bilinear(shape, size, dtype):
    random = np.random.default_rng(0)
    image = (random.random(shape) * 255).astype(dtype)
    for given in (image, image[:, ::-1]):
        np.testing.assert_array_equal(resized(given, size), by_definition(given, size))


def test_an_image_of_the_size_is_a_copy():
    image = np.ones((4, 4, 3), np.float32)
    same = resized(image, (4, 4))
    same[:] = 0
    assert image.all()
