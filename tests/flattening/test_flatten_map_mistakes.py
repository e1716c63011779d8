"""Every wrong use of a map says what is wrong, and with which axis."""

import numpy as np
import pytest

from planish.flattening import FlattenMap

MAP = FlattenMap((5, 4, 64))


def text_of(kind, use):
    with pytest.raises(kind) as caught:
        use()
    return str(caught.value).splitlines()


def test_a_coordinate_outside():
    assert text_of(IndexError, lambda: MAP.index(1, 4, 5)) == [
        "FlattenMap: column 4 is outside the map of shape (5, 4, 64), channels_last",
        "  expected: column 0 to 3: the extent is 4",
        "  received: 4",
    ]


def test_a_coordinate_below_zero():
    assert text_of(IndexError, lambda: MAP.index(np.array([0, -1]), 0, 0)) == [
        "FlattenMap: row -1 is outside the map of shape (5, 4, 64), channels_last",
        "  expected: row 0 to 4: the extent is 5",
        "  received: -1",
    ]


def test_a_channel_outside_maps_with_channels_first():
    first = FlattenMap((3, 5, 4), "channels_first")
    assert text_of(IndexError, lambda: first.index(4, 3, 3))[:2] == [
        "FlattenMap: channel 3 is outside the map of shape (3, 5, 4), channels_first",
        "  expected: channel 0 to 2: the extent is 3",
    ]


@pytest.mark.parametrize("use", [MAP.position, MAP.receptive_field])
def test_an_index_outside(use):
    assert text_of(IndexError, lambda: use(1280)) == [
        "FlattenMap: index 1280 is outside the flat vector",
        "  expected: index 0 to 1279: the extent is 1280",
        "  received: 1280",
    ]


def test_fractions():
    assert text_of(TypeError, lambda: MAP.index(0.5, 0, 0)) == [
        "FlattenMap: row takes integers",
        "  expected: 0 to 4",
        "  received: 0.5",
    ]
    assert text_of(TypeError, lambda: MAP.position(np.ones(3))) == [
        "FlattenMap: index takes integers",
        "  expected: 0 to 1279",
        "  received: an array of float64",
    ]


@pytest.mark.parametrize(
    ("use", "received"),
    [
        (lambda: MAP.index(1, 2), "2 without a name"),
        (lambda: MAP.index(1, 2, 3, 4), "4 without a name"),
        (lambda: MAP.index(1, 2, row=3), "2 without a name, row"),
        (lambda: MAP.index(1, 2, chanel=3), "2 without a name, chanel"),
    ],
)
def test_other_coordinates_than_the_map_has(use, received):
    assert text_of(TypeError, use) == [
        "FlattenMap.index: a map of this shape has other coordinates",
        "  expected: index(row, column, channel) for a map of shape (5, 4, 64), channels_last",
        f"  received: {received}",
    ]


def test_coordinates_that_do_not_broadcast():
    assert text_of(ValueError, lambda: MAP.index([0, 1], [0, 1, 2], 0)) == [
        "FlattenMap.index: the coordinates do not go together",
        "  rule:     axes are compared from the last; they have to be equal or one",
        "  received: row of shape (2,), column of shape (3,), channel of shape ()",
    ]


def test_unknown_orders_and_formats():
    assert text_of(ValueError, lambda: MAP.permutation("channel_first")) == [
        "unknown order in FlattenMap.permutation 'channel_first'",
        "  expected: one of 'channels_first', 'channels_last'",
        "  remedy:   did you mean 'channels_first' or 'channels_last'?",
    ]
    assert text_of(ValueError, lambda: FlattenMap((5, 5, 3), "NHWC"))[0] == "unknown data_format of a FlattenMap 'NHWC'"


@pytest.mark.parametrize("shape", [(None, 5, 5), (5, 0, 3), (5.0, 5, 3), (True, 2, 3)])
def test_shapes_of_no_map(shape):
    assert text_of(ValueError, lambda: FlattenMap(shape))[:2] == [
        "FlattenMap: this is not the shape of a feature map",
        "  expected: extents from 1 on, without the batch axis, such as (5, 5, 64)",
    ]


def test_arrays_without_the_flat_axis():
    assert text_of(ValueError, lambda: MAP.unflatten(np.zeros((10, 1280)))) == [
        "FlattenMap.unflatten: the array has no flat axis there",
        "  expected: 1,280 elements along axis 0, for a map of shape (5, 4, 64)",
        "  received: shape (10, 1280)",
        "  remedy:   axis=1",
    ]
    assert text_of(ValueError, lambda: MAP.unflatten(np.zeros(1600)))[1:] == [
        "  expected: 1,280 elements along axis 0, for a map of shape (5, 4, 64)",
        "  received: shape (1600,)",
    ]
    assert text_of(ValueError, lambda: MAP.unflatten(np.zeros(1280), axis=1))[-1] == "  remedy:   axis=0"


def test_windows_of_several_elements():
    assert text_of(TypeError, lambda: MAP.receptive_field([3, 4])) == [
        "FlattenMap.receptive_field: a window belongs to one element",
        "  expected: one index, 0 to 1279",
        "  received: an array of shape (2,)",
    ]
    assert text_of(TypeError, lambda: MAP.receptive_field(2.0))[0] == "FlattenMap: index takes integers"


def test_a_map_by_itself_has_no_receptive_fields():
    assert text_of(ValueError, lambda: MAP.receptive_field(0)) == [
        "this FlattenMap does not know the layers before it, so it has no receptive fields",
        "  remedy: take the map of a layer in a built model: model.get_layer('flatten').map",
    ]
