"""Constructors that are called with other arguments than they take."""

import copy
import pickle

import pytest

import planish as keras
from planish import layers, losses, metrics, wrappers


@pytest.mark.parametrize(
    ("make", "lines"),
    [
        (layers.RandomHue, ["RandomHue: missing a required argument: 'factor'", "  expected: RandomHue(factor, "]),
        (
            lambda: layers.Resizing(3),
            ["Resizing: missing a required argument: 'width'", "  expected: Resizing(height, "],
        ),
        (keras.Variable, ["Variable: missing a required argument: 'initializer'"]),
        (metrics.MeanIoU, ["MeanIoU: missing a required argument: 'num_classes'"]),
        (keras.callbacks.ModelCheckpoint, ["ModelCheckpoint: missing a required argument: 'filepath'"]),
        (keras.optimizers.schedules.ExponentialDecay, ["ExponentialDecay: missing a required argument"]),
        (wrappers.SKLearnClassifier, ["SKLearnClassifier: missing a required argument: 'model'"]),
        (lambda: metrics.Accuracy(foo=1), ["Accuracy: got an unexpected keyword argument 'foo'"]),
        (lambda: losses.MeanSquaredError(reductoin="sum"), ["MeanSquaredError: got an unexpected keyword argument"]),
        (lambda: keras.initializers.HeNormal(foo=1), ["HeNormal: got an unexpected keyword argument 'foo'"]),
        (lambda: keras.regularizers.L2(l1=1), ["L2: got an unexpected keyword argument 'l1'"]),
        (lambda: keras.constraints.MaxNorm(2, 0, 1), ["MaxNorm: too many positional arguments"]),
    ],
)
def test_what_a_constructor_takes_is_told(make, lines):
    with pytest.raises(TypeError) as caught:
        make()
    text = str(caught.value).splitlines()
    for line, start in zip(text, lines, strict=False):
        assert line.startswith(start)
    assert text[1].startswith("  expected: ")
    assert text[2].startswith("  received: ")


def test_the_nearest_argument_is_named_and_the_call_is_shown():
    with pytest.raises(TypeError) as caught:
        keras.callbacks.EarlyStopping("loss", patiense=3)
    assert str(caught.value).splitlines()[2:] == [
        "  received: EarlyStopping('loss', patiense=...)",
        "  remedy:   did you mean 'patience'?",
    ]


def test_mistakes_inside_of_constructors_and_classes_of_the_users_own_stay_as_they_are():
    class Own(layers.Layer):
        def __init__(self, units):
            super().__init__()
            self.units = units + 1

    with pytest.raises(TypeError, match="missing 1 required positional argument: 'units'"):
        Own()
    with pytest.raises(TypeError, match=r"can only concatenate|unsupported operand"):
        Own("3")


def test_copies_and_pickles_need_no_arguments():
    layer = layers.Dense(3)
    for other in (copy.copy(layer), copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert other.units == 3
