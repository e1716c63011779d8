"""Receptive fields through branches: the union of the windows, and that of the way that is asked for."""

import numpy as np
import pytest

import planish as keras
from planish.layers import Add, Conv2D, Flatten, MaxPooling2D
from tests.models import branched
from tests.models.looking.introspected import with_seeded_weights


def test_the_window_of_a_sum_is_the_union_of_both_ways():
    flat = branched.residual().flatten_map()
    middle = flat.index(3, 2, 1)
    assert flat.receptive_field(middle).rows == slice(2, 5)
    assert flat.receptive_field(middle, through="conv").rows == slice(2, 5)
    assert flat.receptive_field(middle, through="image").columns == slice(1, 4)


def inception():
    """Ways that see one pixel, three and five rows; the last goes over the edges of the image."""
    image = keras.Input((9, 9, 1), name="image")
    one = Conv2D(1, 1, name="one")(image)
    three = Conv2D(1, 3, padding="same", name="three")(image)
    five = Conv2D(1, 3, padding="same", name="five")(Conv2D(1, 3, padding="same", name="before_five")(image))
    pooled = MaxPooling2D((1, 7), strides=1, padding="same", name="pooled")(image)
    joined = Add(name="joined")([one, three, five, pooled])
    return with_seeded_weights(keras.Model(image, Flatten(name="flat")(joined)))


@pytest.mark.parametrize(
    ("through", "rows", "columns"),
    [
        (None, slice(2, 7), slice(1, 8)),
        ("one", slice(4, 5), slice(4, 5)),
        ("three", slice(3, 6), slice(3, 6)),
        ("five", slice(2, 7), slice(2, 7)),
        ("before_five", slice(2, 7), slice(2, 7)),
        ("pooled", slice(4, 5), slice(1, 8)),
        ("joined", slice(2, 7), slice(1, 8)),
    ],
)
def test_each_way_has_its_window(through, rows, columns):
    flat = inception().get_layer("flat").map
    window = flat.receptive_field(flat.index(4, 4, 0), through=through)
    assert (window.rows, window.columns) == (rows, columns)


def test_the_mask_of_a_union_is_not_a_box():
    flat = inception().flatten_map()
    mask = flat.receptive_field(flat.index(4, 4, 0)).mask[..., 0]
    expected = np.zeros((9, 9), bool)
    expected[2:7, 2:7] = expected[4, 1:8] = True
    np.testing.assert_array_equal(mask, expected)


def test_unclipped_windows_go_beyond_the_image_on_the_way_that_reads_padding():
    flat = inception().flatten_map()
    assert flat.receptive_field(0, through="five").unclipped_rows == range(-2, 3)
    assert flat.receptive_field(0, through="one").unclipped_rows == range(1)


@pytest.mark.parametrize("through", [None, "one", "three", "five", "pooled"])
def test_what_is_in_the_mask_and_nothing_else_has_gradients(through):
    """Gradients by the image of one element, with all other ways multiplied by zero."""
    model = inception()
    flat = model.flatten_map()
    index = flat.index(0, 7, 0)
    mask = flat.receptive_field(index, through=through).mask
    only = {through} if through is not None else {"one", "three", "five", "pooled"}
    image = model.inputs[0]
    ways = [tensor * (1.0 if tensor.layer.name in only else 0.0) for tensor in model.get_layer("joined").input]
    cut = keras.Model(image, Flatten()(Add()(ways)))
    reached = np.zeros(mask.shape, bool)
    for seed in range(12):  # each time the maximum is elsewhere
        x = np.random.default_rng(seed).normal(size=(1, 9, 9, 1)).astype(np.float32)
        reached |= cut.gradients(x, index)[0] != 0
    assert not np.any(reached & ~mask)
    if through != "pooled" and through is not None:
        np.testing.assert_array_equal(reached, mask)


def test_a_shared_layer_can_be_meant_in_one_of_its_uses():
    image = keras.Input((9, 9, 1), name="image")
    conv = Conv2D(1, 3, padding="same", name="conv")
    once = conv(image)
    model = keras.Model(image, Flatten(name="flat")(once + conv(conv(once))))
    flat = model.flatten_map()
    index = flat.index(4, 4, 0)
    assert flat.receptive_field(index).rows == slice(1, 8)
    assert flat.receptive_field(index, through="conv").rows == slice(1, 8)
    assert flat.receptive_field(index, through=("conv", 2)).rows == slice(1, 8)
    assert flat.receptive_field(index, through=(conv, 0)).rows == slice(1, 8)


