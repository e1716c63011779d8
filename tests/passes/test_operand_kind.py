"""Which operands may join the tail of a kernel that computes many images at once."""

import numpy as np
import pytest

from planish import primitives
from planish.graph.graph import Graph
from planish.graph.node import TensorType
from planish.primitives.expression import operand_kind
from planish.primitives.interpreter import interpret
from planish.runtime import compile
from planish.runtime.inference_executable import InferenceExecutable

ROW, MAP = TensorType((5,)), TensorType((4, 3, 5))


@pytest.mark.parametrize(
    ("operand", "result", "kind"),
    [
        (TensorType((5,)), ROW, "full"),
        (TensorType((1,)), TensorType((1,)), "full"),
        (TensorType((1,)), ROW, None),
        (TensorType(()), ROW, None),
        (TensorType((5,)), MAP, None),
        (TensorType((), batched=False), ROW, "scalar"),
        (TensorType((1,), batched=False), TensorType((1,)), "scalar"),
        (TensorType((5,), batched=False), MAP, "channel"),
        (TensorType((4, 3, 5), batched=False), MAP, None),
        (TensorType((3, 1), batched=False), MAP, None),
    ],
)
def test_kinds(operand, result, kind):
    assert operand_kind(operand, result) == kind


def test_values_of_an_image_stay_with_it():
    """A dense layer computes rows of several images together: what its tail reads of each differs from row to row."""
    x = primitives.input_("x", (3, 6))
    weights = primitives.parameter("w", (6, 1))
    per_image = primitives.reduce_sum(x, (0, 1), keepdims=True)
    per_row = primitives.parameter("p", (3, 1))
    graph = Graph.build({"y": primitives.add(primitives.multiply(primitives.dense(x, weights), per_image), per_row)})
    random = np.random.default_rng(0)
    values = {"w": random.normal(size=(6, 1)).astype("f"), "p": random.normal(size=(3, 1)).astype("f")}
    images = random.normal(size=(40, 3, 6)).astype("f")
    result = np.empty((40, 3, 1), np.float32)
    InferenceExecutable(compile(graph, {"x": images.dtype})).run(values, {"x": images}, {"y": result}, 40, version=1)
    expected = interpret(graph, {**values, "x": images}).outputs["y"]
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-5)
