"""Symbolic tensors are told apart from arrays, and know the inputs from which they are made."""

import numpy as np

import planish as keras


def test_sources_come_once_in_the_order_in_which_they_are_read():
    first, second, unused = (keras.Input((3,), name=name) for name in ("first", "second", "unused"))
    middle = keras.layers.Dense(3)(second)
    joined = keras.layers.Add()([middle, first, second])
    assert [each.name for each in keras.utils.get_source_inputs(joined)] == ["second", "first"]
    assert keras.utils.get_source_inputs(first) == [first]
    assert keras.Model(keras.utils.get_source_inputs(middle), middle).count_params() == 12
    assert unused not in keras.utils.get_source_inputs(joined)


def test_a_chain_that_doubles_its_paths_is_walked_once():
    x = tensor = keras.Input((2,))
    for _ in range(60):
        tensor = keras.layers.Add()([tensor, tensor])
    assert keras.utils.get_source_inputs(tensor) == [x]


def test_arrays_are_not_symbolic_tensors():
    array = np.ones(3)
    assert keras.utils.get_source_inputs(array) is array
    assert not keras.backend.is_keras_tensor(array)
    assert keras.backend.is_keras_tensor(keras.Input((3,)))