def test_a_nested_model_used_twice():
    inner_x = keras.Input((9, 9, 1), name="inner_x")
    inner = keras.Model(inner_x, Conv2D(1, 3, padding="same", name="conv")(inner_x) + inner_x, name="inner")
    image = keras.Input((9, 9, 1), name="image")
    once = inner(image)
    joined = keras.layers.Concatenate(name="joined")([inner(once), once])
    flat = keras.Model(image, Flatten(name="flat")(joined)).flatten_map()
    assert [flat.receptive_field(flat.index(4, 4, channel)).rows for channel in (0, 1)] == [slice(2, 7), slice(3, 6)]
    second = flat.index(4, 4, 1)
    assert flat.receptive_field(second, through=("inner", 0)).rows == slice(3, 6)
    assert str(flat.receptive_field(second, through=("inner", 1))) == "nothing of the image"
    assert flat.receptive_field(second, through=("conv", 0)).rows == slice(3, 6)


def two_images():
    """The first is seen by the rows, the second, with its channels first, by a pooling; numbers join them."""
    left, right = keras.Input((6, 6, 1), name="left"), keras.Input((1, 8, 8), name="right")
    numbers = keras.Input((3,), name="numbers")
    seen = Conv2D(2, 3, name="conv")(left)
    halved = MaxPooling2D(2, data_format="channels_first", name="halved")(right)
    turned = keras.layers.Permute((2, 3, 1), name="turned")(halved)
    return keras.Model([left, right, numbers], [Flatten(name="flat")(Add()([seen, turned])), numbers])


def test_which_input_a_window_is_of_has_to_be_said_where_several_reach_the_map():
    flat = two_images().flatten_map()
    index = flat.index(1, 2, 0)
    assert flat.receptive_field(index, input="left").rows == slice(1, 4)
    right = flat.receptive_field(index, input=1)
    assert (right.rows, right.columns, right.shape) == (slice(2, 4), slice(4, 6), (1, 8, 8))
    assert str(flat.receptive_field(index, input="numbers")) == "nothing of the image"
    assert str(flat.receptive_field(index, input="right", through="conv")) == "nothing of the image"
    with pytest.raises(ValueError, match=r"3 inputs[\s\S]*'left', 'right', 'numbers'[\s\S]*input='left'"):
        flat.receptive_field(index)
    with pytest.raises(ValueError, match="unknown input of Functional"):
        flat.receptive_field(index, input="middle")


def test_an_input_that_does_not_reach_the_map_need_not_be_named():
    model = branched.two_inputs()
    assert model.flatten_map().receptive_field(0).rows == slice(0, 3)


def test_mistakes_about_ways():
    flat = branched.residual().flatten_map()
    with pytest.raises(ValueError, match=r"unknown layer of Functional 'residual' 'convolution'[\s\S]*'conv'"):
        flat.receptive_field(0, through="convolution")
    with pytest.raises(TypeError, match="this is not a layer"):
        flat.receptive_field(0, through=3.5)
    with pytest.raises(ValueError, match=r"does not know the layers before it by name[\s\S]*through='conv'"):
        keras.FlattenMap((2, 2, 1), feature_map=flat.feature_map).receptive_field(0, through="conv")


def test_which_use_of_a_flatten_is_meant():
    a, b = keras.Input((4, 4, 1), name="a"), keras.Input((4, 4, 1), name="b")
    flat = Flatten(name="flat")
    model = keras.Model([a, b], [flat(a), flat(b)])
    assert model.flatten_map(("flat", 1)).receptive_field(5).shape == (4, 4, 1)
    with pytest.raises(ValueError, match=r"uses Flatten 'flat' 2 times[\s\S]*\('flat', 0\) to \('flat', 1\)"):
        model.flatten_map("flat")
    with pytest.raises(ValueError, match=r"uses Flatten 'flat' 2 times"):
        model.flatten_map()
