"""Normalization, and what it learns of data."""

import itertools

import numpy as np
import pytest

import planish
from planish.layers import Dense, Flatten, Input, Normalization
from planish.models import Sequential
from planish.utils import PyDataset

from .checked import check_layer
from .support import again, error_of, images

X = images(50, 4, 3, 2) * 3 + 5


class Batches(PyDataset):
    def __len__(self):
        return 5

    def __getitem__(self, index):
        return X[index * 10 : index * 10 + 10], np.zeros(10)


SOURCES = {
    "array": lambda: X,
    "list of arrays": lambda: [X[:20], X[20:27], X[27:]],
    "generator": lambda: (X[start : start + 7] for start in range(0, 50, 7)),
    "batches with labels": lambda: [(X[:30], np.zeros(30)), (X[30:], np.zeros(20))],
    "dataset": lambda: Batches(),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("axis", [-1, None, (1, 3), 2])
def test_adapting(source, axis):
    layer = Normalization(axis)
    layer.adapt(SOURCES[source]())
    kept = () if axis is None else tuple(each % 4 for each in ([axis] if isinstance(axis, int) else axis))
    axes = tuple(each for each in range(4) if each not in kept)
    mean, variance = X.mean(axes, keepdims=True), X.var(axes, keepdims=True)
    np.testing.assert_allclose(layer.mean, mean, rtol=1e-5)
    np.testing.assert_allclose(layer.variance, variance, rtol=1e-5)
    np.testing.assert_allclose(layer(X), (X - mean) / np.sqrt(variance), rtol=1e-4, atol=1e-5)
    assert [(each.name, each.shape) for each in layer.weights] == [
        ("mean", mean.squeeze(axes).shape), ("variance", mean.squeeze(axes).shape), ("count", ())
    ]  # fmt: skip
    assert layer.trainable_weights == []


def test_adapting_again_replaces_what_was_found():
    layer = Normalization()
    layer.adapt(X)
    layer.adapt(np.ones((3, 4, 3, 2)))
    np.testing.assert_array_equal(layer.mean.ravel(), [1, 1])
    np.testing.assert_array_equal(layer(np.ones((1, 4, 3, 2))), 0)  # a variance of 0 divides by 1e-7


def test_pixels_do_not_lose_digits():
    pixels = np.random.default_rng(0).integers(0, 256, (3000, 30, 30), dtype=np.uint8)
    layer = Normalization(axis=None)
    layer.adapt(pixels)
    np.testing.assert_allclose(layer.mean.item(), pixels.mean(), rtol=1e-6)
    np.testing.assert_allclose(layer.variance.item(), pixels.var(), rtol=1e-6)


def test_numbers_without_other_axes():
    layer = Normalization(axis=None, input_shape=(1,))
    layer.adapt(np.arange(5.0))
    model = Sequential([layer, Dense(1)])
    assert model.output_shape == (None, 1)
    np.testing.assert_allclose(layer(np.arange(5.0)[:, None]), (np.arange(5.0)[:, None] - 2) / np.sqrt(2), rtol=1e-5)


@pytest.mark.parametrize("axis", [-1, None, (1, 2)])
@pytest.mark.parametrize("invert", [False, True])
def test_compiled_code_and_gradients(axis, invert):
    layer = Normalization(axis, invert=invert)
    layer.adapt(X)
    before = layer.get_weights()
    layer.set_weights([before[0], before[1], before[2]])
    model = Sequential([Input((4, 3, 2)), layer])
    np.testing.assert_allclose(model.predict(X, verbose=0), layer(X), rtol=1e-4, atol=1e-4)
    back = Normalization(axis, invert=not invert)
    back.adapt(X)
    np.testing.assert_allclose(back(layer(X)), X, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("axis", "mean", "variance"),
    [(-1, [1.0, 2.0], [4.0, 9.0]), (-1, 3.0, 2.0), (None, 3, 2), ((1, 3), [1.0, 2.0], [4.0, 9.0]), ((1, 3), 3.0, 4.0)],
)
def test_given_mean_and_variance(axis, mean, variance):
    layer = Normalization(axis, mean=mean, variance=variance)
    x = X[:4]
    np.testing.assert_allclose(layer(x), (x - mean) / np.sqrt(variance), rtol=1e-5)
    assert layer.weights == []
    np.testing.assert_allclose(again(layer)(x), layer(x))
    assert again(layer).get_config()["mean"] == layer.get_config()["mean"]
    check_layer(layer, 3, 4, 3, 2)
    with pytest.raises(ValueError, match="was given its mean and variance"):
        layer.adapt(X)


def test_training_leaves_it_and_programs_see_a_new_adaptation():
    layer = Normalization()
    layer.adapt(X)
    model = Sequential([Input((4, 3, 2)), layer, Flatten(), Dense(2, kernel_initializer="ones")])
    model.compile("sgd", "mse")
    before = layer.get_weights()
    model.fit(X, np.zeros((50, 2)), verbose=0)
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    first = model.predict(X, verbose=0)
    layer.adapt(2 * X)
    assert np.abs(model.predict(X, verbose=0) - first).max() > 0.1
    assert model.count_params() == 5 + 24 * 2 + 2


def test_its_state_is_in_files(tmp_path):
    layer = Normalization(axis=(1, 3))
    layer.adapt(X)
    model = Sequential([Input((4, 3, 2)), layer])
    model.save(tmp_path / "m.keras")
    loaded = planish.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    assert loaded.layers[0].count.value.dtype == np.int64


def test_configuration():
    config = Normalization((1, 2), invert=True).get_config()
    assert (config["axis"], config["invert"], config["mean"], config["variance"]) == ((1, 2), True, None, None)
    assert Normalization(None).get_config()["axis"] == ()
    assert again(Normalization(None)).axis == ()
    assert Normalization().mean is None


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Normalization(mean=1.0), "argument 'mean' is given without 'variance'"),
        (lambda: Normalization(variance=1.0), "argument 'variance' is given without 'mean'"),
        (lambda: Normalization(mean=[1, 2], variance=1.0), "argument 'variance' is wrong"),
        (lambda: Normalization(mean=1.0, variance=-1.0), "numbers from 0 on"),
        (lambda: Normalization(mean=np.nan, variance=1.0), "argument 'mean' is wrong"),
        (lambda: Normalization(None, mean=[1, 2], variance=[1, 2]), "as many axes as"),
        (lambda: Normalization(0), "axis 0 is the batch"),
        (lambda: Normalization(mean=[1, 2, 3], variance=[1, 1, 1])(X), "mean and variance do not fit the input"),
        (lambda: Normalization(4)(X), "axis 4 is not an axis of the image"),
        (lambda: Normalization().adapt(np.arange(5.0)), r"axis -1 is not an axis(.*\n)+.*axis=None for one of all"),
        (lambda: Normalization().adapt([]), "adapt got no images"),
        (lambda: Normalization().adapt(np.zeros((0, 3))), "adapt got no images"),
        (lambda: Normalization().adapt(np.array([[1.0, np.inf]])), "values that are not finite"),
        (lambda: Normalization().adapt([X, X[..., :1]]), "the layer was built for other sizes"),
    ],
)
def test_what_is_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


@pytest.mark.parametrize("data", [3, "x.csv", [1.0, 2.0], {"x": X}, np.array(["a"]), None])
def test_what_is_not_data(data):
    with pytest.raises(TypeError, match=r"adapt takes images\n  expected: an array, a data set"):
        Normalization().adapt(data)


def test_data_without_end():
    class Endless(Batches):
        @property
        def num_batches(self):
            return None

    with pytest.raises(ValueError, match="adapt got data without end"):
        Normalization().adapt(Endless())
    layer = Normalization()
    layer.adapt(itertools.islice(Endless(), 5))
    np.testing.assert_allclose(layer.mean.ravel(), X.mean((0, 1, 2)), rtol=1e-5)


def test_another_number_of_channels():
    layer = Normalization()
    layer.adapt(X)
    assert error_of(lambda: layer(X[..., :1]))[:3] == [
        "Normalization 'normalization': the layer was built for other sizes",
        "  expected:    (2,) along axis (-1,)",
        "  received:    (1,)",
    ]
