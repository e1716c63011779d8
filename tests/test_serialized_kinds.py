"""Configurations of something else than what is wanted, as a damaged or hostile file may have them, in every room."""

import pytest

import planish as keras

DENSE = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 3}, "registered_name": None}
ADAM = {"module": "keras.optimizers", "class_name": "Adam", "config": {}}
WRONG = {
    "nothing": {},
    "another dictionary": {"x": 1},
    "a form inside the name": {"class_name": ADAM},
    "a number for the name": {"class_name": 3, "config": {}},
    "a dictionary for the name": {"class_name": {}, "config": {}},
    "a number": 3,
    "a list": [ADAM],
}
ROOMS = ("optimizers", "losses", "metrics", "layers", "initializers", "regularizers", "constraints", "dtype_policies")


@pytest.mark.parametrize("room", [*ROOMS, "activations"])
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_configuration_of_nothing_is_refused(room, wrong):
    for function in ("get", "deserialize"):
        lookup = getattr(getattr(keras, room), function, None)
        if lookup is not None and not (room == "activations" and function == "deserialize" and wrong in (3, [ADAM])):
            with pytest.raises((ValueError, TypeError), match=r"(?s)received|not an object that planish has"):
                lookup(wrong)


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "layers"])
def test_a_layer_is_nothing_else(room):
    with pytest.raises(ValueError, match=r"not the configuration of|policy is not supported"):
        getattr(keras, room).deserialize(DENSE)


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "optimizers"])
def test_an_optimizer_is_nothing_else(room):
    with pytest.raises(ValueError, match=r"not the configuration of|policy is not supported"):
        getattr(keras, room).deserialize(ADAM)


def test_a_schedule_is_nothing_else():
    with pytest.raises(ValueError, match="not the configuration of a schedule"):
        keras.optimizers.schedules.deserialize(ADAM)


@pytest.mark.parametrize("room", ["losses", "metrics", "initializers", "regularizers", "constraints"])
def test_functions_of_the_users_own_stand_for_what_functions_can(room):
    def mine(*values, **options):
        return 0.0

    form = {"module": "builtins", "class_name": "function", "config": "mine", "registered_name": "function"}
    assert getattr(keras, room).deserialize(form, custom_objects={"mine": mine}) is mine


@pytest.mark.parametrize("dtype", ["S1000000000", "U1000000000", "O", "V1000000000", "M8[s]"])
def test_arrays_of_other_things_than_numbers_are_not_made(dtype):
    form = {"class_name": "__numpy__", "config": {"value": [0, 0], "dtype": dtype}}
    with pytest.raises(ValueError, match="not one of numbers"):
        keras.saving.deserialize_keras_object(form)
