"""Functional models say of themselves what Keras says: facts.json has its answers, zoo.py the models."""

import functools
import importlib.util
import json
from pathlib import Path

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


def test_every_model_is_recorded():
    assert list(MODELS) == list(FACTS)


@pytest.mark.parametrize("name", MODELS)
def test_layers_come_in_keras_order_with_its_names(name):
    layers = [[type(layer).__name__, layer.name] for layer in build(name).layers]
    assert layers == FACTS[name]["layers"]


@pytest.mark.parametrize("name", MODELS)
def test_shapes_of_inputs_and_outputs(name):
    model, facts = build(name), FACTS[name]
    assert plain(model.input_shape) == facts["input_shape"]
    assert plain(model.output_shape) == facts["output_shape"]
    assert [list(tensor.shape) for tensor in model.inputs] == facts["inputs"]
    assert [list(tensor.shape) for tensor in model.outputs] == facts["outputs"]


@pytest.mark.parametrize("name", MODELS)
def test_names_of_inputs_and_outputs(name):
    model, facts = build(name), FACTS[name]
    assert model.input_names == facts["input_names"]
    if facts["output_names"] is not None:  # Keras's Sequential has none
        assert model.output_names == facts["output_names"]


@pytest.mark.parametrize("name", MODELS)
def test_weights_come_in_keras_order(name):
    model, facts = build(name), FACTS[name]

    def told(variables):
        return [last_two(variable.path) for variable in variables]

    def last_two(path):
        return "/".join(path.split("/")[-2:])

    assert [[last_two(v.path), list(v.shape)] for v in model.weights] == [[last_two(p), s] for p, s in facts["weights"]]
    assert told(model.trainable_weights) == [last_two(path) for path in facts["trainable_weights"]]
    assert told(model.non_trainable_weights) == [last_two(path) for path in facts["non_trainable_weights"]]
    assert model.count_params() == facts["count_params"]


def summary(model, **settings):
    printed = []
    model.summary(print_fn=printed.append, **settings)
    return compact.squeezed("\n".join(printed))


@pytest.mark.parametrize("name", MODELS)
def test_summaries_are_those_of_keras(name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    model, facts = build(name), FACTS[name]
    assert summary(model) == facts["summary"]
    expanded = summary(model, expand_nested=True, show_trainable=True)
    assert expanded == facts.get("summary_expanded", summary(model, show_trainable=True))
