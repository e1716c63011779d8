import copy
import pickle
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import planish as keras
from planish import ops
from planish.layers import Dense, Flatten, Input, Layer
from planish.variable import Variable, Weight


def test_values_are_made_when_they_are_first_read():
    made = []

    def initializer(shape):
        made.append(shape)
        return np.full(shape, 2.0)

    variable = Weight("kernel", "dense/kernel", (2, 3), initializer=initializer)
    assert made == []
    assert (variable.value == 2).all()
    assert variable.value is variable.value
    assert made == [(2, 3)]
    assert (variable.value.dtype, variable.value.flags.c_contiguous) == (np.float32, True)


def test_assignment_before_reading_never_initializes():
    variable = Weight("bias", "dense/bias", (3,), initializer=lambda shape: 1 / 0)
    variable.assign([1, 2, 3])
    assert variable.numpy().tolist() == [1, 2, 3]


def test_assignment_is_in_place_and_counted():
    variable = Weight("bias", "dense/bias", (2,))
    array, version = variable.value, variable.version
    given = np.array([1.0, 2.0])
    variable.assign(given)
    assert variable.value is array
    assert variable.version > version
    given[0] = 9
    variable.numpy()[0] = 9
    assert array.tolist() == [1, 2]
    assert np.asarray(variable).tolist() == [1, 2]


def test_wrong_shapes():
    with pytest.raises(ValueError, match=r"weight 'dense/bias': .*\n  expected: \(2,\)\n  received: \(3,\)"):
        Weight("bias", "dense/bias", (2,)).assign([1, 2, 3])


def test_its_place_in_graphs():
    variable = Weight("kernel", "dense/kernel", (2, 3))
    assert variable.node is variable.node
    assert (variable.node.op, variable.node.shape, variable.node.batched) == ("parameter", (2, 3), False)
    assert (variable.size, variable.ndim) == (6, 2)


def test_copies_are_independent():
    variable = Weight("kernel", "dense/kernel", (2,))
    assert variable.node.shape == (2,)
    other = copy.deepcopy(variable)
    other.assign([1, 2])
    assert variable.value.tolist() == [0, 0]
    assert pickle.loads(pickle.dumps(other)).value.tolist() == [1, 2]


def test_two_threads_that_read_a_new_variable_see_one_array():
    def slowly(shape):
        time.sleep(0.02)
        return np.zeros(shape)

    variable = Weight("kernel", "dense/kernel", (2, 3), initializer=slowly)
    with ThreadPoolExecutor(4) as pool:
        arrays = list(pool.map(lambda _: variable.value, range(4)))
    assert all(array is arrays[0] for array in arrays)


def test_an_initializer_of_another_shape_is_named():
    variable = Weight("kernel", "dense/kernel", (2, 3), initializer=lambda shape: np.zeros(6))
    with pytest.raises(ValueError, match=r"'dense/kernel': the initializer gave an array of another shape\n"):
        variable.numpy()


@pytest.mark.parametrize(
    ("value", "mistake", "said"),
    [(np.ones(5), ValueError, "received: an array of shape \\(5,\\)"), ("a", TypeError, "received: 'a'")],
)
def test_what_cannot_be_added_or_subtracted_is_named(value, mistake, said):
    variable = Weight("kernel", "dense/kernel", (2, 3))
    for change, verb in ((variable.assign_add, "add"), (variable.assign_sub, "subtract")):
        with pytest.raises(mistake, match=f"path=dense/kernel.*the value to {verb} does not fit\n(.*\n)*.*{said}"):
            change(value)
    assert not variable.numpy().any()


