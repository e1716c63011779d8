"""`class_weight`: what it weighs, and that what cannot have an effect is said."""

import math
import warnings

import numpy as np
import pytest

from planish.layers import Dense, Input
from planish.models import Sequential
from planish.models.data.class_weights import ClassWeights

NAMES = {"ants": 1.0, "bees": 2.0}


@pytest.fixture
def model():
    made = Sequential([Input((4,)), Dense(3, activation="softmax")])
    made.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    return made


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ([0, 2, 2, 0], [1.5, 3, 3, 1.5]),
        ([[0], [2], [2], [0]], [1.5, 3, 3, 1.5]),
        ([[1, 0, 0], [0, 0, 1]], [1.5, 3]),
        ([[0.9, 0.05, 0.05], [0.2, 0.2, 0.6]], [1.5, 3]),
        ([[1, -1, -1], [-1, -1, 1]], [1.5, 3]),
        ([0.1, 1.9], [1.5, 3]),
        ([False, False], [1.5, 1.5]),
    ],
)
def test_the_class_is_the_number_or_the_place_of_the_largest(targets, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # not all of them have all classes
        assert ClassWeights({0: 1.5, 2: 3}).of(np.array(targets)).tolist() == expected


@pytest.mark.parametrize("key", [0, 0.0, np.int64(0), np.float32(0), False])
@pytest.mark.parametrize("weight", [2, 2.0, np.float32(2), np.array(2.0)])
def test_any_number_is_a_class_and_a_weight(key, weight):
    assert ClassWeights({key: weight}).of(np.zeros(2)).tolist() == [2.0, 2.0]


def test_a_weight_may_be_negative_as_in_keras():
    assert ClassWeights({0: -1.0, 1: 2.0}).of(np.array([0, 1])).tolist() == [-1.0, 2.0]


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (NAMES, "the keys 'ants', 'bees'"),
        ({"0": 1.0, "1": 2.0}, "the keys '0', '1'"),
        ({0: 1.0, 1.5: 2.0}, "the key 1.5"),
        ({None: 1.0}, "the key None"),
        ({math.nan: 1.0}, "the key nan"),
        ({0: math.nan}, "the weight of class 0 is not a finite number"),
        ({0: math.inf}, "the weight of class 0 is not a finite number"),
        ({0: 1.0, 1: None}, "the weight of class 1 is not a finite number"),
        ({0: "2"}, "the weight of class 0 is not a finite number"),
        ({0: 1j}, "the weight of class 0 is not a finite number"),
        ({0: [1.0]}, "the weight of class 0 is not a finite number"),
    ],
)
def test_what_is_not_a_class_or_a_weight_is_refused(model, weights, said):
    x, y = np.zeros((4, 4)), np.array([0, 1, 2, 0])
    runs = [
        lambda: model.fit(x, y, class_weight=weights, verbose=0),
        lambda: model.train_on_batch(x, y, class_weight=weights),
        lambda: model.fit(iter([(x, y)]), class_weight=weights, steps_per_epoch=1, verbose=0),
    ]
    for run in runs:
        with pytest.raises(ValueError, match="`class_weight`") as caught:
            run()
        assert said in str(caught.value)
    assert model.optimizer.iterations == 0


@pytest.mark.parametrize("class_weight", [NAMES, {"0": 1.0, "1": 2.0}])
def test_the_remedy_for_names_works_when_it_is_typed(class_weight):
    with pytest.raises(ValueError, match="keys that are not class numbers") as caught:
        ClassWeights(class_weight)
    names = {"class_weight": class_weight}
    exec(str(caught.value).strip().rpartition("\n")[2].replace("remedy:", "").strip(), names)
    assert ClassWeights(names["class_weight"]).of(np.array([0, 1])).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("targets", [[[1, 1, 0], [0, 1, 0]], [[0, 1, 0], [0, 0, 0]], [[0.3, 0.9, 0.4], [0, 1, 0]]])
def test_targets_of_several_classes_are_refused(targets):
    with pytest.raises(ValueError, match="these targets name several at once") as caught:
        ClassWeights({0: 1.0}).of(np.array(targets))
    assert "sample_weight" in str(caught.value)


def test_classes_without_a_weight_are_said_once_and_weigh_one():
    weights = ClassWeights({1: 5.0})
    with pytest.warns(UserWarning, match="does not name classes 0, 2, which weigh 1") as told:
        assert weights.of(np.array([0, 1, 2])).tolist() == [1, 5, 1]
    assert str(told[0].message).endswith("remedy: class_weight={0: 1, 1: 5, 2: 1}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        weights.of(np.array([0, 2, 1]))


def test_weights_that_no_target_has_are_said():
    with pytest.warns(UserWarning, match="`class_weight` and `y` do not have the same classes") as told:
        ClassWeights({1: 1.0, 2: 2.0, 3: 3.0}).of(np.array([0, 1, 2]))
    assert "weights for classes 1, 2, 3" in str(told[0].message)


@pytest.mark.filterwarnings("error")
def test_a_batch_need_not_have_all_classes(model):
    x, y = np.zeros((2, 4)), np.array([0, 1])
    batches = iter([(x, y), (x, y + 1)])
    model.fit(batches, class_weight={0: 1.0, 1: 2.0, 2: 3.0}, steps_per_epoch=2, verbose=0)
    model.train_on_batch(x, y, class_weight={0: 1.0, 1: 2.0, 2: 3.0})


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_sample_weights_that_are_not_finite_are_refused_everywhere(model, bad):
    x, y, weight = np.zeros((2, 4)), np.array([0, 1]), np.array([1.0, bad])
    runs = [
        lambda: model.fit(x, y, sample_weight=weight, verbose=0),
        lambda: model.fit(iter([(x, y, weight)]), steps_per_epoch=1, verbose=0),
        lambda: model.fit(x, y, validation_data=(x, y, weight), verbose=0),
        lambda: model.evaluate(x, y, sample_weight=weight, verbose=0),
        lambda: model.train_on_batch(x, y, weight),
        lambda: model.test_on_batch(x, y, weight),
    ]
    for run in runs:
        with pytest.raises(ValueError, match="`sample_weight` holds values that are not finite"):
            run()
    assert model.optimizer.iterations == 0
