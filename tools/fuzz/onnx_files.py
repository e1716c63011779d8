"""Small ONNX files: a chain with a Flatten, and a graph with a sum, batch normalization and computed shapes."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper

_F = TensorProto.FLOAT


def made() -> list[bytes]:
    return [_chain().SerializeToString(), _residual().SerializeToString()]


def _model(nodes, arrays, outputs):  # type: ignore[no-untyped-def]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", _F, ["batch", 1, 6, 6])],
        [helper.make_tensor_value_info(name, _F, None) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def _arrays(**shapes):  # type: ignore[no-untyped-def]
    dice = np.random.default_rng(0)
    return {name: dice.random(shape, np.float32) + 0.1 for name, shape in shapes.items()}


def _chain():  # type: ignore[no-untyped-def]
    node = helper.make_node
    nodes = [
        node("Conv", ["x", "w", "b"], ["c"], "conv", kernel_shape=[3, 3], pads=[0, 0, 0, 0]),
        node("Relu", ["c"], ["r"], "relu"),
        node("MaxPool", ["r"], ["p"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["p"], ["f"], "flatten"),
        node("Gemm", ["f", "w2", "b2"], ["g"], "fc", transB=1),
        node("Softmax", ["g"], ["y"], "softmax", axis=-1),
    ]
    return _model(nodes, _arrays(w=(2, 1, 3, 3), b=(2,), w2=(3, 8), b2=(3,)), ["y"])


def _residual():  # type: ignore[no-untyped-def]
    node = helper.make_node
    nodes = [
        node("Conv", ["x", "w"], ["c"], "conv", auto_pad="SAME_UPPER"),
        node("BatchNormalization", ["c", "scale", "bias", "mean", "var"], ["n"], "norm"),
        node("Add", ["n", "c"], ["s"], "sum"),
        node("Clip", ["s", "low", "high"], ["k"], "clip"),
        node("Shape", ["k"], ["shape"], "shape"),
        node("Gather", ["shape", "zero"], ["batch"], "gather", axis=0),
        node("Unsqueeze", ["batch", "axes"], ["b1"], "unsqueeze"),
        node("Concat", ["b1", "rest"], ["target"], "concat", axis=0),
        node("Reshape", ["k", "target"], ["flat"], "reshape"),
        node("MatMul", ["flat", "w2"], ["y"], "fc"),
    ]
    arrays = _arrays(w=(2, 1, 3, 3), scale=(2,), bias=(2,), mean=(2,), var=(2,), w2=(72, 3))
    arrays |= {"low": np.float32(0), "high": np.float32(6), "zero": np.int64(0), "axes": np.array([0])}
    return _model(nodes, arrays | {"rest": np.array([-1])}, ["y"])
