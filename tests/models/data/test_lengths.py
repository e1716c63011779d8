"""How many batches a source has says `num_batches` or `__len__`; what it says wrongly is named."""

import numpy as np
import pytest

from planish.layers import Dense, Input
from planish.models import Sequential
from planish.utils import PyDataset


@pytest.fixture
def model():
    made = Sequential([Input((4,)), Dense(3, activation="softmax")])
    made.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    return made


class Batches:
    """Three batches of two rows."""

    def __getitem__(self, place):
        if place > 2:
            raise IndexError
        return np.zeros((2, 4)), np.zeros(2, int)


def batches(**members):
    return type("Photos", (Batches,), members)()


@pytest.mark.parametrize(
    ("length", "received"),
    [
        (lambda self: 5 / 2, "2.5 of type float"),
        (lambda self: None, "None"),
        (lambda self: -1, "-1"),
        (lambda self: "3", "'3'"),
    ],
)
def test_a_length_that_is_not_a_whole_number_is_named(model, length, received):
    for method in ("fit", "evaluate", "predict"):
        with pytest.raises(ValueError, match="`__len__` of Photos is not a number of batches") as caught:
            getattr(model, method)(batches(__len__=length), verbose=0)
        assert f"received: {received}" in str(caught.value)


@pytest.mark.parametrize("number", [2.5, "3", -1, np.float32(3), [3]])
def test_a_number_of_batches_that_is_not_one_is_named(model, number):
    for given in (number, lambda self: number):
        with pytest.raises(ValueError, match="`num_batches` of Photos is not a number of batches"):
            model.fit(batches(num_batches=given, __len__=lambda self: 3), verbose=0)


def test_an_error_inside_a_length_is_told_with_its_name(model):
    source = batches(__len__=lambda self: len(self.files), files=None)
    for iterates in (False, True):
        if iterates:
            type(source).__iter__ = lambda self: iter([self[0]])
        with pytest.raises(TypeError, match="`__len__` of Photos raised a TypeError") as caught:
            model.fit(source, verbose=0)
        assert "object of type 'NoneType' has no len()" in str(caught.value)


@pytest.mark.parametrize("module", ["torch.utils.data.dataloader", "tensorflow.python.data.ops.dataset_ops"])
def test_a_data_set_of_a_library_may_not_know_its_length(model, module):
    def length(self):
        raise TypeError("The dataset length is unknown.")

    source = batches(__len__=length, __iter__=lambda self: iter([self[0], self[1]]), __module__=module)
    model.fit(source, verbose=0)
    assert model.optimizer.iterations == 2


def test_a_length_may_say_that_it_is_not_known(model):
    def length(self):
        raise NotImplementedError

    model.fit(batches(__len__=length, __iter__=lambda self: iter([self[0]])), verbose=0)
    assert model.optimizer.iterations == 1


@pytest.mark.parametrize(
    ("length", "said"),
    [(lambda self: 5 / 2, "is not a number of batches"), (lambda self: len(None), "raised a TypeError")],
)
def test_the_length_of_a_data_set_of_planishs_own_class_is_named(model, length, said):
    source = type("Photos", (PyDataset,), {"__len__": length, "__getitem__": Batches.__getitem__})()
    with pytest.raises((ValueError, TypeError), match=f"`__len__` of Photos {said}"):
        model.fit(source, verbose=0)


@pytest.mark.parametrize("number", [3, np.int64(3)])
def test_numbers_of_batches(model, number):
    model.fit(batches(num_batches=number, __len__=lambda self: 99), verbose=0)
    assert model.optimizer.iterations == 3


def test_a_length_below_zero_is_named(model):
    source = type("Photos", (PyDataset,), {"__len__": lambda self: -1, "__getitem__": Batches.__getitem__})()
    with pytest.raises(ValueError, match=r"`__len__` of Photos is not a number of batches\n(.*\n)*.*received: -1"):
        model.fit(source, verbose=0)
