"""Programs of Keras users, with layers and models of their own, do in planish what they did in real Keras."""

import json
import math
from pathlib import Path

import pytest

import planish
from tests.keras.own.programs import facts_of, load

FACTS = json.loads(Path(__file__).with_name("facts.json").read_text(encoding="utf-8"))

DIFFERENT = {
    "a weight made after build": ("nothing", "it belongs to the layer as any other"),
    "a config that is not written": (
        [{"name": "mine", "units": 4, "rate": 0.5, "flags": [1, 2]}, 4, 0.5, "mine"],
        "Keras writes arguments that the constructor does not take, and cannot read them",
    ),
    "a config that is not written without a name": ([["units"], 4], "as before"),
    "numbers of a symbolic tensor": ([True, True, "TypeError"], "what Python raises for what cannot be iterated over"),
    "a list as one array": ([[-0.533333, 1.666667], [-1.066667, 2.6]], "a list of numbers is an array, as in predict"),
    "input and output of a subclass that was built": ([True, "nothing"], "Keras's model is built, but has no weights"),
    "a config that is not written of a subclass": ([5, 5], "Keras forgets what the model was made with"),
}
"""What planish gives instead, and why."""


def close(value, recorded):
    if isinstance(recorded, dict):
        same = isinstance(value, dict) and value.keys() == recorded.keys()
        return same and all(close(value[key], recorded[key]) for key in recorded)
    if isinstance(recorded, list):
        return isinstance(value, list) and len(value) == len(recorded) and all(map(close, value, recorded))
    if isinstance(recorded, float) and not isinstance(value, str | None):
        return math.isclose(value, recorded, rel_tol=1e-4, abs_tol=1e-4)
    return value == recorded


def test_every_program_is_recorded():
    assert list(load()) == list(FACTS)


@pytest.mark.parametrize("name", [name for name in FACTS if name not in DIFFERENT])
def test_as_in_keras(name):
    value = facts_of(load()[name], planish)
    assert close(value, FACTS[name]), f"{value}\nin Keras: {FACTS[name]}"


@pytest.mark.parametrize("name", DIFFERENT)
def test_unlike_keras_for_a_reason(name):
    expected, _ = DIFFERENT[name]
    value = facts_of(load()[name], planish)
    assert close(value, expected), value
    assert not close(FACTS[name], expected), "it is as in Keras"
