"""Indices, positions and orders of flat vectors against NumPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planish.flattening import FlattenMap

RANKS_2_TO_5 = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple)  # without the batch axis
FORMATS = st.sampled_from(["channels_last", "channels_first"])


def flat_by_numpy(shape, data_format, order):
    """The coordinates of every element of a map, as [size, axes], in the order of its flat vector."""
    places = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    if data_format == "channels_first":
        places = np.concatenate([places[..., 1:], places[..., :1]], axis=-1)
    if data_format != order:
        places = np.moveaxis(places, 0, -2) if order == "channels_last" else np.moveaxis(places, -2, 0)
    return places.reshape(-1, len(shape))


@given(shape=RANKS_2_TO_5, data_format=FORMATS, order=FORMATS)
def test_positions_are_those_of_numpy(shape, data_format, order):
    flat = FlattenMap(shape, data_format, order)
    expected = flat_by_numpy(shape, data_format, order)
    np.testing.assert_array_equal(np.stack(flat.position(np.arange(flat.size)), axis=-1), expected)
    assert flat.position(flat.size - 1) == tuple(extent - 1 for extent in flat.extents)


@given(shape=RANKS_2_TO_5, data_format=FORMATS, order=FORMATS)
def test_indices_undo_positions(shape, data_format, order):
    flat = FlattenMap(shape, data_format, order)
    indices = np.arange(flat.size)
    np.testing.assert_array_equal(flat.index(*flat.position(indices)), indices)
    for index in (0, flat.size // 2, flat.size - 1):
        position = flat.position(index)
        assert flat.index(*position) == index
        assert flat.index(**dict(zip(flat.axis_names, position, strict=True))) == index


@given(shape=RANKS_2_TO_5, data_format=FORMATS, order=FORMATS, to=FORMATS)
def test_permutations_reorder_flat_vectors(shape, data_format, order, to):
    flat = FlattenMap(shape, data_format, order)
    names = np.arange(flat.size) * 3 + 1  # what stands at each place of the map
    coordinates, elsewhere = (flat_by_numpy(shape, data_format, which) for which in (order, to))
    value = {tuple(place): name for place, name in zip(coordinates, names, strict=True)}
    permutation = flat.permutation(to)
    assert permutation.dtype == np.int64
    np.testing.assert_array_equal(names[permutation], [value[tuple(place)] for place in elsewhere])
    np.testing.assert_array_equal(names[permutation][flat.permutation(to, inverse=True)], names)


@given(shape=RANKS_2_TO_5, data_format=FORMATS, order=FORMATS, axis=st.sampled_from([0, 1, -1]))
def test_unflatten_puts_every_element_at_its_position(shape, data_format, order, axis):
    flat = FlattenMap(shape, data_format, order)
    rows = np.moveaxis(np.arange(flat.size * 3).reshape(flat.size, 3), 0, axis)
    laid_out = flat.unflatten(rows, axis)
    first = axis % 2
    assert laid_out.shape == (*rows.shape[:first], *shape, *rows.shape[first + 1 :])
    for index in (0, flat.size // 2, flat.size - 1):
        *pixel, channel = flat.position(index)
        place = (channel, *pixel) if data_format == "channels_first" else (*pixel, channel)
        np.testing.assert_array_equal(
            np.moveaxis(laid_out, range(first, first + len(shape)), range(len(shape)))[place],
            np.moveaxis(rows, first, 0)[index],
        )


def test_the_example_that_everyone_meets():
    flat = FlattenMap((5, 5, 64))
    assert (flat.size, flat.index(1, 3, 5), flat.position(453)) == (1600, 517, (1, 2, 5))
    assert type(flat.index(1, 3, 5)) is int
    assert [type(place) for place in flat.position(453)] == [int, int, int]


def test_coordinates_broadcast():
    flat = FlattenMap((4, 6, 3))
    rows = np.arange(4, dtype=np.uint8)[:, None]
    whole_channel = flat.index(rows, range(6), 2)
    assert whole_channel.dtype == np.int64
    np.testing.assert_array_equal(whole_channel, np.arange(72).reshape(4, 6, 3)[..., 2])
    row, column, channel = flat.position([[0, 71], [18, 1]])
    assert (row.tolist(), column.tolist(), channel.tolist()) == ([[0, 3], [1, 0]], [[0, 5], [0, 0]], [[0, 2], [0, 1]])


def test_coordinates_by_name_in_any_order():
    assert FlattenMap((64, 5, 5), "channels_first").index(channel=5, column=3, row=1) == 517
    assert FlattenMap((64, 5, 5), "channels_first", "channels_first").index(1, 3, channel=5) == 5 * 25 + 8


@pytest.mark.parametrize(
    ("shape", "data_format", "names"),
    [
        ((), "channels_last", ()),
        ((7,), "channels_last", ("feature",)),
        ((28, 27), "channels_last", ("row", "column")),
        ((28, 27), "channels_first", ("step", "channel")),
        ((64, 5, 5), "channels_first", ("row", "column", "channel")),
        ((2, 3, 4, 5), "channels_last", ("depth", "row", "column", "channel")),
        ((2, 3, 4, 5, 6), "channels_last", ("axis_1", "axis_2", "axis_3", "axis_4", "channel")),
    ],
)
def test_names_of_coordinates(shape, data_format, names):
    flat = FlattenMap(shape, data_format)
    assert flat.axis_names == names
    assert math.prod(flat.extents) == flat.size
    assert flat.index(*(extent - 1 for extent in flat.extents)) == flat.size - 1


def test_a_single_number_is_a_vector_of_one():
    flat = FlattenMap(())
    assert (flat.size, flat.index(), flat.position(0), flat.permutation().tolist()) == (1, 0, (), [0])
    assert flat.unflatten(np.array([7.0])).shape == ()


def test_unflatten_makes_views():
    kernel = np.zeros((60, 7), np.float32)
    for data_format in ("channels_last", "channels_first"):
        assert np.shares_memory(FlattenMap((3, 4, 5), data_format).unflatten(kernel), kernel)


def test_lists_are_unflattened_too():
    assert FlattenMap((2, 1, 2)).unflatten([1, 2, 3, 4]).tolist() == [[[1, 2]], [[3, 4]]]
