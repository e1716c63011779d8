"""Ten steps of the optimizers of `cases.py`: weights, variables, state and configurations are those of Keras
(recorded by `record.py`: 3.15.1 on TensorFlow), and the compiled step does what the interpreter does."""

import json
from pathlib import Path

import numpy as np
import pytest

from planish import optimizers, primitives
from planish.graph.graph import Graph
from planish.layers import Conv2D, Dense, Flatten, Input
from planish.models import Sequential
from planish.primitives.interpreter import interpret
from planish.utils import set_random_seed
from planish.variable import Weight
from tests.optimizers import cases

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text(encoding="utf-8"))
MADE = [getattr(optimizers, name)(**arguments) for name, arguments in cases.CASES]
MADE.append(optimizers.LossScaleOptimizer(optimizers.Adadelta(**cases.CASES[0][1]), initial_scale=1.0))
PAIRS = list(zip(MADE, RECORDED, strict=True))
TOLERANCE = {"rtol": 2e-4, "atol": 3e-6}


def built(optimizer):
    """A fresh optimizer, and the weights that it is built for."""
    again = type(optimizer).from_config(optimizer.get_config())
    weights = [Weight(name, f"d/{name}", shape) for name, shape in cases.SHAPES.items()]
    for weight in weights:
        weight.assign(cases.first_values()[weight.name])
    again.build(weights)
    return again, weights


def graph_of(optimizer, weights):
    """One step, as the compiled program has it."""
    slots = [optimizer.slots(weight) for weight in weights]
    values, changed = optimizer.update_graph(
        [weight.node for weight in weights],
        [primitives.parameter(f"gradient/{weight.name}", weight.shape) for weight in weights],
        [{name: slot.node for name, slot in own.items()} for own in slots],
        {name: primitives.scalar(f"scalar/{name}") for name in optimizer.scalars(0)},
    )
    updates = {weight.path: value for weight, value in zip(weights, values, strict=True)}
    for own, new in zip(slots, changed, strict=True):
        updates |= {own[name].path: value for name, value in new.items()}
    return Graph.build({}, updates)


def train(optimizer, weights):
    graph = graph_of(optimizer, weights)
    everything = {v.path: v for weight in weights for v in (weight, *optimizer.slots(weight).values())}
    for step, gradients in enumerate(cases.gradients()):
        bindings = {path: variable.value for path, variable in everything.items()}
        bindings |= {f"scalar/{name}": np.float32(value) for name, value in optimizer.scalars(step).items()}
        bindings |= {f"gradient/{name}": array for name, array in gradients.items()}
        for path, value in interpret(graph, bindings, batch_size=1).updates.items():
            everything[path].assign(value)
        optimizer.batches_done.assign_add(1)


def told(value):
    return value.name if isinstance(value, optimizers.Optimizer) else ""


@pytest.mark.parametrize(("optimizer", "recorded"), PAIRS, ids=told)
def test_weights_and_state_are_those_of_keras(optimizer, recorded):
    ours, weights = built(optimizer)
    train(ours, weights)
    for weight in weights:
        np.testing.assert_allclose(weight.value.ravel(), recorded["weights"][weight.name], **TOLERANCE)
    for variable, expected in zip(ours.variables, recorded["state"], strict=True):
        if variable.name != "step_counter":  # nothing is scaled here
            np.testing.assert_allclose(variable.value.ravel(), expected, err_msg=variable.path, **TOLERANCE)
    assert int(ours.iterations) == recorded["iterations"]


@pytest.mark.parametrize(("optimizer", "recorded"), PAIRS, ids=told)
def test_variables_are_those_of_keras(optimizer, recorded):
    ours, _ = built(optimizer)
    names = [[variable.name, list(variable.shape)] for variable in ours.variables]
    assert names == [variable[:2] for variable in recorded["variables"]]
    paths = [variable.path for variable in ours.variables]
    assert len(set(paths)) == len(paths)


@pytest.mark.parametrize(("optimizer", "recorded"), PAIRS, ids=told)
def test_configurations_are_those_of_keras(optimizer, recorded):
    config = optimizer.get_config()
    config.pop("name")
    expected = recorded["config"]
    if "inner_optimizer" in config:
        config["inner_optimizer"]["config"].pop("name")
        expected["inner_optimizer"]["config"].pop("name")
    assert config == expected


COMPILED = [
    *{type(optimizer): optimizer for optimizer in MADE if not optimizer.use_ema}.values(),
    optimizers.Adam(0.05, use_ema=True, gradient_accumulation_steps=2, global_clipnorm=1.0),
]


@pytest.mark.parametrize("optimizer", COMPILED, ids=told)
def test_the_compiled_step_is_that_of_the_interpreter(optimizer):
    random = np.random.default_rng(3)
    x, y = random.random((21, 4, 5, 1), dtype=np.float32), random.integers(0, 3, 21)
    results = []
    for eagerly in (False, True):
        set_random_seed(5)
        layers = [Input((4, 5, 1)), Conv2D(3, 2, activation="relu"), Flatten(), Dense(5, "tanh"), Dense(3, "softmax")]
        model = Sequential(layers)
        again = type(optimizer).from_config(optimizer.get_config())
        model.compile(again, "sparse_categorical_crossentropy", run_eagerly=eagerly)
        model.fit(x, y, batch_size=5, epochs=1, shuffle=False, verbose=0)
        assert int(again.batches_done) == 5
        results.append([*model.get_weights(), *(variable.value for variable in again.variables)])
    for compiled, interpreted in zip(*results, strict=True):
        np.testing.assert_allclose(compiled, interpreted, rtol=2e-4, atol=2e-5)
