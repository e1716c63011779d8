"""A PyDataset's batches are made on as many threads as it asks for, in a fixed order, and not too many ahead."""

import threading
import traceback

import numpy as np
import pytest

import planish
from planish import layers
from planish.utils.py_dataset import PyDataset, items


class Squares(PyDataset):
    def __init__(self, **options):
        super().__init__(**options)
        self.threads, self.made, self.hooks = set(), [], []

    def __len__(self):
        return 12

    def __getitem__(self, index):
        self.threads.add(threading.get_ident())
        self.made.append(index)
        rows = np.random.default_rng(index).random((4, 3)).astype(np.float32)
        return rows, rows.sum(axis=1, keepdims=True)

    def on_epoch_begin(self):
        self.hooks.append("begin")

    def on_epoch_end(self):
        self.hooks.append("end")


def trained(data):
    planish.utils.set_random_seed(0)
    model = planish.Sequential([planish.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(data, epochs=2, verbose=0)
    return model.get_weights()


def test_training_is_the_same_for_any_number_of_workers():
    one, four = Squares(), Squares(workers=4, use_multiprocessing=True, max_queue_size=3)
    for expected, found in zip(trained(one), trained(four), strict=True):
        np.testing.assert_array_equal(expected, found)
    assert one.hooks == four.hooks == ["begin", "end"] * 2
    assert sorted(four.made) == sorted([*range(12)] * 2)


def test_workers_work_at_the_same_time():
    together = threading.Barrier(3, timeout=20)

    class Waiting(Squares):
        def __getitem__(self, index):
            together.wait()
            return index

    assert list(items(Waiting(workers=3), range(12))) == list(range(12))


def test_no_more_batches_are_made_ahead_than_the_queue_holds():
    data = Squares(workers=2, max_queue_size=3)
    batches = items(data, range(12))
    next(batches)
    batches.close()
    assert len(data.made) <= 1 + 3


def test_a_workers_error_comes_with_its_own_traceback():
    class Broken(Squares):
        def __getitem__(self, index):
            if index == 5:
                raise OSError("the disk is gone")
            return super().__getitem__(index)

    with pytest.raises(OSError, match="the disk is gone") as caught:
        trained(Broken(workers=3))
    assert any(frame.name == "__getitem__" for frame in traceback.extract_tb(caught.value.__traceback__))


def test_a_number_of_workers_that_is_none_is_told():
    with pytest.raises(ValueError, match="`workers` of Squares is not a whole number"):
        trained(Squares(workers="all"))
