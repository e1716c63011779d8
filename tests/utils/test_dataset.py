"""Data sets are chained as tf.data's are."""

import re

import numpy as np
import pytest

import planish as keras
from planish.utils import image_dataset_from_directory
from planish.utils.dataset import ArraySpec, Chained

X = np.arange(10, dtype=np.float32)


def numbers(count=10, made=None):
    """Pairs of a number and its double; `made` notes what is asked for."""

    def start():
        for number in X[:count]:
            if made is not None:
                made.append(int(number))
            yield number, number + number

    return Chained(start, lambda: count)


def firsts(data):
    return [np.asarray(first).tolist() for first, _ in data]


CHAINS = {
    "map": (lambda data: data.map(lambda x, y: (x + 1, y)), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 10),
    "filter": (lambda data: data.filter(lambda x, y: x % 3 == 0), [0, 3, 6, 9], -2),
    "take": (lambda data: data.take(3), [0, 1, 2], 3),
    "take more": (lambda data: data.take(30), list(range(10)), 10),
    "take all": (lambda data: data.take(-1), list(range(10)), 10),
    "skip": (lambda data: data.skip(7), [7, 8, 9], 3),
    "skip more": (lambda data: data.skip(70), [], 0),
    "skip all": (lambda data: data.skip(-1), [], 0),
    "repeat": (lambda data: data.take(2).repeat(3), [0, 1, 0, 1, 0, 1], 6),
    "repeat without end": (lambda data: data.repeat().take(12), [*range(10), 0, 1], 12),
    "never": (lambda data: data.repeat(0), [], 0),
    "nothing without end": (lambda data: data.take(0).repeat(), [], 0),
    "concatenate": (lambda data: data.take(2).concatenate(data.skip(8)), [0, 1, 8, 9], 4),
    "batch": (lambda data: data.batch(4), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]], 3),
    "whole batches": (lambda data: data.batch(4, drop_remainder=True), [[0, 1, 2, 3], [4, 5, 6, 7]], 2),
    "unbatch": (lambda data: data.batch(4).unbatch(), list(range(10)), -2),
    "batch anew": (lambda data: data.batch(4).unbatch().batch(5), [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]], -2),
    "cache": (lambda data: data.cache(), list(range(10)), 10),
    "prefetch": (lambda data: data.prefetch(2), list(range(10)), 10),
    "prefetch as is good": (lambda data: data.prefetch(-1), list(range(10)), 10),
    "shuffle by one": (lambda data: data.shuffle(1), list(range(10)), 10),
    "all": (lambda data: data.map(lambda x, y: (x, y)).cache().batch(5).prefetch(1).take(1), [[0, 1, 2, 3, 4]], 1),
}


@pytest.mark.parametrize("name", CHAINS)
def test_chains(name):
    """What tf.data 2.21 gives for the same chain, and says of its length."""
    chain, expected, count = CHAINS[name]
    data = chain(numbers())
    assert firsts(data) == expected
    assert firsts(data) == expected, "iterating again starts again"
    assert data.cardinality() == count
    if count >= 0:
        assert len(data) == count
    else:
        with pytest.raises(TypeError, match="the data set has no length"):
            len(data)


def test_nothing_is_made_before_it_is_asked_for():
    made = []
    data = numbers(made=made).map(lambda x, y: (x, y)).shuffle(3, seed=1).batch(2)
    assert made == []
    next(iter(data))
    assert len(made) <= 5


def test_an_endless_data_set_has_no_length():
    assert numbers().repeat().cardinality() == -1
    with pytest.raises(TypeError, match="elements without end"):
        len(numbers().repeat())


def test_shuffle_draws_from_what_comes_next():
    order = firsts(numbers().shuffle(3, seed=5))
    assert sorted(order) == list(range(10))
    assert order != list(range(10))
    assert all(place >= number - 2 for place, number in enumerate(order))


def test_shuffled_anew_in_each_iteration_unless_told_otherwise():
    data = numbers().shuffle(10, seed=5)
    assert firsts(data) != firsts(data)
    assert firsts(numbers().shuffle(10, seed=5)) == firsts(numbers().shuffle(10, seed=5))
    same = numbers().shuffle(10, reshuffle_each_iteration=False)
    assert firsts(same) == firsts(same)


def test_the_cache_is_filled_by_the_first_whole_iteration():
    made = []
    data = numbers(3, made).cache()
    next(iter(data))
    assert firsts(data) == firsts(data) == [0, 1, 2]
    assert made == [0, 0, 1, 2]


def test_what_is_changed_outside_stays_in_the_cache():
    data = numbers().batch(10).cache()
    for _ in range(3):
        for x, _ in data:
            assert x[3] == 3
            x += 1


def test_functions_get_the_parts_of_a_tuple_and_may_return_anything_with_arrays():
    data = numbers(2).map(lambda x, y: {"x": x, "both": (x, y)})
    assert [(element["x"], element["both"]) for element in data] == [(0, (0, 0)), (1, (1, 2))]
    assert [element.tolist() for element in data.map(lambda element: [1.0, 2.0])] == [[1, 2]] * 2
    batches = list(data.batch(2))
    assert batches[0]["both"][1].tolist() == [0, 2]


