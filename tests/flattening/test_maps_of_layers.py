"""`layer.map` and `model.flatten_map`: the layer's own shape, and the layers before it."""

import gc
import pickle

import numpy as np
import pytest

import planish as keras
from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D, Permute, ZeroPadding2D


def text_of(kind, use):
    with pytest.raises(kind) as caught:
        use()
    return str(caught.value).splitlines()


def blog_model():
    return keras.Sequential(
        [
            Input((28, 28, 1)),
            Conv2D(32, 3, activation="relu"),
            MaxPooling2D(),
            Conv2D(64, 3, activation="relu"),
            MaxPooling2D(),
            Flatten(name="flatten"),
            Dense(10, activation="softmax"),
        ]
    )


def test_the_map_of_a_built_model():
    flat = blog_model().get_layer("flatten").map
    assert (flat.shape, flat.size, flat.data_format, flat.order) == ((5, 5, 64), 1600, "channels_last", "channels_last")


def test_the_window_of_the_blogs_model():
    window = blog_model().get_layer("flatten").map.receptive_field(517)  # row 1, column 3, channel 5
    assert (window.rows, window.columns) == (slice(4, 14), slice(12, 22))
    assert (window.unclipped_rows, window.unclipped_columns) == (range(4, 14), range(12, 22))
    assert window.mask.shape == (28, 28, 1)
    assert window.mask[window.slices].all()
    assert window.mask.sum() == 100
    assert str(window) == "rows 4-13, columns 12-21 of 28x28"


def test_the_row_is_the_layers_own():
    model = keras.Sequential([Input((3, 4, 5)), Flatten(data_format="channels_first", name="flatten")])
    flat = model.get_layer("flatten").map
    x = np.arange(60, dtype=np.float32).reshape(1, 3, 4, 5)
    row, column, channel = flat.position(np.arange(60))
    np.testing.assert_array_equal(model.get_layer("flatten")(x)[0], x[0, channel, row, column])
    np.testing.assert_array_equal(flat.unflatten(model.get_layer("flatten")(x)[0]), x[0])


def test_the_map_outlives_its_model():
    flat = blog_model().get_layer("flatten").map
    gc.collect()
    assert flat.receptive_field(0).rows == slice(0, 10)


def test_models_with_maps_are_copied_and_pickled():
    model = pickle.loads(pickle.dumps(blog_model()))
    assert model.get_layer("flatten").map == model.flatten_map()
    assert model.flatten_map().receptive_field(1599).rows == slice(16, 26)


def nested_model():
    inner = keras.Sequential([Conv2D(4, 3), Flatten(name="flatten")], name="inner")
    return keras.Sequential([Input((12, 11, 2)), ZeroPadding2D(2), inner, Dense(3)])


def test_a_layer_in_an_inner_model_speaks_of_its_images():
    model = nested_model()
    inside = model.get_layer("inner").get_layer("flatten").map
    assert inside.shape == model.flatten_map("flatten").shape == (14, 13, 4)
    assert inside.receptive_field(0).unclipped_rows == range(3)
    assert model.flatten_map("flatten").receptive_field(0).unclipped_rows == range(-2, 1)
    assert model.flatten_map("flatten").receptive_field(0).rows == slice(0, 1)


def test_an_inner_model_is_passed_through():
    inner = keras.Sequential([Conv2D(4, 3), Conv2D(5, 3)])
    model = keras.Sequential([Input((12, 11, 2)), ZeroPadding2D(2), inner, Flatten(name="flatten")])
    for flat in (model.get_layer("flatten").map, model.flatten_map()):
        assert flat.receptive_field(0).unclipped_rows == range(-2, 3)


def test_channels_first_images():
    model = keras.Sequential(
        [
            Input((3, 9, 7)),
            Conv2D(4, (3, 2), data_format="channels_first"),
            Flatten(data_format="channels_first", name="flatten"),
        ]
    )
    flat = model.get_layer("flatten").map
    window = flat.receptive_field(flat.index(2, 4, 1))
    assert (window.rows, window.columns, window.shape) == (slice(2, 5), slice(4, 6), (3, 9, 7))
    assert window.mask[:, 2:5, 4:6].all()
    assert str(window) == "rows 2-4, columns 4-5 of 9x7"


def test_axes_that_were_permuted():
    model = keras.Sequential([Input((6, 8, 2)), Permute((2, 1, 3)), Conv2D(3, (1, 3)), Flatten(name="flatten")])
    flat = model.get_layer("flatten").map
    window = flat.receptive_field(flat.index(7, 1, 0))
    assert (window.rows, window.columns) == (slice(1, 4), slice(7, 8))


def test_images_without_channels():
    flat = keras.Sequential([Flatten(input_shape=(28, 27), name="flatten")]).get_layer("flatten").map
    window = flat.receptive_field(flat.index(row=3, column=26))
    assert (window.rows, window.columns) == (slice(3, 4), slice(26, 27))


def test_a_layer_in_no_model_knows_its_shape_only():
    layer = Flatten(name="flatten")
    assert text_of(AttributeError, lambda: layer.map) == [
        "Flatten 'flatten': the layer has not seen a shape yet, so it has no map",
        "  remedy: put it into a model with an Input(shape=...), or call build((None, 5, 5, 64))",
    ]
    layer(np.zeros((2, 5, 4, 3)))
    assert layer.map.index(1, 2, 0) == 18
    assert text_of(ValueError, lambda: layer.map.receptive_field(0))[0] == (
        "this FlattenMap does not know the layers before it, so it has no receptive fields"
    )


def test_a_layer_speaks_of_the_model_that_was_built_last():
    layer = Flatten(name="flatten")
    keras.Sequential([Input((8, 8, 1)), Conv2D(2, 3), layer])
    keras.Sequential([Input((8, 8, 1)), Conv2D(2, 5), layer])
    assert layer.map.receptive_field(0).rows == slice(0, 5)


def test_vectors_have_no_rows():
    flat = keras.Sequential([Input((6,)), Dense(4), Flatten(name="flatten")]).get_layer("flatten").map
    window = flat.receptive_field(2)
    assert window.slices == (slice(0, 6),)
    assert str(window) == "features 0-5 of 6"
    assert text_of(ValueError, lambda: window.rows) == [
        "the model takes vectors: they have no rows and columns",
        "  input shape: (None, 6)",
        "  remedy:      window.slices has a slice for every axis of the input",
    ]


def test_which_flatten():
    model = keras.Sequential([Input((4, 4, 1)), Flatten(name="one"), Flatten(name="two")], name="m")
    assert model.flatten_map("two").shape == (16,)
    assert text_of(ValueError, model.flatten_map) == [
        "Sequential 'm': the model has 2 Flatten layers",
        "  received: 'one', 'two'",
        "  remedy:   name one of them: flatten_map(name)",
    ]
    assert text_of(ValueError, lambda: model.flatten_map("tow"))[0] == "unknown Flatten layer of Sequential 'm' 'tow'"


def test_a_model_without_flatten():
    model = keras.Sequential([Input((4,)), Dense(3, name="dense")], name="m")
    assert text_of(ValueError, model.flatten_map) == [
        "Sequential 'm': the model has no Flatten layer",
        "  received: Dense 'dense'",
    ]


def test_a_model_that_is_not_built():
    model = keras.Sequential([Conv2D(3, 3), Flatten()], name="m")
    assert text_of(ValueError, model.flatten_map)[0] == "Sequential 'm': the model is not built"
