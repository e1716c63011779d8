"""Data that a model cannot take for other reasons than their shape: one mistake a test, with the whole message."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from planish.layers import Dense, Flatten, Input
from planish.models import Sequential
from tests.errors.support import classifier, images, refused


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
        "  remedy:   x and y for the same images: x[rows], y[rows]",
        lambda: model.fit(images(5, 28, 28, 1), np.zeros(4)),
    )


@pytest.mark.parametrize(
    ("y", "remedy"),
    [
        ((3, 5), "pass y.T"),
        ((15,), "one row of targets for each image: y.reshape(5, -1)"),
        ((7,), "x and y for the same images: x[rows], y[rows]"),
    ],
)
def test_remedies_for_lengths_that_differ(model, y, remedy):
    with pytest.raises(ValueError, match=re.escape(f"remedy:   {remedy}")):
        model.fit(images(5, 28, 28, 1), np.zeros(y))


def test_validation_data_are_called_by_their_name(model):
    x, y = images(4, 28, 28, 1), np.zeros(4)

    def fit(validation_data):
        model.fit(x, y, validation_data=validation_data, verbose=0)

    with pytest.raises(ValueError, match=r"^validation_data: `x` holds images of 32x32x1, but the model takes 28x28x1"):
        fit((images(4, 32, 32, 1), y))
    with pytest.raises(ValueError, match=r"^validation_data: `x` and `y` differ in length"):
        fit((x, y[:3]))
    with pytest.raises(
        ValueError, match=r"^validation_data: loss 'sparse_categorical_crossentropy': a label is out of"
    ):
        fit((x, y + 3))
    with pytest.raises(ValueError, match=r"^batch 2 of validation_data: `x` has its channels first"):
        fit(iter([(x, y), (np.moveaxis(x, -1, 1), y)]))


@pytest.mark.parametrize("shape", [(4, 32, 32, 1), (4, 27, 28)])
def test_validation_data_are_refused_before_training(model, shape):
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"^validation_data: "):
        model.fit(
            images(4, 28, 28, 1) + 1, np.zeros(4), validation_data=(images(*shape), np.zeros(4)), epochs=3, verbose=0
        )
    assert all(np.array_equal(was, now) for was, now in zip(before, model.get_weights(), strict=True))


def test_what_is_held_out_is_called_so(model):
    with pytest.raises(ValueError, match=r"^the images that validation_split holds out: loss '.*': a label is out of"):
        model.fit(images(4, 28, 28, 1), np.array([0, 1, 2, 3]), validation_split=0.25, verbose=0)


def test_batches_are_called_by_their_number(model):
    x, y = images(4, 28, 28, 1), np.zeros(4)

    class Folder:
        def __len__(self):
            return 3

        def __getitem__(self, place):
            return np.moveaxis(x, -1, 1) if place == 2 else x, y

    for run in (lambda: model.fit(Folder(), verbose=0), lambda: model.evaluate(Folder(), verbose=0)):
        with pytest.raises(ValueError, match=r"^item 2 of Folder: `x` has its channels first"):
            run()
    with pytest.raises(ValueError, match=r"^batch 3 of the generator: `x` has its channels first"):
        model.fit((Folder()[place] for place in range(3)), verbose=0)
    with pytest.raises(ValueError, match=r"^batch 3 of the generator: `x` has its channels first"):
        model.predict((Folder()[place][0] for place in range(3)), verbose=0)
    with pytest.raises(ValueError, match=r"^batch 1 of the generator: `x` and `y` differ in length"):
        model.fit(((x, y[:2]) for _ in range(3)), verbose=0)


def test_no_targets(model):
    refused(
        "there are no targets\n  expected: `y`, or batches of (x, y)\n  remedy:   pass the targets: fit(x, y)",
        lambda: model.fit(images(5, 28, 28, 1)),
    )


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
        "            or leave out the other one: "
        "np.stack([item for item in x if np.shape(item) == (28, 28, 1)])",
        lambda: classifier(28, 28, 1).predict([images(28, 28, 1), images(28, 28, 1), images(27, 28, 1)]),
    )


def test_objects(model):
    refused(
        "`x` does not hold plain numbers\n"
        "  expected: floats, integers or booleans\n"
        "  received: None of type NoneType at x[0]\n"
        "  remedy:   look at x[0], and put a number in its place or leave out the row",
        lambda: model.predict(np.array([None, 1])),
        TypeError,
    )


def test_text_as_labels(model):
    refused(
        "`y` does not hold plain numbers\n"
        "  expected: floats, integers or booleans\n"
        "  received: an array of dtype <U3\n"
        "  remedy:   class numbers in place of names: np.unique(y, return_inverse=True)[1]",
        lambda: model.fit(images(2, 28, 28, 1), ["cat", "dog"]),
        TypeError,
    )


def test_complex_numbers(model):
    refused(
        "`x` does not hold plain numbers\n"
        "  expected: floats, integers or booleans\n"
        "  received: an array of dtype complex128\n"
        "  remedy:   real numbers in their place: np.abs(x)\n"
        "            or both parts: np.stack([x.real, x.imag], -1)",
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


@pytest.mark.parametrize(
    ("shape", "x", "remedy"),
    [
        (
            (28, 28, 1),
            "digit.png",
            "img_to_array(load_img('digit.png', color_mode='grayscale', target_size=(28, 28)))[None]",
        ),
        (
            (32, 24, 3),
            Path("cat.jpg"),
            "img_to_array(load_img('cat.jpg', color_mode='rgb', target_size=(32, 24)))[None]",
        ),
        (
            (3, 32, 24),
            "cat.jpg",
            "img_to_array(load_img('cat.jpg', color_mode='rgb', target_size=(32, 24)), "
            "data_format='channels_first')[None]",
        ),
        (
            (28, 28),
            "digit.png",
            "img_to_array(load_img('digit.png', color_mode='grayscale', target_size=(28, 28)))[..., 0][None]",
        ),
        ((784,), "digit.png", "img_to_array(load_img('digit.png', target_size=(height, width)))[None]"),
        ((28, 28, 1), "digits.npy", "np.load('digits.npy')"),
        ((28, 28, 1), "digits.npz", "np.load('digits.npz'), and one of the arrays in it"),
        ((28, 28, 1), os.sep, f"planish.utils.image_dataset_from_directory({os.sep!r})"),
    ],
)
def test_a_file_instead_of_images(shape, x, remedy):
    model = Sequential([Input(shape), Flatten(), Dense(3)])
    with pytest.raises(TypeError, match=r"^`x` is the name of a file\n") as caught:
        model.predict(x)
    assert f"\n  received: {type(x).__name__} {str(x)!r}\n  remedy:   {remedy}" in str(caught.value)


@pytest.mark.parametrize("several", [list, np.array])
def test_a_list_of_files_instead_of_images(model, several):
    refused(
        "`x` holds names of files\n"
        "  expected: the images themselves, as an array\n"
        "  received: 2 of them, the first is 'a.png'\n"
        "  remedy:   np.stack([img_to_array(load_img(path, color_mode='grayscale', target_size=(28, 28))) "
        "for path in x])",
        lambda: model.predict(several(["a.png", "b.png"])),
        TypeError,
    )


def test_an_array_of_images_of_several_sizes(model):
    several = np.empty(3, object)
    several[:] = [images(28, 28, 1), images(28, 28, 1), images(30, 28, 1)]
    with pytest.raises(ValueError, match=re.escape("the items of `x` differ in shape\n")) as caught:
        model.predict(several)
    assert "received: x[0] of shape (28, 28, 1), x[2] of shape (30, 28, 1)" in str(caught.value)


def test_targets_of_several_lengths(model):
    refused(
        "the items of `y` differ in shape\n"
        "  expected: 3 items of one shape\n"
        "  received: y[0] of shape (2,), y[1] of shape (1,)\n"
        "  remedy:   leave out the other one: np.stack([item for item in y if np.shape(item) == (2,)])",
        lambda: model.fit(images(3, 28, 28, 1), [[1, 0], [1], [0, 1]]),
    )


def test_a_function_that_returns_nothing(model):
    with pytest.raises(TypeError, match="received: NoneType None\n  remedy:   a function that fills its argument"):
        model.predict(None)


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
        "  remedy:   weights selected like the images: sample_weight[rows]\n"
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


def test_a_dictionary_without_the_name_of_the_input(model):
    refused(
        "`x` has no array under the name of the model's input\n"
        f"  expected: the key '{model.inputs[0].name}'\n"
        "  received: the keys 'image', 'label'\n"
        f"  remedy:   {{'{model.inputs[0].name}': x['image']}}, or the array itself",
        lambda: model.predict({"image": images(5, 28, 28, 1), "label": np.zeros(5)}),
    )
    with pytest.raises(ValueError, match=r"received: an empty dictionary\n  remedy:   the array itself as `x`"):
        model.predict({})
    with pytest.raises(ValueError, match=r"`y` has no array under the name of the model's output"):
        model.fit(images(5, 28, 28, 1), {"label": np.zeros(5)})
    with pytest.raises(ValueError, match=r"^batch 1 of the generator: `x` has no array under the name"):
        model.fit(({"x": 1} for _ in range(3)), steps_per_epoch=1)


def test_a_dictionary_for_a_model_that_knows_no_names_yet():
    model = Sequential([Flatten(), Dense(3)])
    with pytest.raises(TypeError, match=re.escape("received: a dict with the keys 'x'\n  remedy:")):
        model.predict({"x": images(5, 28, 28, 1)})


def test_a_generator_of_tuples_of_four(model):
    refused(
        "batch 1 of the generator has 4 parts\n"
        "  expected: x, (x, y) or (x, y, sample_weight)\n"
        "  remedy:   a list of images is joined first: np.stack(images)",
        lambda: model.fit(((1, 2, 3, 4) for _ in range(3)), steps_per_epoch=1),
    )


def test_targets_beside_a_generator(model):
    refused(
        "`y` cannot be given when `x` is a generator\n"
        "  expected: batches of (x, y) or (x, y, sample_weight)\n"
        "  remedy:   leave y out, and let each batch bring its own",
        lambda: model.fit((i for i in range(3)), np.zeros(3)),
    )


def test_a_generator_that_gives_nothing(model):
    message = "`x` gave no batches\n  expected: at least one\n  remedy:   make a new iterator: this one may be used up"
    refused(message, lambda: model.evaluate(iter(())))
    refused(message, lambda: model.predict(iter(())))


def test_no_images_with_class_weights(model):
    with pytest.raises(ValueError, match=r"^`x` holds no images"):
        model.fit(images(0, 28, 28, 1), np.zeros(0), class_weight={0: 2.0})


def test_targets_of_gradients_are_told_alike(model):
    with pytest.raises(ValueError, match="a label is out of range") as caught:
        model.gradients(images(2, 28, 28, 1), target="loss", y=[0, 7])
    assert "-> Dense 'dense' (None, 3)" in str(caught.value)
    assert type(caught.value) is ValueError
