"""How small networks of ONNX are written down: nodes, weights and the shape of the input."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Array = Any
CASES: dict[str, Any] = {}
"""By name: the message of a file. The input is x, the output y; a second output is y2."""

_random = np.random.default_rng(0)


def normal(*shape: int) -> Array:
    return _random.normal(size=shape).astype(np.float32)


def ints(*numbers: int) -> Array:
    return np.array(numbers, np.int64)


def net(nodes, weights, shape=("n", 4, 6, 5), opset=18, nout=1) -> Any:
    """nodes: (operator, inputs, outputs, settings)."""
    made = [helper.make_node(*node[:3], **(node[3] if len(node) > 3 else {})) for node in nodes]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, list(shape))]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("y", "y2")[:nout]]
    tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()]
    graph = helper.make_graph(made, "small", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 10
    return model


def one(name, kind, weights=None, shape=("n", 4, 6, 5), opset=18, nout=1, **settings) -> None:
    """A network of one operator."""
    weights = weights or {}
    CASES[name] = net([(kind, ["x", *weights], ["y", "y2"][:nout], settings)], weights, shape, opset, nout)


def resized(name, scales, **settings) -> None:
    CASES[name] = net([("Resize", ["x", "", "s"], ["y"], settings)], {"s": np.array(scales, np.float32)})


def image(name: str) -> Array:
    """What the network of this name is given."""
    model = CASES[name]
    extents = [extent.dim_value or 2 for extent in model.graph.input[0].type.tensor_type.shape.dim]
    values = np.random.default_rng(1).normal(size=extents).astype(np.float32)
    return abs(values) if name.startswith("Pow") else values


def written(name: str, folder: Any) -> Any:
    path = folder / "small.onnx"
    onnx.save(CASES[name], path)
    return path
