"""ONNX Runtime, on a model written with the onnx package."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OPTIONS = onnxruntime.SessionOptions()


def limit(threads):
    OPTIONS.intra_op_num_threads, OPTIONS.inter_op_num_threads = threads, 1


class Peer:
    """Of the blog's net."""

    def __init__(self, net, values):
        self.session = onnxruntime.InferenceSession(_model(values), OPTIONS, providers=["CPUExecutionProvider"])

    def predict(self, x, batch):
        images = x.reshape(-1, 1, 28, 28)  # one channel: both orders are the same bytes
        parts = [self.session.run(None, {"x": images[i : i + batch]})[0] for i in range(0, len(x), batch)]
        return np.concatenate(parts)

    def one(self, x):
        return self.session.run(None, {"x": x.reshape(1, 1, 28, 28)})[0]


def _model(values):
    first, b0, second, b1, dense, b2, last, b3 = values
    flat = dense.reshape(5, 5, 64, 128).transpose(2, 0, 1, 3).reshape(1600, 128)
    arrays = [first.transpose(3, 2, 0, 1), b0, second.transpose(3, 2, 0, 1), b1, flat, b2, last, b3]
    held = [numpy_helper.from_array(np.ascontiguousarray(a), f"w{i}") for i, a in enumerate(arrays)]
    nodes = [
        helper.make_node("Conv", ["x", "w0", "w1"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("MaxPool", ["b"], ["c"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["c", "w2", "w3"], ["d"]),
        helper.make_node("Relu", ["d"], ["e"]),
        helper.make_node("MaxPool", ["e"], ["f"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["f"], ["g"]),
        helper.make_node("Gemm", ["g", "w4", "w5"], ["h"]),
        helper.make_node("Relu", ["h"], ["i"]),
        helper.make_node("Gemm", ["i", "w6", "w7"], ["j"]),
        helper.make_node("Softmax", ["j"], ["y"], axis=1),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 28, 28])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 10])
    graph = helper.make_graph(nodes, "blog", [x], [y], held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()
