"""Windows of particular features, and what unclipped ones are by the textbook's formula."""

import numpy as np
import pytest

from planish import primitives
from planish.flattening import FlattenMap
from planish.primitives.rewritten.spread2d import spread2d

from .random_nets import pick


def window_at(feature_map, *position):
    flat = FlattenMap(feature_map.shape, feature_map=feature_map)
    return flat.receptive_field(flat.index(*position))


def kernel(rows, columns, inputs, outputs):
    return primitives.parameter(f"w{rows}{columns}{inputs}{outputs}", (rows, columns, inputs, outputs))


@pytest.mark.parametrize("seed", range(40))
def test_unclipped_windows_follow_the_formula(seed):
    """Length 1 + sum of (size - 1) * dilation * jump, start index * jump - sum of padding * jump, along each axis."""
    random = np.random.default_rng(seed)
    x = primitives.input_("x", (400, 360, 1))
    jump, length, start = 1, 1, 0
    for _ in range(random.integers(1, 7)):
        size, stride, before = (int(number) for number in random.integers((1, 1, 0), (5, 3, 3)))
        dilation = int(random.integers(1, 3))
        padding = ((before, 2), (before, 1))
        if random.integers(2):
            x = primitives.conv2d(x, kernel(size, size, 1, 1), (stride, stride), padding, (dilation, dilation))
        else:
            size, dilation = size + 2, 1  # a pool's padding is smaller than its window
            x = pick(random, primitives.max_pool2d, primitives.average_pool2d)(
                x, (size, size), (stride, stride), padding
            )
        start -= before * jump
        length += (size - 1) * dilation * jump
        jump *= stride
    row, column = 0, x.shape[1] - 1
    window = window_at(x, row, column, 0)
    assert window.unclipped_rows == range(start, start + length)
    assert window.unclipped_columns == range(column * jump + start, column * jump + start + length)


def test_borders_cut_windows_off():
    x = primitives.conv2d(primitives.input_("x", (6, 5, 1)), kernel(3, 3, 1, 1), padding=((1, 1), (1, 1)))
    window = window_at(x, 0, 4, 0)
    assert (window.rows, window.columns) == (slice(0, 2), slice(3, 5))
    assert (window.unclipped_rows, window.unclipped_columns) == (range(-1, 2), range(3, 6))


def test_pixels_that_a_stride_drops_are_not_in_the_window():
    """The first convolution leaves out the last column, so padding after it does not see that column again."""
    x = primitives.conv2d(primitives.input_("x", (8, 8, 1)), kernel(3, 3, 1, 1), strides=(2, 2))
    x = primitives.conv2d(x, kernel(3, 3, 1, 1), padding=((1, 1), (1, 1)))
    window = window_at(x, 2, 2, 0)
    assert window.columns == slice(2, 7)
    assert window.unclipped_columns == range(2, 9)


def test_dilation_leaves_holes():
    x = primitives.conv2d(primitives.input_("x", (1, 9, 1)), kernel(1, 3, 1, 1), dilation=(1, 3))
    window = window_at(x, 0, 1, 0)
    assert window.columns == slice(1, 8)
    assert np.flatnonzero(window.mask[0, :, 0]).tolist() == [1, 4, 7]


def test_channels_of_other_groups_are_not_seen():
    x = primitives.conv2d(primitives.input_("x", (3, 3, 4)), primitives.parameter("w", (3, 3, 2, 6)), groups=2)
    window = window_at(x, 0, 0, 3)
    assert window.slices == (slice(0, 3), slice(0, 3), slice(2, 4))


def test_a_feature_that_sees_nothing_but_padding():
    x = primitives.pad2d(primitives.input_("x", (4, 4, 1)), ((2, 0), (0, 0)))
    window = window_at(x, 0, 1, 0)
    assert window.slices == (slice(0, 0), slice(0, 0), slice(0, 0))
    assert window.unclipped_rows == range(-2, -1)
    assert not window.mask.any()
    assert str(window) == "nothing of the image"


def test_dense_layers_on_maps_mix_channels_only():
    x = primitives.dense(primitives.input_("x", (5, 5, 3)), primitives.parameter("w", (3, 7)))
    assert window_at(x, 2, 3, 6).slices == (slice(2, 3), slice(3, 4), slice(0, 3))


def test_dense_layers_on_vectors_see_everything():
    x = primitives.reshape(primitives.input_("x", (5, 5, 1)), (25,))
    x = primitives.reshape(primitives.dense(x, primitives.parameter("w", (25, 8))), (2, 2, 2))
    assert window_at(x, 1, 1, 0).slices == (slice(0, 5), slice(0, 5), slice(0, 1))


def test_reshapes_are_followed_exactly():
    x = primitives.reshape(primitives.input_("x", (4, 6, 1)), (8, 3, 1))
    x = primitives.conv2d(x, kernel(3, 1, 1, 1))  # rows 1-3 of halves of rows: the second half of row 0, all of row 1
    window = window_at(x, 1, 2, 0)
    assert [tuple(place) for place in np.argwhere(window.mask[..., 0])] == [(0, 5), (1, 2), (1, 5)]
    assert (window.rows, window.columns) == (slice(0, 2), slice(2, 6))


def test_volumes_have_rows_and_columns_too():
    flat = FlattenMap((2, 4, 5, 3), feature_map=primitives.input_("x", (2, 4, 5, 3)))
    window = flat.receptive_field(flat.index(depth=1, row=3, column=4, channel=2))
    assert (window.rows, window.columns) == (slice(3, 4), slice(4, 5))


def test_operations_without_a_rule_are_refused_by_name():
    x = spread2d(primitives.input_("x", (4, 4, 1)), (2, 2))
    with pytest.raises(ValueError, match="receptive fields") as caught:
        window_at(x, 0, 0, 0)
    assert str(caught.value).splitlines() == [
        "receptive fields are not known through the operation 'spread2d'",
        "  rule:     it is made by rewritings, after gradients and receptive fields were taken",
        "  received: f32[N,7,7,1]",
    ]


def test_branches_that_a_feature_is_not_from_are_not_seen():
    image = primitives.input_("x", (9, 9, 1))
    wide = primitives.conv2d(image, kernel(5, 5, 1, 2), padding=((2, 2), (2, 2)))
    x = primitives.concatenate([image, wide, image], 2)
    for channel, rows in ((0, range(4, 5)), (2, range(2, 7)), (3, range(4, 5))):
        assert window_at(x, 4, 4, channel).unclipped_rows == rows


def test_branches_beside_each_other_are_told_apart():
    image = primitives.input_("x", (4, 3, 1))
    x = primitives.concatenate([primitives.conv2d(image, kernel(1, 3, 1, 1), padding=((0, 0), (1, 1))), image], 1)
    assert [window_at(x, 0, column, 0).columns for column in (0, 2, 3)] == [slice(0, 2), slice(1, 3), slice(0, 1)]
