"""Dask arrays stay lazy, and keep their blocks along the images."""

import dask.array as da
import numpy as np
import pytest

import planish
from planish.flattening import FlattenMap


def lazily(numbers, chunks):
    """A Dask array that fails if it is computed before `allow` is called."""
    allowed = []

    def block(part):
        assert allowed, "computed"
        return part

    array = da.from_array(numbers, chunks=chunks).map_blocks(block, dtype=numbers.dtype, meta=numbers[:0])
    return array, lambda: allowed.append(True)


@pytest.mark.parametrize("chunks", [(3, -1, -1, -1), (1, -1, -1, -1), (4, 2, 3, 1), -1])
def test_there_and_back(chunks):
    numbers = np.arange(7 * 4 * 5 * 3).reshape(7, 4, 5, 3)
    images, allow = lazily(numbers, chunks)
    rows = planish.flatten(images)
    back = planish.unflatten(rows, 1, (4, -1, 3))
    assert type(rows) is type(back) is da.Array
    assert (rows.shape, back.shape) == ((7, 60), (7, 4, 5, 3))
    assert rows.chunks[0] == back.chunks[0] == images.chunks[0]
    allow()
    np.testing.assert_array_equal(rows.compute(), numbers.reshape(7, 60))
    np.testing.assert_array_equal(back.compute(), numbers)


def test_other_axes_and_images_that_are_numbers():
    numbers = np.arange(24).reshape(2, 3, 4)
    images, allow = lazily(numbers, (1, 3, 4))
    joined, column = planish.flatten(images, 0, 1), planish.flatten(images[:, 0, 0])
    allow()
    np.testing.assert_array_equal(joined.compute(), numbers.reshape(6, 4))
    np.testing.assert_array_equal(column.compute(), numbers[:, :1, 0])


@pytest.mark.parametrize("data_format", ["channels_first", "channels_last"])
def test_kernels_in_either_order(data_format):
    numbers = np.arange(120).reshape(60, 2)
    kernel, allow = lazily(numbers, (20, 1))
    laid_out = FlattenMap((3, 4, 5), data_format).unflatten(kernel)
    assert type(laid_out) is da.Array
    allow()
    np.testing.assert_array_equal(laid_out.compute(), FlattenMap((3, 4, 5), data_format).unflatten(numbers))


def test_the_number_of_images_need_not_be_known():
    numbers = np.arange(5 * 2 * 3).reshape(5, 2, 3)
    images, allow = lazily(numbers, (2, 1, 3))
    some = images[da.from_array(np.array([True, False, True, True, False]), chunks=2)]
    rows = planish.flatten(some)
    back = planish.unflatten(rows, -1, (2, 3))
    assert np.isnan(rows.shape[0])
    assert rows.shape[1:] == (6,)
    allow()
    np.testing.assert_array_equal(rows.compute(), numbers[[0, 2, 3]].reshape(3, 6))
    np.testing.assert_array_equal(back.compute(), numbers[[0, 2, 3]])
    for change in (lambda x: planish.flatten(x, 0), lambda x: planish.unflatten(x, 0, (1, -1))):
        with pytest.raises(ValueError, match=r"length of axis 0 is not known\n(.*\n)*  remedy: .*compute_chunk_sizes"):
            change(some)
