"""Random numbers: the same bits as the definition's."""

import numpy as np
import pytest

from planish import primitives
from planish.graph.graph import Graph
from planish.primitives.interpreter import interpret
from planish.runtime import compile
from planish.runtime.executable import TrainingExecutable
from tests.codegen.support import on_every_target

SHAPES = [(), (1,), (7,), (16,), (5, 3), (33,), (3, 4, 9)]


@on_every_target
@pytest.mark.parametrize("seed", [0, 1, -1, 2**31 - 1, -(2**31), 123456789])
def test_the_same_bits(target, seed):
    images = 5
    node = primitives.scalar("seed", "i32")
    nodes = {f"y{place}": primitives.random_uniform(node, shape, 7 * place) for place, shape in enumerate(SHAPES)}
    x = primitives.input_("x", (1,))
    update = {"w": primitives.batch_sum(x)}
    outputs = {name: np.full((images, *node.shape), 7, np.float32) for name, node in nodes.items()}
    graph = Graph.build(nodes, update)
    data = {"x": np.ones((images, 1), np.float32)}
    executable = TrainingExecutable(compile(graph, {"x": np.dtype(np.float32)}, training=True, max_batch=images))
    scalars = {"seed": np.array([seed], np.int32)}
    executable.run({"w": np.zeros(1, np.float32)}, data, np.arange(images), images, scalars, outputs)
    expected = interpret(graph, {**data, "seed": seed}, batch_size=images).outputs
    for name, computed in outputs.items():
        np.testing.assert_array_equal(computed, expected[name])
