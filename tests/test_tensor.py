"""What computations give to their users, with the `.numpy()` of Keras's tensors."""

import copy
import json
import pickle

import numpy as np
import pytest

from planish import activations, losses, metrics
from planish.layers import Dense, Flatten, Input
from planish.models import Sequential
from planish.tensor import Float32, Float64, Int64, Tensor, tensor
from planish.variable import Weight

Y, P = np.array([[0.0, 1.0], [1.0, 0.0]], np.float32), np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)


def accuracy():
    metric = metrics.BinaryAccuracy()
    metric.update_state(Y, P)
    return metric


GIVEN = {
    "a model": lambda: Sequential([Input((2,)), Dense(3)])(P),
    "a model in training": lambda: Sequential([Input((2,)), Dense(3)])(P, training=True),
    "a layer": lambda: Flatten()(P),
    "an activation": lambda: activations.relu(P),
    "a loss": lambda: losses.MeanSquaredError()(Y, P),
    "a loss without reduction": lambda: losses.MeanSquaredError(reduction="none")(Y, P),
    "a function of losses": lambda: losses.mean_squared_error(Y, P),
    "a metric": lambda: accuracy().result(),
    "a metric that is called": lambda: metrics.F1Score()(Y, P),
    "a metric with a value for each class": lambda: metrics.F1Score(average=None)(Y, P),
    "a metric with a value for each threshold": lambda: metrics.Precision(thresholds=[0.2, 0.6])(Y, P),
    "a metric's state": lambda: accuracy().total + 1,
    "AUC": lambda: metrics.AUC()(Y, P),
    "a root": lambda: metrics.RootMeanSquaredError()(Y, P),
    "a variable": lambda: 2 * Dense(3, name="d").add_weight("w", (2, 2), "ones"),
    "a part of a variable": lambda: Dense(3, name="d").add_weight("w", (2, 2), "ones")[0],
}


@pytest.mark.parametrize("give", GIVEN.values(), ids=GIVEN)
def test_all_that_is_computed_for_a_user_has_numpy(give):
    given = give()
    plain = given.numpy()
    assert type(plain) in (np.ndarray, np.float32, np.float64)
    assert isinstance(given, type(plain))
    np.testing.assert_array_equal(plain, given)


def test_prediction_gives_plain_arrays_as_in_keras():
    model = Sequential([Input((2,)), Dense(3)])
    assert type(model.predict(P, verbose=0)) is type(model.predict_on_batch(P)) is np.ndarray


def test_what_is_computed_from_a_tensor_is_one():
    made = tensor(P)
    assert made.base is P
    assert type(made) is type(made + 1) is type(made[0]) is type(made.sum(axis=0)) is type(made @ made.T) is Tensor
    assert type(made[0, 1]) is type(made.sum()) is type(np.max(made)) is Float32
    assert made[0, 1].numpy() == 0.75
    assert type(made.numpy()) is np.ndarray
    assert np.shares_memory(made.numpy(), P)


@pytest.mark.parametrize(
    ("value", "class_"),
    [(np.float32(0.125), Float32), (np.float64(0.125), Float64), (0.125, Float64), (np.int64(3), Int64)],
)
def test_numbers_are_numbers_of_numpy(value, class_):
    made = tensor(value)
    assert (type(made), made, hash(made), f"{made:.3f}", float(made)) == (
        class_, value, hash(value), f"{value:.3f}", float(value)
    )  # fmt: skip
    assert str(made) == str(value)
    assert type(made + made) is type(made.numpy()) is getattr(np, class_.__name__.lower())
    for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert (type(again), again) == (class_, value)


def test_a_metric_can_be_written_as_json():
    assert json.dumps({"accuracy": accuracy().result()}) == '{"accuracy": 0.75}'


def test_tensors_are_copied_and_pickled():
    for again in (copy.deepcopy(tensor(P)), pickle.loads(pickle.dumps(tensor(P)))):
        assert type(again) is Tensor
        np.testing.assert_array_equal(again, P)


def test_other_values_stay_as_they_are():
    assert tensor(True) is True
    assert tensor(None) is None
    assert type(tensor(np.array(2.0))) is Float64


@pytest.fixture
def weight():
    variable = Weight("kernel", "dense/kernel", (2, 3))
    variable.assign([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    return variable


def test_arithmetic_of_variables(weight):
    array = weight.numpy()
    for got, expected in [
        (weight + 1, array + 1),
        (1 - weight, 1 - array),
        (weight * weight, array * array),
        (weight / 2, array / 2),
        (2.0**weight, 2.0**array),
        (weight @ array.T, array @ array.T),
        (-weight, -array),
        (abs(-weight), array),
        (weight // 2, array // 2),
        (weight % 2, array % 2),
        (round(weight), array),
        (np.sqrt(weight), np.sqrt(array)),
        (array + weight, array + array),
        (weight == array, array == array),
        (weight != 1, array != 1),
        (weight < 3, array < 3),
        (weight[0], array[0]),
        (weight[:, 1], array[:, 1]),
        (weight[1, 2], array[1, 2]),
        (np.stack(list(weight)), array),
        (np.asarray(weight), array),
    ]:
        np.testing.assert_array_equal(got, expected)
        assert got.dtype == expected.dtype
    assert (len(weight), weight.shape, weight.dtype, weight.ndim, weight.size) == (2, (2, 3), "float32", 2, 6)
    np.testing.assert_array_equal(weight, array)


def test_assignment_of_sums(weight):
    array, version = weight.value, weight.version
    weight.assign_add(np.ones((2, 3)))
    weight.assign_sub(3.0)
    assert weight.value is array
    assert weight.version > version
    assert array.tolist() == [[-1, 0, 1], [2, 3, 4]]
    with pytest.raises(ValueError, match="weight 'dense/kernel': what was assigned is an array of another shape"):
        weight.assign_add(np.ones((4, 2, 3)))


def test_adding_in_place_makes_a_tensor_and_leaves_the_variable_as_in_keras(weight):
    before, name = weight.numpy(), weight
    name += 1
    assert type(name) is Tensor
    np.testing.assert_array_equal(weight, before)
    np.testing.assert_array_equal(name, before + 1)


def test_parts_of_variables_are_copies(weight):
    weight[0][:] = 9
    assert weight.numpy()[0].tolist() == [1, 2, 3]


def test_a_variable_is_found_by_what_it_is(weight):
    other = Weight("kernel", "dense/kernel", (2, 3))
    other.assign(weight)
    assert {weight: 1, other: 2}[weight] == 1
    assert len({weight, other, weight}) == 2


def test_scalars_are_numbers():
    variable = Weight("rate", "rate", (), initializer=np.ones)
    assert (float(variable), int(variable), bool(variable), f"{variable:.2f}", variable.numpy()) == (
        1,
        1,
        True,
        "1.00",
        1,
    )
    assert type(variable.numpy()) is np.float32
    assert [variable > 0.5, variable == 1] == [True, True]
    with pytest.raises(TypeError):
        len(variable)
    with pytest.raises(TypeError):
        float(Weight("kernel", "kernel", (2,)))
