"""A last axis of 1 that is missing or too many, and arrays by name: taken wherever data come in, as in Keras."""

import sys

import numpy as np
import pytest

import planish as keras
from planish.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input

SHAPES = [
    ((5, 5, 1), (5, 5)),
    ((5, 5), (5, 5, 1)),
    ((1,), ()),
    ((3,), (3, 1)),
    ((5, 5, 1), (5, 5, 1, 1)),
    ((5, 5, 3), (5, 5, 3, 1)),
]
Y = np.array([0, 1, 1, 0, 1, 0])


def model_of(shape, name=None):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([Input(shape, name=name), Flatten(), Dense(2, activation="softmax", name="scores")])
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def images(shape):
    return np.random.default_rng(1).random((6, *shape), np.float32)


def batches(x, y):
    for start in range(0, len(x), 3):
        yield x[start : start + 3], y[start : start + 3]


USES = {
    "predict": lambda model, x: model.predict(x, verbose=0),
    "predict with callbacks": lambda model, x: model.predict(x, batch_size=2, verbose=0, callbacks=[]),
    "predict of batches": lambda model, x: model.predict(iter([x[:2], x[2:]]), verbose=0),
    "predict_on_batch": lambda model, x: model.predict_on_batch(x),
    "a call": lambda model, x: model(x),
    "a call in training": lambda model, x: model(x, training=True),
    "a list of one input": lambda model, x: model.predict([x], verbose=0),
    "fit": lambda model, x: model.fit(x, Y, batch_size=2, shuffle=False, verbose=0).history["loss"],
    "fit on batches": lambda model, x: model.fit(batches(x, Y), verbose=0).history["loss"],
    "validation_data": lambda model, x: model.fit(x, Y, validation_data=(x, Y), verbose=0).history["val_loss"],
    "validation_split": lambda model, x: model.fit(x, Y, validation_split=0.5, verbose=0).history["val_loss"],
    "evaluate": lambda model, x: model.evaluate(x, Y, verbose=0),
    "evaluate batches": lambda model, x: model.evaluate(batches(x, Y), verbose=0),
    "train_on_batch": lambda model, x: model.train_on_batch(x, Y),
    "test_on_batch": lambda model, x: model.test_on_batch(x, Y),
    "activations": lambda model, x: model.activations(x, "scores"),
}


@pytest.mark.parametrize(("taken", "given"), SHAPES[:3], ids=str)
@pytest.mark.parametrize("use", USES)
def test_a_last_axis_of_one_does_not_count(use, taken, given):
    x = images(taken)
    expected = USES[use](model_of(taken), x)
    for order in ("C", "F"):
        got = USES[use](model_of(taken), np.asarray(x.reshape(6, *given), order=order))
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(("taken", "given"), SHAPES, ids=str)
def test_prepared_calls_for_both_ranks(taken, given):
    model, x = model_of(taken), images(taken)
    other = x.reshape(6, *given)
    for _ in range(2):
        for array in (x, other, other[::-1], x[::-1], other.astype(np.float64)):
            whole = array.reshape(6, *taken)
            np.testing.assert_array_equal(model.predict_on_batch(array), model_of(taken).predict(whole, verbose=0))


def test_the_prepared_call_is_as_short_as_it_was():
    """12 functions of Python for images as the model takes them, one more for those of another rank."""
    model, x = model_of((5, 5, 1)), images((5, 5, 1))

    def calls(array):
        for _ in range(8):  # the first ones are measured
            model.predict(array, verbose=0)
        counted = []
        sys.setprofile(lambda frame, event, argument: counted.append(frame) if event == "call" else None)
        try:
            model.predict(array, verbose=0)
        finally:
            sys.setprofile(None)
        return len(counted)

    assert calls(x) <= 12
    assert calls(x[..., 0]) == calls(x) + 1


def test_a_model_that_took_its_shape_from_data():
    model = keras.Sequential([Flatten(), Dense(2)])
    x = images((5, 5))
    expected = model.predict(x, verbose=0)
    np.testing.assert_array_equal(model.predict(x[..., None], verbose=0), expected)
    late = keras.Sequential([Flatten(), Dense(2)])
    late.compile("sgd", "sparse_categorical_crossentropy")
    late.fit(iter([(x, Y), (x[..., None], Y)]), verbose=0)
    assert late.input_shape == (None, 5, 5)


