import copy
import pickle
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from planish.variable import Variable


def test_values_are_made_when_they_are_first_read():
    made = []

    def initializer(shape):
        made.append(shape)
        return np.full(shape, 2.0)

    variable = Variable("kernel", "dense/kernel", (2, 3), initializer=initializer)
    assert made == []
    assert (variable.value == 2).all()
    assert variable.value is variable.value
    assert made == [(2, 3)]
    assert (variable.value.dtype, variable.value.flags.c_contiguous) == (np.float32, True)


def test_assignment_before_reading_never_initializes():
    variable = Variable("bias", "dense/bias", (3,), initializer=lambda shape: 1 / 0)
    variable.assign([1, 2, 3])
    assert variable.numpy().tolist() == [1, 2, 3]


def test_assignment_is_in_place_and_counted():
    variable = Variable("bias", "dense/bias", (2,))
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
        Variable("bias", "dense/bias", (2,)).assign([1, 2, 3])


def test_its_place_in_graphs():
    variable = Variable("kernel", "dense/kernel", (2, 3))
    assert variable.node is variable.node
    assert (variable.node.op, variable.node.shape, variable.node.batched) == ("parameter", (2, 3), False)
    assert (variable.size, variable.ndim) == (6, 2)


def test_copies_are_independent():
    variable = Variable("kernel", "dense/kernel", (2,))
    assert variable.node.shape == (2,)
    other = copy.deepcopy(variable)
    other.assign([1, 2])
    assert variable.value.tolist() == [0, 0]
    assert pickle.loads(pickle.dumps(other)).value.tolist() == [1, 2]


def test_two_threads_that_read_a_new_variable_see_one_array():
    def slowly(shape):
        time.sleep(0.02)
        return np.zeros(shape)

    variable = Variable("kernel", "dense/kernel", (2, 3), initializer=slowly)
    with ThreadPoolExecutor(4) as pool:
        arrays = list(pool.map(lambda _: variable.value, range(4)))
    assert all(array is arrays[0] for array in arrays)


def test_an_initializer_of_another_shape_is_named():
    variable = Variable("kernel", "dense/kernel", (2, 3), initializer=lambda shape: np.zeros(6))
    with pytest.raises(ValueError, match=r"'dense/kernel': the initializer gave an array of another shape\n"):
        variable.numpy()


@pytest.mark.parametrize(
    ("value", "mistake", "said"),
    [(np.ones(5), ValueError, "received: an array of shape \\(5,\\)"), ("a", TypeError, "received: 'a'")],
)
def test_what_cannot_be_added_or_subtracted_is_named(value, mistake, said):
    variable = Variable("kernel", "dense/kernel", (2, 3))
    for change, verb in ((variable.assign_add, "add"), (variable.assign_sub, "subtract")):
        with pytest.raises(mistake, match=f"path=dense/kernel.*the value to {verb} does not fit\n(.*\n)*.*{said}"):
            change(value)
    assert not variable.numpy().any()
