"""Images of a shape that a model cannot take: one mistake a test, with the whole message."""

import re

import numpy as np
import pytest

from planish.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input
from planish.models import Sequential
from tests.errors.support import classifier, images, refused


@pytest.mark.parametrize(
    ("taken", "given", "told"),
    [
        ((28, 28, 1), (27, 28), "`x` holds images of 27x28x1, but the model takes 28x28x1\n"),
        ((28, 28), (27, 28, 1), "`x` holds images of 27x28, but the model takes 28x28\n"),
    ],
)
def test_another_size_and_another_rank(taken, given, told):
    model = Sequential([Input(taken), Flatten(), Dense(3)])
    with pytest.raises(ValueError, match=f"^{told}"):
        model.predict(images(5, *given))


def test_one_image_without_a_channel_axis(model):
    refused(
        "`x` is one image without a batch axis\n"
        "  expected: (n, 28, 28, 1), what Sequential 'sequential' takes\n"
        "  received: (28, 28)\n"
        "  shapes:   (None, 28) -> Conv2D 'conv2d'\n"
        "  remedy:   pass x[None]",
        lambda: model.predict(images(28, 28)),
    )
    assert model.predict(images(28, 28)[None], verbose=0).shape == (1, 3)


def test_grey_images_for_a_model_of_colour():
    refused(
        "`x` has no channel axis, but the model takes 3 channels\n"
        "  expected: (n, 28, 28, 3), what Sequential 'sequential' takes\n"
        "  received: (5, 28, 28)\n"
        "  shapes:   (None, 28, 28) -> Conv2D 'conv2d'\n"
        "  remedy:   repeat the grey images: np.repeat(x[..., None], 3, axis=-1)",
        lambda: classifier(28, 28, 3).predict(images(5, 28, 28)),
    )


def test_flattened_already(model):
    refused(
        "`x` is already flattened\n"
        "  expected: (n, 28, 28, 1), what Sequential 'sequential' takes\n"
        "  received: (5, 784)\n"
        "  shapes:   (None, 784) -> Conv2D 'conv2d'\n"
        "  remedy:   pass x.reshape(-1, 28, 28, 1)",
        lambda: model.fit(images(5, 784), np.zeros(5)),
    )


def test_images_for_a_model_of_vectors():
    model = Sequential([Input((784,)), Dense(3)])
    refused(
        "`x` holds images, but the model takes flat vectors\n"
        "  expected: (n, 784), what Sequential 'sequential' takes\n"
        "  received: (5, 28, 28)\n"
        "  shapes:   (None, 28, 28) -> Dense 'dense'\n"
        "  remedy:   pass x.reshape(len(x), -1), or let the model begin with Flatten(input_shape=(28, 28))",
        lambda: model.predict(images(5, 28, 28)),
    )


def test_one_image_without_a_batch_axis(model):
    refused(
        "`x` is one image without a batch axis\n"
        "  expected: (n, 28, 28, 1), what Sequential 'sequential' takes\n"
        "  received: (28, 28, 1)\n"
        "  shapes:   (None, 28, 1) -> Conv2D 'conv2d'\n"
        "  remedy:   pass x[None]",
        lambda: model.predict(images(28, 28, 1)),
    )


def test_a_number_of_images_in_the_input_shape():
    model = Sequential([Input((5, 28, 28)), Flatten(), Dense(3)])
    refused(
        "`x` is one image without a batch axis\n"
        "  expected: (n, 5, 28, 28), what Sequential 'sequential' takes\n"
        "  received: (5, 28, 28)\n"
        "  shapes:   (None, 28, 28) -> Flatten 'flatten' (None, 784) -> Dense 'dense'\n"
        "  remedy:   pass x[None]\n"
        "            or, if these are 5 images, a model with Input((28, 28))",
        lambda: model.predict(images(5, 28, 28)),
    )


def test_rows_and_columns_exchanged():
    refused(
        "`x` has rows and columns exchanged\n"
        "  expected: (n, 24, 32, 1), what Sequential 'sequential' takes\n"
        "  received: (5, 32, 24, 1)\n"
        "  remedy:   pass np.swapaxes(x, 1, 2)",
        lambda: classifier(24, 32, 1).predict(images(5, 32, 24, 1)),
    )


@pytest.mark.parametrize(
    ("data_format", "told"),
    [
        ("channels_last", "`x` has its channels last; the model was built for them first"),
        ("channels_first", "`x` has its channels last; the model takes them first"),
    ],
)
def test_channels_last(data_format, told):
    model = Sequential([Input((3, 28, 28)), Conv2D(2, 3, data_format=data_format), Flatten(), Dense(3)])
    with pytest.raises(ValueError, match=told) as caught:
        model.predict(images(5, 28, 28, 3))
    assert "pass np.moveaxis(x, -1, 1)" in str(caught.value)
    assert ("Input((28, 28, 3))" in str(caught.value)) == (data_format == "channels_last")


