"""`predict`, `predict_on_batch` and calling a model: every kind of input gives the same outputs."""

import gc
import tracemalloc

import numpy as np
import pytest

from planish.callbacks import Callback
from planish.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from planish.models import Sequential


def small_model(*, eager=True, seed=1):
    """Interpreted: what is tested is how data get in and out. Small whole weights make its sums exact in any order."""
    model = Sequential([Input((6, 6, 2)), Conv2D(3, 3, activation="relu"), MaxPooling2D(), Flatten(), Dense(4)])
    model.compile("sgd", "mse", run_eagerly=eager)
    random = np.random.default_rng(seed)
    model.set_weights([random.integers(-3, 4, weight.shape) for weight in model.weights])
    return model


@pytest.fixture(scope="module")
def model():
    return small_model()


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 255, (10, 6, 6, 2))


@pytest.mark.parametrize(
    "dtype", ["f2", "f4", "f8", ">f4", ">f8", "u1", "u2", ">u2", "u4", "u8", "i2", "i4", "i8", np.longdouble]
)
def test_every_number_type(model, images, dtype):
    expected = model.predict(images.astype(np.float32), verbose=0)
    assert expected.dtype == np.float32
    np.testing.assert_array_equal(model.predict(images.astype(dtype), verbose=0), expected)


def test_booleans_and_small_integers(model, images):
    small = images % 2
    expected = model.predict(small.astype(np.float32), verbose=0)
    for dtype in (bool, np.int8):
        np.testing.assert_array_equal(model.predict(small.astype(dtype), verbose=0), expected)


@pytest.mark.parametrize(
    "layout",
    [
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: np.ascontiguousarray(x[::-1])[::-1],
        lambda x: np.ascontiguousarray(x.transpose(3, 2, 1, 0)).transpose(3, 2, 1, 0),
        lambda x: np.repeat(x, 2, axis=2)[:, :, ::2],
    ],
)
def test_every_layout(model, images, layout):
    array = layout(images)
    np.testing.assert_array_equal(array, images)
    np.testing.assert_array_equal(model.predict(array, verbose=0), model.predict(images, verbose=0))


def test_lists_and_foreign_arrays(model, images):
    class Foreign:
        def __array__(self, dtype=None, copy=None):
            return images

    expected = model.predict(images, verbose=0)
    for data in (images.tolist(), list(images), [images], Foreign()):
        np.testing.assert_array_equal(model.predict(data, verbose=0), expected)
        np.testing.assert_array_equal(model.predict_on_batch(data), expected)
        np.testing.assert_array_equal(model(data), expected)


def test_memory_mapped_files(model, images, tmp_path):
    np.save(tmp_path / "x.npy", images)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    np.testing.assert_array_equal(model.predict(mapped, verbose=0), model.predict(images, verbose=0))


def test_generators_and_objects_with_items(model, images):
    class Pieces:
        def __len__(self):
            return 4

        def __getitem__(self, place):
            return images[3 * place : 3 * place + 3]

    expected = model.predict(images, verbose=0)
    np.testing.assert_array_equal(model.predict(Pieces(), verbose=0), expected)
    np.testing.assert_array_equal(model.predict((images[i : i + 5] for i in (0, 5)), verbose=0), expected)
    pairs = ((images[i : i + 5], np.zeros(5)) for i in (0, 5))
    np.testing.assert_array_equal(model.predict(pairs, verbose=0), expected)
    for_ever = (images[:5] for _ in iter(int, 1))
    assert len(model.predict(for_ever, steps=3, verbose=0)) == 15


def test_steps_limit_the_images(model, images):
    assert model.predict(images, batch_size=3, steps=2, verbose=0).shape == (6, 4)


def test_one_bar_or_line(model, images, capsys):
    model.predict(images, batch_size=4)
    assert capsys.readouterr().out.startswith("3/3 - 0s - ")
    model.predict(images, verbose=0)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("batch_size", [3, 10, 64, None])
def test_hooks_see_every_batch(model, images, batch_size):
    seen = []

    class Watch(Callback):
        def on_predict_batch_begin(self, batch, logs=None):
            seen.append(batch)

        def on_predict_batch_end(self, batch, logs=None):
            seen.append((batch, len(logs["outputs"])))

    outputs = model.predict(images, batch_size=batch_size, verbose=0, callbacks=[Watch()])
    np.testing.assert_array_equal(outputs, model.predict(images, verbose=0))
    size = batch_size or 32
    counts = [min(size, 10 - start) for start in range(0, 10, size)]
    assert seen == [item for batch, count in enumerate(counts) for item in (batch, (batch, count))]


def test_new_weights_are_used_at_once(model, images):
    copy = small_model(seed=2)
    before = copy.predict(images, verbose=0)
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(copy.predict(images, verbose=0), model.predict(images, verbose=0))
    assert not np.array_equal(before, model.predict(images, verbose=0))


def test_a_changed_model_is_compiled_anew(images):
    model = small_model()
    assert model.predict(images, verbose=0).shape == (10, 4)
    model.add(Dense(7))
    assert model.predict(images, verbose=0).shape == (10, 7)
    model.pop()
    model.pop()
    assert model.predict(images, verbose=0).shape == (10, 12)


def test_a_model_without_an_input_shape_takes_that_of_its_first_data(images):
    model = Sequential([Conv2D(3, 3), Flatten(), Dense(4)])
    assert not model.built
    assert model.predict(images, verbose=0).shape == (10, 4)
    assert model.input_shape == (None, 6, 6, 2)


def test_outputs_are_the_callers_own(model, images):
    first = model.predict(images, verbose=0)
    kept = first.copy()
    model.predict(images + 1, verbose=0)
    np.testing.assert_array_equal(first, kept)


def test_training_true_drops_and_moves(images):
    model = Sequential([Input((6, 6, 2)), BatchNormalization(), Dropout(0.5), Flatten()])
    x = images.astype(np.float32)
    before = model.get_weights()[2]
    y = model(x, training=True)
    assert 0.3 < np.mean(y == 0) < 0.7
    assert not np.array_equal(model.get_weights()[2], before)
    assert np.mean(model(x) == 0) < 0.1


def test_memory_does_not_grow_with_calls(model, images):
    x = images[:1].astype(np.float32)

    def run(count):
        for _ in range(count):
            model.predict(x, verbose=0)
            model.predict_on_batch(x)
        gc.collect()

    run(20)
    tracemalloc.start()
    try:
        run(20)
        before = tracemalloc.get_traced_memory()[0]
        run(200)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 20_000
