"""The number of flat features, and how it came about."""

import json
import pickle

import pytest

import planish
from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.naming import reset_names


def text_of(kind, use):
    with pytest.raises(kind) as caught:
        use()
    return str(caught.value).splitlines()


def blog_layers():
    return [Conv2D(32, 3, name="conv"), MaxPooling2D(name="pool"), Flatten(name="flatten"), Dense(10, name="dense")]


def test_the_number_and_the_chain():
    features = planish.flat_features(blog_layers(), (28, 28, 1))
    assert features == 13 * 13 * 32
    assert features.shape == (13, 13, 32)
    assert features.chain == (
        "(28, 28, 1) -> Conv2D 'conv' (26, 26, 32) -> MaxPooling2D 'pool' (13, 13, 32) -> 13 * 13 * 32 = 5408"
    )
    assert repr(features) == f"<FlatFeatures 5408: {features.chain}>"


def test_the_number_is_an_int():
    features = planish.flat_features(blog_layers(), (28, 28, 1))
    assert isinstance(features, int)
    assert f"{features:,} {features}" == "5,408 5408"
    assert json.dumps({"units": features}) == '{"units": 5408}'
    assert type(pickle.loads(pickle.dumps(features))) is int
    assert Dense(features).units == 5408


def test_what_comes_after_flatten_need_not_fit():
    model = planish.Sequential([Input((28, 28, 1)), *blog_layers()])
    assert planish.flat_features(model) == 5408
    assert planish.flat_features(model, (30, 30, 1)) == 14 * 14 * 32


def test_without_flatten_it_is_all_that_the_last_layer_gives():
    assert planish.flat_features(blog_layers()[:2], (9, 12, 3)) == 3 * 5 * 32
    assert planish.flat_features([Flatten()], (28, 28)) == planish.flat_features([], (28, 28)) == 784
    assert planish.flat_features([Dense(7)], 20).chain.endswith("(7,) -> 7")


def test_the_layers_stay_as_they_were():
    layers = blog_layers()
    planish.flat_features(layers, (28, 28, 1))
    planish.shapes(layers, (32, 32, 3))
    assert not layers[0].built
    assert not layers[3].built
    assert layers[0].weights == []
    model = planish.Sequential([Input((8, 8, 1)), *layers])
    before = model.get_weights()
    planish.flat_features(model, (28, 28, 3))
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    assert model.input_shape == (None, 8, 8, 1)


def test_automatic_names_are_not_used_up():
    reset_names()
    planish.shapes(blog_layers(), (28, 28, 1))
    planish.flat_features(blog_layers(), (28, 28, 1))
    names = [layer.name for layer in (Conv2D(2, 3), MaxPooling2D(), Flatten(), Dense(2), planish.Sequential())]
    assert names == ["conv2d", "max_pooling2d", "flatten", "dense", "sequential"]


def test_shapes_that_the_layers_say():
    assert planish.flat_features([Input((9, 9, 1)), Conv2D(2, 3)]) == 98
    assert planish.flat_features([Conv2D(2, 3, input_shape=(9, 9, 1)), Flatten()]) == 98
    assert planish.flat_features(planish.Sequential([Conv2D(2, 3, input_shape=(9, 9, 1))])) == 98


def test_models_in_models():
    inner = planish.Sequential([Conv2D(2, 3, name="conv"), Flatten(name="flatten")], name="inner")
    model = planish.Sequential([Input((9, 9, 1)), Conv2D(3, 3, name="conv"), inner, Dense(2)])
    features = planish.flat_features(model)
    assert features == 50
    assert [step.name for step in features.steps] == ["conv", "conv_1"]


def test_a_shape_that_nobody_says():
    expected = "  expected: input_shape, without the batch axis, such as (28, 28, 1), or (1, 28, 28) for PyTorch"
    assert text_of(ValueError, lambda: planish.flat_features(blog_layers())) == [
        "the shape of the images is not known",
        expected,
        "  remedy:   planish.shapes(model, (28, 28, 1))",
    ]
    with_holes = [Conv2D(2, 3, input_shape=(None, None, 3))]
    assert text_of(ValueError, lambda: planish.flat_features(with_holes)) == [
        "the shape of the images is not known",
        expected,
        "  received: (None, None, None, 3)",
        "  remedy:   planish.shapes(model, (28, 28, 1))",
    ]


def test_images_that_are_too_small():
    assert text_of(
        ValueError, lambda: planish.flat_features([*blog_layers()[:2], Conv2D(8, 5, name="next")], (8, 8, 1))
    ) == [
        "Conv2D 'next': the kernel spans 5x5 pixels, more than the 3x3 of its input",
        "  expected:    a map of 5x5 or more",
        "  received:    3x3",
        "  input shape: (None, 3, 3, 32)",
        "  shapes:      (None, 8, 8, 1)",
        "               -> Conv2D 'conv' (None, 6, 6, 32)",
        "               -> MaxPooling2D 'pool' (None, 3, 3, 32)",
        "               -> Conv2D 'next'",
        "  remedy:      padding='same', or kernel_size=(3, 3), or larger images",
    ]


def test_what_is_no_model():
    assert text_of(TypeError, lambda: planish.flat_features(28, (28, 28, 1))) == [
        "this is not a model",
        "  expected: a model or a list of layers, of planish, Keras or PyTorch, or the path of a model's file",
        "  received: 28",
    ]
    assert text_of(TypeError, lambda: planish.shapes([Conv2D(3, 3), 4], (28, 28, 1)))[0] == "this is not a model"