def test_another_size_where_all_weights_fit():
    model = Sequential([Input((8, 8, 3)), Conv2D(2, 3), GlobalAveragePooling2D()])
    refused(
        "`x` holds images of 6x6x3, but the model takes 8x8x3\n"
        "  rule:     a model is compiled for images of one size\n"
        "  expected: (n, 8, 8, 3), what Sequential 'sequential' takes\n"
        "  received: (n, 6, 6, 3)\n"
        "  shapes:   (None, 6, 6, 3)\n"
        "            -> Conv2D 'conv2d' (None, 4, 4, 2)\n"
        "            -> GlobalAveragePooling2D 'global_average_pooling2d' (None, 2)\n"
        "  remedy:   a second model with Input((6, 6, 3)), and the same weights: "
        "other.set_weights(model.get_weights())",
        lambda: model.predict(images(5, 6, 6, 3)),
    )


@pytest.mark.parametrize(
    ("received", "taken", "remedy"),
    [
        (4, 3, "leave out the transparency: x[..., :3]"),
        (1, 3, "repeat the grey images: np.repeat(x, 3, axis=-1)"),
        (4, 1, "turn the images grey: x.mean(axis=-1, keepdims=True)"),
        (2, 3, "convert the images to 3 channels"),
    ],
)
def test_remedies_for_other_channels(received, taken, remedy):
    with pytest.raises(ValueError, match=re.escape(f"remedy:   {remedy}\n            or a new model: Input((28, 28, ")):
        classifier(28, 28, taken).predict(images(5, 28, 28, received))


def test_channels_first():
    refused(
        "`x` has its channels first; the model takes them last\n"
        "  expected: (n, 28, 28, 3), what Sequential 'sequential' takes\n"
        "  received: (5, 3, 28, 28)\n"
        "  shapes:   (None, 3, 28, 28) -> Conv2D 'conv2d'\n"
        "  remedy:   pass np.moveaxis(x, 1, -1)",
        lambda: classifier(28, 28, 3).predict(images(5, 3, 28, 28)),
    )


def test_rows_of_another_length():
    refused(
        "`x` holds images of 5, but the model takes 4\n"
        "  rule:     Dense 'dense' was built for 4 features\n"
        "            but would get 5\n"
        "  expected: (n, 4), what Sequential 'sequential' takes\n"
        "  received: (n, 5)\n"
        "  shapes:   (None, 5) -> Dense 'dense'\n"
        "  remedy:   a new model: Input((5,))",
        lambda: Sequential([Input((4,)), Dense(2)]).predict(images(3, 5)),
    )


def test_images_of_another_size(model):
    refused(
        "`x` holds images of 32x32x1, but the model takes 28x28x1\n"
        "  rule:     Dense 'dense' was built for 338 features (Flatten of 13x13x2, from 28x28x1 images)\n"
        "            but would get 450 (Flatten of 15x15x2, from 32x32x1 images)\n"
        "  expected: (n, 28, 28, 1), what Sequential 'sequential' takes\n"
        "  received: (n, 32, 32, 1)\n"
        "  shapes:   (None, 32, 32, 1)\n"
        "            -> Conv2D 'conv2d' (None, 30, 30, 2)\n"
        "            -> MaxPooling2D 'max_pooling2d' (None, 15, 15, 2)\n"
        "            -> Flatten 'flatten' (None, 450)\n"
        "            -> Dense 'dense'\n"
        "  remedy:   read the images in the model's size: load_img(path, target_size=(28, 28))\n"
        "            or a new model: Input((32, 32, 1))",
        lambda: model.predict(images(5, 32, 32, 1)),
    )


def test_images_too_small_for_a_layer(model):
    refused(
        "`x` holds images of 2x2x1, but the model takes 28x28x1\n"
        "  rule:     Conv2D 'conv2d': the kernel spans 3x3 pixels, more than the 2x2 of its input\n"
        "  expected: (n, 28, 28, 1), what Sequential 'sequential' takes\n"
        "  received: (n, 2, 2, 1)\n"
        "  shapes:   (None, 2, 2, 1) -> Conv2D 'conv2d'\n"
        "  remedy:   read the images in the model's size: load_img(path, target_size=(28, 28))\n"
        "            or a new model: Input((2, 2, 1))",
        lambda: model.predict(images(5, 2, 2, 1)),
    )


def test_another_number_of_channels(model):
    refused(
        "`x` holds images of 28x28x3, but the model takes 28x28x1\n"
        "  rule:     Conv2D 'conv2d': the layer was built for another number of channels\n"
        "  expected: (n, 28, 28, 1), what Sequential 'sequential' takes\n"
        "  received: (n, 28, 28, 3)\n"
        "  shapes:   (None, 28, 28, 3) -> Conv2D 'conv2d'\n"
        "  remedy:   turn the images grey: x.mean(axis=-1, keepdims=True)\n"
        "            or a new model: Input((28, 28, 3))",
        lambda: model.predict(images(5, 28, 28, 3)),
    )


def test_an_axis_too_many(model):
    refused(
        "`x` has one axis too many at the front\n"
        "  expected: (n, 28, 28, 1), what Sequential 'sequential' takes\n"
        "  received: (5, 4, 28, 28, 1)\n"
        "  shapes:   (None, 4, 28, 28, 1) -> Conv2D 'conv2d'\n"
        "  remedy:   join the two: pass x.reshape(-1, 28, 28, 1), with a target for each",
        lambda: model.predict(images(5, 4, 28, 28, 1)),
    )
