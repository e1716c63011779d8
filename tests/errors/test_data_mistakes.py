"""Data that a model cannot take: one mistake a test, with the whole message."""

import re

import numpy as np
import pytest

from planish.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from planish.models import Sequential


def images(*shape):
    return np.zeros(shape, np.float32)


@pytest.fixture
def model():
    """The blog's model, small."""
    return classifier(28, 28, 1)


def classifier(*shape):
    layers = [Input(shape), Conv2D(2, 3), MaxPooling2D(), Flatten(name="flatten"), Dense(3, name="dense")]
    model = Sequential(layers)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def refused(message, run, error=ValueError):
    """`run()` raises the error with exactly this message."""
    with pytest.raises(error, match=re.escape(message)) as caught:
        run()
    assert str(caught.value) == message


def test_no_channel_axis(model):
    refused(
        "`x` has no channel axis\n  expected: (n, 28, 28, 1), what Sequential 'sequential' takes\n  received: (5, 28, 28)\n  remedy:   pass x[..., None]",
        lambda: model.predict(images(5, 28, 28)),
    )


def test_grey_images_for_a_model_of_colour():
    refused(
        "`x` has no channel axis, and the model takes 3 channels\n"
        "  expected: (n, 28, 28, 3), what Sequential 'sequential' takes\n"
        "  received: (5, 28, 28)\n"
        "  remedy:   repeat the grey images: np.repeat(x[..., None], 3, axis=-1)",
        lambda: classifier(28, 28, 3).predict(images(5, 28, 28)),
    )


def test_flattened_already(model):
    refused(
        "`x` is already flattened\n"
        "  expected: (n, 28, 28, 1), what Sequential 'sequential' takes\n"
        "  received: (5, 784)\n"
        "  remedy:   pass x.reshape(-1, 28, 28, 1)",
        lambda: model.fit(images(5, 784), np.zeros(5)),
    )


def test_images_for_a_model_of_vectors():
    model = Sequential([Input((784,)), Dense(3)])
    refused(
        "`x` holds images, and the model takes flat vectors\n"
        "  expected: (n, 784), what Sequential 'sequential' takes\n"
        "  received: (5, 28, 28)\n"
        "  remedy:   pass x.reshape(len(x), -1), or let the model begin with Flatten(input_shape=(28, 28))",
        lambda: model.predict(images(5, 28, 28)),
    )


def test_one_image_without_a_batch_axis(model):
    refused(
        "`x` is one image without a batch axis\n"
        "  expected: (n, 28, 28, 1), what Sequential 'sequential' takes\n"
        "  received: (28, 28, 1)\n"
        "  remedy:   pass x[None]",
        lambda: model.predict(images(28, 28, 1)),
    )


def test_a_channel_axis_too_many():
    model = Sequential([Input((28, 28)), Flatten(), Dense(3)])
    refused(
        "`x` has a channel axis that the model does not take\n"
        "  expected: (n, 28, 28), what Sequential 'sequential' takes\n"
        "  received: (5, 28, 28, 1)\n"
        "  remedy:   pass x[..., 0]",
        lambda: model.predict(images(5, 28, 28, 1)),
    )


def test_channels_first():
    refused(
        "`x` has its channels first; the model takes them last\n"
        "  expected: (n, 28, 28, 3), what Sequential 'sequential' takes\n"
        "  received: (5, 3, 28, 28)\n"
        "  remedy:   pass np.moveaxis(x, 1, -1)",
        lambda: classifier(28, 28, 3).predict(images(5, 3, 28, 28)),
    )


def test_images_of_another_size(model):
    refused(
        "`x` holds images of 32x32x1, and the model takes 28x28x1\n"
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
        "`x` holds images of 2x2x1, and the model takes 28x28x1\n"
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
        "`x` holds images of 28x28x3, and the model takes 28x28x1\n"
        "  rule:     Conv2D 'conv2d': the layer was built for another number of channels\n"
        "  expected: (n, 28, 28, 1), what Sequential 'sequential' takes\n"
        "  received: (n, 28, 28, 3)\n"
        "  shapes:   (None, 28, 28, 3) -> Conv2D 'conv2d'\n"
        "  remedy:   make the images grey: x.mean(axis=-1, keepdims=True)\n"
        "            or a new model: Input((28, 28, 3))",
        lambda: model.predict(images(5, 28, 28, 3)),
    )


def test_an_axis_too_many(model):
    refused(
        "`x` has an axis too many in front\n"
        "  expected: (n, 28, 28, 1), what Sequential 'sequential' takes\n"
        "  received: (5, 4, 28, 28, 1)\n"
        "  remedy:   join the two: pass x.reshape(-1, 28, 28, 1), with a target for each",
        lambda: model.predict(images(5, 4, 28, 28, 1)),
    )


def test_no_images(model):
    message = (
        "`x` holds no images\n"
        "  expected: at least one, shape (n, 28, 28, 1)\n"
        "  received: (0, 28, 28, 1)\n"
        "  remedy:   look at what selected them: x = images[rows], where rows is empty or all False"
    )
    refused(message, lambda: model.predict(images(0, 28, 28, 1)))
    model.predict(images(1, 28, 28, 1), verbose=0)
    refused(message, lambda: model.predict(images(0, 28, 28, 1), verbose=0))
    refused(message, lambda: model.fit(images(0, 28, 28, 1), np.zeros(0)))


def test_lengths_that_differ(model):
    refused(
        "`x` and `y` differ in length\n"
        "  expected: a target for each of the 5 images\n"
        "  received: x (5, 28, 28, 1), y (4,)\n"
        "  remedy:   x and y of the same images, selected alike: x[rows], y[rows]",
        lambda: model.fit(images(5, 28, 28, 1), np.zeros(4)),
    )


