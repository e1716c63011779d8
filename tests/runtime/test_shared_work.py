"""How many images are enough work for several threads."""

import numpy as np
import pytest

import planish
from planish.layers import Conv2D, Dense, Flatten, GlobalAveragePooling2D, Input
from planish.models import Sequential
from planish.runtime import executable, handoff
from planish_runtime import inference


@pytest.fixture
def three_threads():
    planish.set_num_threads(3)
    yield
    planish.set_num_threads(None)


@pytest.fixture
def used(monkeypatch):
    """The numbers of threads of all calls that took several, whoever they were found by."""
    numbers = []
    together, share = inference.run_together, handoff.CREW.share

    def recorded(work, threads, stop):
        numbers.append(threads)
        together(work, threads, stop)

    def shared(work, context, scratches, threads):
        numbers.append(threads)
        return share(work, context, scratches, threads)

    monkeypatch.setattr(inference, "run_together", recorded)
    monkeypatch.setattr(handoff.CREW, "share", shared)
    monkeypatch.setattr(inference, "recent_num_threads", lambda now: planish.get_num_threads())
    return numbers


def heavy():
    return Sequential([Input((64, 64, 32)), Conv2D(64, 3, padding="same"), GlobalAveragePooling2D()])


@pytest.mark.parametrize(("products", "fewest"), [(0, 112), (1, 112), (2_631_040, 111), (40_813_184, 8), (10**10, 2)])
def test_the_more_work_an_image_is_the_fewer_are_enough(products, fewest):
    class Program:
        multiply_adds = products

    bounds = inference.FEWEST_IMAGES_FOR_THREADS
    assert inference.fewest_images(Program, inference._WORK_FOR_THREADS, bounds) == fewest


def test_few_images_of_much_work_are_shared_among_threads_with_the_same_bits(three_threads, used):
    model = heavy()
    x = np.random.default_rng(3).standard_normal((9, 64, 64, 32), np.float32)
    shared = model.predict_on_batch(x)
    assert used == [3]
    for images in (1, 2, 4):
        assert np.array_equal(model.predict_on_batch(x[:images]), shared[:images])
    assert used == [3] * 4
    planish.set_num_threads(1)
    assert np.array_equal(model.predict_on_batch(x), shared)
    assert np.array_equal(model.predict_on_batch(x[4:5]), shared[4:5])
    assert used == [3] * 4


def test_what_would_keep_ctrl_c_waiting_is_shared_by_threads_that_return_to_python(three_threads, used, monkeypatch):
    model = heavy()
    x = np.random.default_rng(3).standard_normal((9, 64, 64, 32), np.float32)
    shared = model.predict_on_batch(x)
    monkeypatch.setattr(inference, "_MOST_AT_ONCE", 1)
    monkeypatch.setattr(handoff.CREW, "share", None)
    assert np.array_equal(model.predict_on_batch(x), shared)
    assert used == [3, 3]


def test_helpers_that_are_busy_are_done_without(three_threads, monkeypatch):
    model = heavy()
    x = np.random.default_rng(3).standard_normal((2, 64, 64, 32), np.float32)
    shared = model.predict_on_batch(x)
    monkeypatch.setattr(handoff.CREW, "share", lambda *arguments: False)
    assert np.array_equal(model.predict_on_batch(x), shared)


def test_few_images_of_little_work_stay_on_one_thread(three_threads, used):
    model = Sequential([Input((8, 8, 1)), Flatten(), Dense(3)])
    model.predict_on_batch(np.zeros((111, 8, 8, 1), np.float32))
    assert used == []
    model.predict_on_batch(np.zeros((130, 8, 8, 1), np.float32))
    assert used == [2]


def test_a_step_of_few_images_of_much_work_is_shared_among_threads_with_the_same_bits(monkeypatch):
    numbers = []
    watched = executable.run_watched

    def recorded(work, threads, *others):
        numbers.append(threads)
        watched(work, threads, *others)

    monkeypatch.setattr(executable, "run_watched", recorded)
    x = np.random.default_rng(4).standard_normal((11, 64, 64, 32), np.float32)
    y = np.random.default_rng(5).standard_normal((11, 64), np.float32)
    weights = []
    for threads in (1, 3):
        planish.set_num_threads(threads)
        try:
            planish.utils.set_random_seed(1)
            model = heavy()
            model.compile("sgd", "mse")
            model.train_on_batch(x, y)
        finally:
            planish.set_num_threads(None)
        weights.append(model.get_weights())
    assert numbers == [3]
    assert all(np.array_equal(one, three) for one, three in zip(*weights, strict=True))
