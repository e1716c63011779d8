"""Inputs whose sizes come with the data: a program for each size, of which only the last ones are kept."""

import warnings

import numpy as np
import pytest

from planish import Input, Model, ops
from planish.layers import Add, Concatenate, Conv2D, Dense, Flatten, GlobalAveragePooling2D, Multiply
from planish.models.programs.recent import MOST_PROGRAMS, MOST_SIZES, Recent


def of_any_size():
    x = Input((None, None, 3))
    model = Model(x, Dense(2)(GlobalAveragePooling2D()(Conv2D(4, 3)(x))))
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def images(height, width, count=3):
    return np.random.default_rng(height).normal(size=(count, height, width, 3)).astype(np.float32)


def test_predictions_are_those_of_a_model_of_that_size():
    model = of_any_size()
    for height, width in ((5, 8), (9, 4), (5, 8)):
        fixed = Input((height, width, 3))
        same = Model(fixed, model(fixed))
        x = images(height, width)
        np.testing.assert_array_equal(model.predict(x, verbose=0), same.predict(x, verbose=0))
        np.testing.assert_array_equal(model.predict_on_batch(x), same.predict(x, verbose=0))


def test_training_and_evaluation_in_every_size():
    model, start = of_any_size(), of_any_size()
    start.set_weights(model.get_weights())
    batches = [(images(size, size), np.ones((3, 2))) for size in (5, 6, 6, 4)]
    history = model.fit(iter(batches), verbose=0).history
    losses = [start.train_on_batch(*batch)[0] for batch in batches]
    np.testing.assert_allclose(history["loss"][0], np.mean(losses), rtol=1e-5)
    for a, b in zip(model.get_weights(), start.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.evaluate(iter(batches), verbose=0)[0] < history["loss"][0]


def test_many_sizes_are_told_of_once():
    model = of_any_size()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for width in range(MOST_SIZES):
            model._programs._sizes.note(((5, width, 3),))
    with pytest.warns(UserWarning, match="more than 8 sizes"):
        model._programs._sizes.note(((6, 6, 3),))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model._programs._sizes.note(((7, 7, 3),))


def test_programs_used_last_are_kept():
    recent = Recent()
    for number in range(MOST_PROGRAMS):
        recent.keep(number, str(number))
    assert recent.get(0) == "0"
    recent.keep("one more", "program")
    assert (recent.get(0), recent.get(1), len(recent)) == ("0", None, MOST_PROGRAMS)


def test_other_channels_are_refused():
    with pytest.raises(ValueError, match="images of 5x5x4, but the model takes \\?x\\?x3"):
        of_any_size().predict(np.zeros((1, 5, 5, 4)), verbose=0)


def on_masks(*mask):
    """Images of any size, and a mask of one size."""
    image, mask = Input((None, None, 3), name="image"), Input(mask, name="mask")
    return image, mask


@pytest.mark.parametrize(
    "join",
    [
        lambda *pair: Add()([*pair]),
        lambda *pair: Multiply()([*pair]),
        lambda *pair: Concatenate()([*pair]),
        lambda image, mask: image * mask,
        lambda image, mask: ops.maximum(mask, image),
    ],
)
def test_a_size_that_comes_with_the_data_may_be_that_of_another_input(join):
    image, mask = on_masks(4, 5, 3)
    y = join(image, mask)
    assert y.shape[:3] == (None, 4, 5)
    model = Model([image, mask], y)
    again = Input((None, None, 3))
    outer = Model([again, mask], GlobalAveragePooling2D()(model([again, mask])))
    x, m = images(4, 5), images(4, 5)
    expected = np.asarray(join(x, m))
    np.testing.assert_allclose(model.predict([x, m], verbose=0), expected, rtol=1e-6)
    np.testing.assert_allclose(outer.predict([x, m], verbose=0), expected.mean((1, 2)), rtol=1e-4, atol=1e-6)
    assert str(model.program())
    with pytest.raises(ValueError, match=r"\(.*6.*5.*3\)"):
        model.predict([images(6, 5), m], verbose=0)


def test_two_tensors_may_each_have_a_size_of_the_other():
    tall, wide = Input((None, 8, 3)), Input((4, None, 3))
    assert (tall + wide).shape == Add()([tall, wide]).shape == (None, 4, 8, 3)
    one_row = Input((1, 8, 3))
    assert (Input((None, None, 3)) + one_row).shape == (None, None, 8, 3)


def test_no_flatten_map_without_a_size():
    x = Input((None, None, 3))
    model = Model(x, Dense(2)(Flatten()(GlobalAveragePooling2D()(x))), name="open")
    with pytest.raises(ValueError, match="the sizes of the images come with the data") as caught:
        model.flatten_map()
    assert str(caught.value).splitlines()[1:] == [
        "  expected: a model for images of one size",
        "  received: Input((None, None, 3))",
        "  remedy:   x = Input((224, 224, 3)); Model(x, model(x)).flatten_map(), with the size of your images",
    ]
    x = Input((224, 224, 3))
    assert Model(x, model(x)).flatten_map().shape == (3,)