def test_elements_have_numpy():
    for data in (numbers(), numbers().batch(3), numbers().prefetch(1), numbers().cache()):
        x, y = next(iter(data))
        assert type(x.numpy()) in (np.ndarray, np.float32)
        assert y.numpy() is not None
    assert type(next(iter(numbers().batch(3).as_numpy_iterator()))[0]) is np.ndarray
    assert numbers().cardinality().numpy() == 10


def test_pairs_of_a_number_and_an_element():
    assert [(int(number), float(x)) for number, (x, _) in numbers(2).enumerate(5)] == [(5, 0), (6, 1)]


def test_the_spec_of_elements():
    assert numbers().element_spec == (ArraySpec((), np.dtype("f4")),) * 2
    assert numbers().batch(4).element_spec[0] == ArraySpec((None,), np.dtype("f4"))
    assert numbers().batch(4, drop_remainder=True).map(lambda x, y: x).element_spec == ArraySpec((4,), np.dtype("f4"))
    with pytest.raises(ValueError, match="the data set has no elements"):
        _ = numbers(0).element_spec


def test_it_says_what_it_is():
    assert repr(numbers().batch(3)) == "<Chained of 4>"
    assert repr(numbers().repeat()) == "<Chained without end>"
    assert numbers(0), "a data set is true even if it is empty"


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        (lambda data: data.batch(0), "batch: batch_size is a whole number"),
        (lambda data: data.batch(2.5), "expected: 1 or more\n  received: 2.5"),
        (lambda data: data.take(-2), "take: count is a whole number"),
        (lambda data: data.shuffle(0), "shuffle: buffer_size"),
        (lambda data: data.cache("file"), "cache keeps elements in memory, not in a file"),
        (lambda data: list(data.unbatch()), "unbatch: the arrays of an element differ in length, or have none"),
        (lambda data: list(data.map(lambda x, y: np.zeros(int(x))).batch(2)), "elements of one batch differ in shape"),
    ],
)
def test_mistakes(chain, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        chain(numbers())


def test_what_a_function_raises_comes_through():
    def fail(x, y):
        raise RuntimeError("mine")

    for data in (numbers().map(fail), numbers().map(fail).prefetch(2)):
        with pytest.raises(RuntimeError, match="mine"):
            list(data)


def small_model():
    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential([keras.Input((6, 4, 1)), layers.Flatten(), layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def folder_of(class_folders, **settings):
    defaults = {"image_size": (6, 4), "color_mode": "grayscale", "verbose": False, "batch_size": 4, "shuffle": False}
    return image_dataset_from_directory(class_folders, **defaults | settings)


def test_fit_evaluate_and_predict_take_what_is_chained(class_folders):
    folder = folder_of(class_folders)
    scaled = folder.map(lambda x, y: (keras.layers.Rescaling(1 / 255)(x), y)).cache().prefetch(keras_autotune())
    assert scaled.class_names == ["cat", "dog", "emu"]
    model = small_model()
    history = model.fit(scaled, validation_data=scaled.take(2), epochs=2, verbose=0)
    assert model.optimizer.iterations == 6, "a step for each batch, also for the last one of two images"
    x, y = folder.arrays()
    expected = small_model()
    expected.fit(x / 255, y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    for made, right in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(made, right, rtol=1e-4, atol=1e-6)
    loss, accuracy = model.evaluate(scaled, verbose=0)
    np.testing.assert_allclose((loss, accuracy), model.evaluate(x / 255, y, verbose=0), rtol=1e-5)
    assert history.history["val_loss"]
    np.testing.assert_array_equal(model.predict(scaled, verbose=0), model.predict(x / np.float32(255), verbose=0))
    assert model.predict(scaled.unbatch().batch(3), verbose=0).shape == (10, 3)


def keras_autotune():
    """tf.data.AUTOTUNE is -1."""
    return -1


def test_an_endless_data_set_needs_steps(class_folders):
    model, endless = small_model(), folder_of(class_folders).repeat()
    model.fit(endless, steps_per_epoch=4, epochs=2, verbose=0, validation_data=endless, validation_steps=2)
    assert model.optimizer.iterations == 8
    assert model.predict(endless, steps=2, verbose=0).shape == (8, 3)
    for run, argument in (
        (lambda: model.fit(endless, verbose=0), "steps_per_epoch"),
        (lambda: model.fit(folder_of(class_folders), validation_data=endless, verbose=0), "validation_steps"),
        (lambda: model.evaluate(endless, verbose=0), "steps"),
        (lambda: model.predict(endless, verbose=0), "steps"),
    ):
        with pytest.raises(ValueError, match=f"gives batches without end\n.*\n.*remedy: +{argument}="):
            run()


def test_one_image_at_a_time_is_to_be_batched(class_folders):
    singles = folder_of(class_folders, batch_size=None)
    for data in (singles, folder_of(class_folders, batch_size=None, label_mode="categorical")):
        with pytest.raises(ValueError, match=r"is one image, not a batch of images(.*\n)*.*data\.batch\(32\)"):
            small_model().fit(data, verbose=0)
    with pytest.raises(ValueError, match=r"x\[None\] and np\.array\(\[y\]\)"):
        small_model().fit(((x, y) for x, y in singles), verbose=0)
    small_model().fit(singles.shuffle(10).batch(4), verbose=0)