def test_a_model_inside_a_model():
    inner = keras.Sequential([Input((5, 5, 1)), Conv2D(2, 2), GlobalAveragePooling2D()])
    outer = keras.Sequential([Input((5, 5)), inner, Dense(2, activation="softmax")])
    outer.compile("sgd", "sparse_categorical_crossentropy")
    x = images((5, 5))
    assert outer.output_shape == (None, 2)
    np.testing.assert_allclose(
        outer.predict(x, verbose=0), outer.layers[1](inner.predict(x[..., None], verbose=0)), rtol=1e-5
    )
    assert len(outer.fit(x, Y, verbose=0).history["loss"]) == 1
    flat = keras.Sequential([Input((5, 5, 1)), keras.Sequential([Input((5, 5)), Flatten(), Dense(2)])])
    assert flat.predict(x, verbose=0).shape == (6, 2)
    deep = keras.Sequential([Input((5, 5)), keras.Sequential([Input((5, 5, 1)), Conv2D(2, 2), Flatten(name="flat")])])
    assert deep.flatten_map("flat").shape == (4, 4, 2)
    assert deep.activations(x, "flat").shape == (6, 32)


@pytest.mark.parametrize(
    ("taken", "given"), [((5, 5, 3), (5, 5)), ((5, 5, 1), (5, 4)), ((5, 1, 1), (5,)), ((1, 1), ())], ids=str
)
def test_what_keras_refuses_too(taken, given):
    for use in (lambda x: model_of(taken).predict(x, verbose=0), lambda x: model_of(taken).fit(x, Y, verbose=0)):
        with pytest.raises(ValueError, match=r"^`x` (has|holds|is) "):
            use(images(given))


def test_a_layer_alone_counts_its_axes():
    with pytest.raises(ValueError, match="the input has the wrong rank"):
        Conv2D(2, 2)(images((5, 5)))


NAMED_USES = {
    "predict": lambda model, x, y: model.predict(x, verbose=0),
    "predict_on_batch": lambda model, x, y: model.predict_on_batch(x),
    "a call": lambda model, x, y: model(x),
    "a call in training": lambda model, x, y: model(x, training=True),
    "fit": lambda model, x, y: model.fit(x, y, shuffle=False, verbose=0).history["loss"],
    "fit on batches": lambda model, x, y: model.fit(iter([(x, y)]), verbose=0).history["loss"],
    "validation_data": lambda model, x, y: model.fit(x, y, validation_data=(x, y), verbose=0).history["val_loss"],
    "validation_split": lambda model, x, y: model.fit(x, y, validation_split=0.5, verbose=0).history["val_loss"],
    "evaluate": lambda model, x, y: model.evaluate(x, y, verbose=0),
    "evaluate batches": lambda model, x, y: model.evaluate(iter([(x, y)]), verbose=0),
    "train_on_batch": lambda model, x, y: model.train_on_batch(x, y),
    "test_on_batch": lambda model, x, y: model.test_on_batch(x, y),
}


@pytest.mark.parametrize("use", NAMED_USES)
def test_arrays_by_name(use):
    x = images((5, 5, 1))
    expected = NAMED_USES[use](model_of((5, 5, 1)), x, Y)
    for array in (x, x[..., 0]):
        named = {"image": array, "unused": np.zeros(6)}
        np.testing.assert_array_equal(NAMED_USES[use](model_of((5, 5, 1), "image"), named, Y), expected)
        np.testing.assert_array_equal(NAMED_USES[use](model_of((5, 5, 1), "image"), named, {"scores": Y}), expected)


def test_the_name_of_an_input_that_was_given_none():
    model = model_of((5, 5, 1))
    x = images((5, 5, 1))
    np.testing.assert_array_equal(model.predict({model.inputs[0].name: x}, verbose=0), model.predict(x, verbose=0))


def test_weights_by_name():
    x, weight = images((5, 5, 1)), np.array([1, 0, 2, 0, 1, 3.0])
    expected = model_of((5, 5, 1)).fit(x, Y, sample_weight=weight, verbose=0).history["loss"]
    named = model_of((5, 5, 1)).fit(x, Y, sample_weight={"scores": weight}, verbose=0).history["loss"]
    assert named == expected
