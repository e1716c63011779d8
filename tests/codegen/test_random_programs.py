"""Random graphs, compiled, beside the interpreter."""

import numpy as np
import pytest

from planish.graph.settings import name_of
from planish.primitives.interpreter import interpret
from planish.runtime import compile
from planish.runtime.executable import TrainingExecutable
from planish.runtime.inference_executable import InferenceExecutable
from tests.codegen.support import on_every_target
from tests.passes.random_graphs import random_inference, random_training
from tests.passes.support import bindings_of

F32 = np.dtype(np.float32)


def values_of(graph, seed):
    return {name: value.astype(np.float32) for name, value in bindings_of(graph, seed).items()}


def check_close(computed, expected, name):
    scale = max(1e-6, float(np.abs(expected).max()))
    np.testing.assert_allclose(computed, expected, rtol=0, atol=2e-5 * scale, err_msg=name)


@on_every_target
@pytest.mark.parametrize("seed", range(20))
def test_inference(target, seed):
    graph = random_inference(seed)
    values = values_of(graph, seed)
    images = len(values["x"])
    expected = interpret(graph, values, dtype=np.float64).outputs
    outputs = {name: np.full(value.shape, 7, np.float32) for name, value in expected.items()}
    executable = InferenceExecutable(compile(graph, {"x": F32}))
    for _ in range(2):  # what is prepared once has to outlive a run
        executable.run(values, {"x": values["x"]}, outputs, images, version=1)
        for name, value in expected.items():
            check_close(outputs[name], value, f"{name}, seed {seed}")


@on_every_target
@pytest.mark.parametrize("seed", range(12))
def test_training(target, seed):
    graph = random_training(seed)
    values = {**values_of(graph, seed), "rate": np.full(1, 0.1, np.float32)}
    images = len(values["x"])
    expected = interpret(graph, {**values, "rate": 0.1}, batch_size=images, dtype=np.float64)
    losses = np.full(images, 7, np.float32)
    parameters = {name_of(node): values[name_of(node)] for node in graph.leaves("parameter")}
    executable = TrainingExecutable(compile(graph, {"x": F32}, training=True, max_batch=images))
    order, scalars = np.arange(images), {"rate": values["rate"]}
    assert executable.run(parameters, {"x": values["x"]}, order, images, scalars, {"loss": losses}) == 1
    check_close(losses, expected.outputs["loss"], f"loss, seed {seed}")
    for name, value in expected.updates.items():
        check_close(parameters[name], value, f"{name}, seed {seed}")


@pytest.mark.parametrize("seed", range(4))
def test_the_bits_do_not_depend_on_how_much_llvm_does(seed, monkeypatch):
    graph = random_training(seed)
    values = {**values_of(graph, seed), "rate": np.full(1, 0.1, np.float32)}
    images, found = len(values["x"]), []
    for level in (0, 2):
        monkeypatch.setenv("PLANISH_LLVM_LEVEL", str(level))
        own = {name_of(node): values[name_of(node)].copy() for node in graph.leaves("parameter")}
        losses = np.zeros(images, np.float32)
        executable = TrainingExecutable(compile(graph, {"x": F32}, training=True, max_batch=images))
        executable.run(own, {"x": values["x"]}, np.arange(images), images, {"rate": values["rate"]}, {"loss": losses})
        found.append({**own, "loss": losses})
    for name, value in found[0].items():
        np.testing.assert_array_equal(value, found[1][name], err_msg=f"{name}, seed {seed}")
