"""What tests of generated code share: compiled programs beside the interpreter in float64."""

import os
import sys
from dataclasses import replace

import numpy as np
import pytest

from planish import primitives, settings
from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.target import current_target
from planish.codegen.planning.candidates import CANDIDATES
from planish.graph.graph import Graph
from planish.graph.node import type_of_numbers
from planish.graph.settings import name_of
from planish.primitives.interpreter import interpret
from planish.runtime import compile
from planish.runtime.executable import TrainingExecutable
from planish.runtime.inference_executable import InferenceExecutable

IMAGES = 3
FILLER = 7.0


def runnable_targets():
    """Names of the targets whose code this machine runs."""
    names = []
    for name in settings.TARGETS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLANISH_TARGET", name)
            try:
                names.append(current_target().name)
            except ValueError:
                continue
    return names


TARGETS = runnable_targets()


def floats():
    """NumPy's type for the numbers of graphs that are made now."""
    return np.dtype(element_type(type_of_numbers()).dtype)


class Case:
    """Nodes to compute, under construction: inputs and weights get normally distributed values as they are made."""

    def __init__(self, seed=0, images=IMAGES):
        self.generator = np.random.default_rng(seed)
        self.images = images
        self.inputs, self.parameters, self.outputs = {}, {}, {}

    def input(self, *shape, values=None, dtype=None):
        name = f"x{len(self.inputs)}"
        made = self.generator.standard_normal((self.images, *shape)).astype(floats()) if values is None else values
        self.inputs[name] = np.array(made, order="C")
        return primitives.input_(name, shape, dtype)

    def weight(self, *shape, values=None):
        name = f"w{len(self.parameters)}"
        made = np.asarray(self.generator.standard_normal(shape), floats()) if values is None else values
        self.parameters[name] = np.array(made, order="C")
        return primitives.parameter(name, shape)

    def output(self, node, name=None):
        self.outputs[name or f"y{len(self.outputs)}"] = node

    def expected(self, dtype=np.float64):
        bindings = {**self.inputs, **self.parameters}
        return interpret(Graph.build(self.outputs), bindings, batch_size=self.images, dtype=dtype).outputs

    def computed(self, *, training=False):
        """By compiled programs: one for what has a batch axis, one training step for the rest, or for all of it."""
        if training:
            return self._trained_on_the_way()
        batched = {name: node for name, node in self.outputs.items() if node.batched}
        others = {name: node for name, node in self.outputs.items() if not node.batched}
        results = {}
        if batched:
            results |= self._inferred(batched)
        if others:
            results |= self._trained(others)
        return results

    def _dtypes(self, graph):
        return {name_of(node): self.inputs[name_of(node)].dtype for node in graph.leaves("input")}

    def _inferred(self, outputs):
        graph = Graph.build(outputs)
        results = {name: np.full((self.images, *node.shape), FILLER, floats()) for name, node in outputs.items()}
        executable = InferenceExecutable(compile(graph, self._dtypes(graph)))
        executable.run(self.parameters, self.inputs, results, self.images, version=1)
        return results

    def _trained(self, updates):
        graph = Graph.build({}, updates)
        results = {name: np.full(node.shape, FILLER, floats()) for name, node in updates.items()}
        executable = TrainingExecutable(compile(graph, self._dtypes(graph), training=True, max_batch=self.images))
        order = np.arange(self.images)
        executable.run({**self.parameters, **results}, self.inputs, order, self.images, {}, {})
        return results

    def _trained_on_the_way(self):
        """Results with a batch axis as a training step computes them, where rounding has more room."""
        results = {name: np.full((self.images, *node.shape), FILLER, floats()) for name, node in self.outputs.items()}
        graph = Graph.build(self.outputs)
        executable = TrainingExecutable(compile(graph, self._dtypes(graph), training=True, max_batch=self.images))
        executable.run(self.parameters, self.inputs, np.arange(self.images), self.images, {}, results)
        return results

    def check(self, tolerance=2e-6, *, training=False):
        """Every output is right: up to `tolerance` of its largest value, or bit for bit if that is None."""
        expected = self.expected(floats() if tolerance is None else np.float64)
        computed = self.computed(training=training)
        for name, node in self.outputs.items():
            assert computed[name].shape == expected[name].shape
            if tolerance is None:
                np.testing.assert_array_equal(computed[name], expected[name], err_msg=f"{name}: {node!r}")
            else:
                bound = tolerance * max(1e-9, float(np.abs(expected[name]).max()))
                np.testing.assert_allclose(
                    computed[name], expected[name], rtol=0, atol=bound, err_msg=f"{name}: {node!r}"
                )


def prefer(monkeypatch, operation, name):
    """Takes the candidate of that name wherever it fits, whether it pays or not."""
    rows = [replace(row, cycles=lambda problem: 0.0) if row.name == name else row for row in CANDIDATES[operation]]
    monkeypatch.setitem(CANDIDATES, operation, rows)


on_every_target = pytest.mark.parametrize("target", TARGETS, indirect=True)


def some(values):
    """Every other of them, from the first on, for a process of `test_memory.py`; with --every-target all."""
    return values if "thorough" in sys.argv else values[::2]


def hurry(now):
    """Whether LLVM hurries with what a process of `test_memory.py` compiles next. With --every-target it never does."""
    os.environ["PLANISH_LLVM_LEVEL"] = "0" if now and "thorough" not in sys.argv else "2"