@pytest.mark.parametrize(
    ("given", "shape", "dtype", "value"),
    [
        ((1.0,), (), "float32", 1),
        ((3,), (), "int32", 3),
        ((True,), (), "bool", True),
        (([1, 2],), (2,), "int32", [1, 2]),
        ((np.ones((2, 2)),), (2, 2), "float64", np.ones((2, 2))),
        ((np.ones(2), (2,), "float32"), (2,), "float32", [1, 1]),
        (("zeros", (2, 3)), (2, 3), "float32", np.zeros((2, 3))),
        ((keras.initializers.Ones(), 3), (3,), "float32", [1, 1, 1]),
        ((lambda shape, dtype: np.full(shape, 7), (2,), "int32"), (2,), "int32", [7, 7]),
    ],
)
def test_variables_of_the_users_own_are_those_of_keras(given, shape, dtype, value):
    variable = Variable(*given)
    assert (variable.shape, variable.dtype, variable.trainable) == (shape, dtype, True)
    np.testing.assert_array_equal(variable.value, value)


def test_names_of_the_users_variables():
    keras.utils.clear_session(free_memory=False)
    assert [Variable(1.0).name, Variable(1.0).name, Variable(1.0, name="scale").name] == [
        "variable",
        "variable_1",
        "scale",
    ]
    one, other = Variable(1.0, name="twice"), Variable(2.0, name="twice")
    assert (one.name, other.name) == ("twice", "twice")
    assert one.path != other.path


class Scaled(Layer):
    def __init__(self):
        super().__init__()
        self.scale = Variable(2.0, name="scale")
        self.count = Variable(np.zeros(3, np.float32), trainable=False)

    def call(self, x):
        self.count.assign(self.count + ops.sum(x, axis=0))
        return x * self.scale


def test_a_layer_trains_a_variable_that_is_its_attribute():
    layer = Scaled()
    model = keras.Sequential([Input((3,)), layer])
    assert [(each.name, each.trainable) for each in model.weights] == [("scale", True), (layer.count.name, False)]
    model.compile(keras.optimizers.SGD(0.5), "mse")
    model.train_on_batch(np.ones((2, 3)), np.zeros((2, 3)))
    assert float(layer.scale.value) == 2 - 0.5 * 2 * 2
    np.testing.assert_array_equal(layer.count.value, [2, 2, 2])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))])
def test_copies_have_variables_of_their_own(copied):
    factor = Variable(3.0)
    other = copied(factor)
    other.assign(5.0)

    class Both(Layer):
        def call(self, x):
            return x * factor + other

    model = keras.Sequential([Input((2,)), Both(), Flatten(name="flat")])
    x = np.ones((1, 2), np.float32)
    for read in (model, lambda x: model.predict(x, verbose=0), lambda x: model.activations(x)["flat"]):
        np.testing.assert_array_equal(read(x), [[8, 8]])
    factor.assign(0.0)
    np.testing.assert_array_equal(model.predict(x, verbose=0), [[5, 5]])


def test_losses_read_variables_at_every_step():
    factor = Variable(1.0)
    model = keras.Sequential([Input((2,)), Dense(1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(0.0), lambda y, p: factor * (p - y))
    x, y = np.ones((4, 2)), np.zeros((4, 1))
    assert model.train_on_batch(x, y) == pytest.approx(2)
    factor.assign(3.0)
    assert model.train_on_batch(x, y) == pytest.approx(6)


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: Variable("zeros"), ValueError, "an initializer needs a shape\n  received: 'zeros'\n  remedy: "),
        (lambda: Variable([1, 2], (3,)), ValueError, r"the value has another shape\n  expected: \(3,\)"),
        (lambda: Variable(1.0, dtype="foo"), ValueError, "argument 'dtype' is wrong"),
        (lambda: Variable(1.0, name="a/b"), ValueError, "argument 'name' is wrong"),
        (lambda: Variable("zeros", (2, None)), ValueError, "argument 'shape' is wrong"),
        (lambda: Variable(None), TypeError, "the value does not hold numbers"),
        (lambda: Variable(Input((3,))), TypeError, "NumPy cannot take a symbolic tensor"),
        (lambda: Variable("zerros", (2,)), ValueError, "unknown initializer 'zerros'"),
    ],
)
def test_wrong_values_of_variables(make, kind, message):
    with pytest.raises(kind, match=message):
        make()
