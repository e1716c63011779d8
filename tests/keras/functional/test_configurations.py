"""Configurations of functional models say what Keras's say (facts.json), and planish reads Keras's."""

import functools
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import planish

FOLDER = Path(__file__).parent


def _module(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODELS = _module("zoo").MODELS
compact = _module("compact")
FACTS = compact.unpacked(json.loads((FOLDER / "facts.json").read_text(encoding="utf-8")))


@functools.cache
def build(name):
    """The model, made once: nothing here changes it."""
    planish.utils.clear_session(free_memory=False)
    return MODELS[name](planish)


def plain(value):
    """Tuples as lists, in any nesting."""
    return json.loads(json.dumps(value))


def differences(ours, keras, place=""):
    """Where planish's configuration says something else than Keras's; it may leave out what has Keras's default.

    Keras's models leave out their `dtype`; `registered_name` is not needed for what the module and the class name say.
    """
    if isinstance(ours, dict) and isinstance(keras, dict):
        for key in ours.keys() - ({"dtype"} - keras.keys()) - {"registered_name"}:
            yield from differences(ours[key], keras.get(key, "(absent)"), f"{place}/{key}")
    elif isinstance(ours, list) and isinstance(keras, list) and len(ours) == len(keras):
        for i, (a, b) in enumerate(zip(ours, keras, strict=True)):
            yield from differences(a, b, f"{place}/{i}")
    elif ours != keras:
        yield f"{place}: {ours!r}, Keras {keras!r}"


@pytest.mark.parametrize("name", MODELS)
def test_the_configuration_says_what_keras_says(name):
    assert list(differences(plain(build(name).get_config()), FACTS[name]["config"])) == []


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_keras_configuration_is_the_same_model(name):
    model = build(name)
    read = type(model).from_config(FACTS[name]["config"])
    assert list(differences(plain(model.get_config()), plain(read.get_config()))) == []
    read.set_weights(model.get_weights())
    if len(model.inputs) == 1 and len(model.outputs) == 1:
        x = np.random.default_rng(1).standard_normal((3, *model.inputs[0].shape[1:])).astype(np.float32)
        assert np.array_equal(model(x), read(x))