def test_no_targets(model):
    refused("there are no targets\n  expected: `y`, or batches of (x, y)", lambda: model.fit(images(5, 28, 28, 1)))


def test_nan_in_the_images(model):
    x = images(5, 28, 28, 1)
    x[3, 4, 5, 0] = np.nan
    x[4, 0, 0, 0] = np.inf
    refused(
        "`x` holds values that are not finite\n"
        "  expected: finite numbers\n"
        "  received: 2 of 3,920 are NaN or infinite, the first is x[3, 4, 5, 0] = nan\n"
        "  remedy:   look at x[3], or replace them: np.nan_to_num(x)",
        lambda: model.fit(x, np.zeros(5)),
    )


def test_images_of_several_sizes():
    refused(
        "the items of `x` differ in shape\n"
        "  expected: 3 items of one shape\n"
        "  received: x[0] of shape (28, 28, 1), x[2] of shape (27, 28, 1)\n"
        "  remedy:   read all in one size: load_img(path, target_size=(28, 28))\n"
        "            or leave the other one out: "
        "np.stack([item for item in x if np.shape(item) == (28, 28, 1)])",
        lambda: classifier(28, 28, 1).predict([images(28, 28, 1), images(28, 28, 1), images(27, 28, 1)]),
    )


def test_objects(model):
    refused(
        "`x` does not hold plain numbers\n"
        "  expected: floats, integers or booleans\n"
        "  received: an array of dtype object\n"
        "  remedy:   stack images of one size: np.stack(images)",
        lambda: model.predict(np.array([None, 1])),
        TypeError,
    )


def test_text_as_labels(model):
    refused(
        "`y` does not hold plain numbers\n"
        "  expected: floats, integers or booleans\n"
        "  received: an array of dtype <U3\n"
        "  remedy:   convert the text to numbers, and class names to indices: np.unique(names, return_inverse=True)[1]",
        lambda: model.fit(images(2, 28, 28, 1), ["cat", "dog"]),
        TypeError,
    )


def test_complex_numbers(model):
    refused(
        "`x` does not hold plain numbers\n"
        "  expected: floats, integers or booleans\n"
        "  received: an array of dtype complex128\n"
        "  remedy:   pass the real and imaginary parts, or np.abs(x)",
        lambda: model.predict(images(2, 28, 28, 1).astype(np.complex128)),
        TypeError,
    )


def test_something_that_is_no_data(model):
    refused(
        "`x` is not data that can be read\n"
        "  expected: an array, a list, or an object with __array__ or __dlpack__\n"
        "  received: int 3",
        lambda: model.predict(3),
        TypeError,
    )


def test_a_sparse_matrix(model):
    class Sparse:
        def toarray(self):
            raise AssertionError

    refused("`x` is a sparse matrix\n  remedy: pass x.toarray()", lambda: model.predict(Sparse()), TypeError)


def test_a_tensor_that_cannot_be_read(model):
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("it requires grad")

    with pytest.raises(TypeError, match=re.escape("remedy:   for a PyTorch tensor, pass x.detach().cpu().float()")):
        model.predict(Tensor())


def test_sample_weights_of_another_length(model):
    refused(
        "`sample_weight` does not match the images\n"
        "  expected: a weight for each image, shape (5,)\n"
        "  received: shape (4,)\n"
        "  remedy:   weights selected as the images are: sample_weight[rows]\n"
        "            or, if they are those of the classes: class_weight=dict(enumerate(weights))",
        lambda: model.fit(images(5, 28, 28, 1), np.zeros(5), sample_weight=np.ones(4)),
    )


def test_class_weights_and_sample_weights(model):
    refused(
        "`class_weight` and `sample_weight` cannot be used together\n"
        "  remedy: multiply the sample weights by the class weights",
        lambda: model.fit(images(5, 28, 28, 1), np.zeros(5), sample_weight=np.ones(5), class_weight={0: 2}),
    )


def test_class_weights_as_a_list(model):
    refused(
        "`class_weight` is not a dictionary\n"
        "  expected: {class index: weight}, for example {0: 1.0, 1: 5.0}\n"
        "  received: list\n"
        "  remedy:   pass dict(enumerate(weights))",
        lambda: model.fit(images(5, 28, 28, 1), np.zeros(5), class_weight=[1, 2, 3]),
        TypeError,
    )


def test_a_dictionary_of_inputs(model):
    with pytest.raises(TypeError, match=re.escape("received: a dict with the keys 'x'\n  remedy:")):
        model.predict({"x": images(5, 28, 28, 1)})


def test_a_generator_of_dictionaries(model):
    with pytest.raises(TypeError, match=re.escape("generator gave a dictionary\n  expected: x, (x, y)")):
        model.fit(({"x": 1} for _ in range(3)), steps_per_epoch=1)


def test_a_generator_of_tuples_of_four(model):
    refused(
        "generator gave a batch of 4 parts\n  expected: x, (x, y) or (x, y, sample_weight)",
        lambda: model.fit(((1, 2, 3, 4) for _ in range(3)), steps_per_epoch=1),
    )


def test_targets_beside_a_generator(model):
    refused(
        "`y` cannot be given when `x` is a generator\n  expected: batches of (x, y) or (x, y, sample_weight)",
        lambda: model.fit((i for i in range(3)), np.zeros(3)),
    )


def test_a_generator_that_gives_nothing(model):
    refused("`x` gave no batches\n  expected: at least one", lambda: model.evaluate(iter(())))
    refused("`x` gave no batches\n  expected: at least one", lambda: model.predict(iter(())))
