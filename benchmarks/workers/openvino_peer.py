"""OpenVINO, on a model built with its own operations."""

import numpy as np
import openvino
from openvino import opset13 as ops

SETTINGS = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}


def limit(threads):
    SETTINGS["INFERENCE_NUM_THREADS"] = threads


class Peer:
    """Of the blog's net."""

    def __init__(self, net, values):
        self.request = openvino.Core().compile_model(_model(values), "CPU", SETTINGS).create_infer_request()

    def predict(self, x, batch):
        images = x.reshape(-1, 1, 28, 28)
        return np.concatenate([self._run(images[i : i + batch]) for i in range(0, len(x), batch)])

    def one(self, x):
        return self._run(x.reshape(1, 1, 28, 28))

    def _run(self, images):
        return self.request.infer([images])[0].copy()


def _model(values):
    first, b0, second, b1, dense, b2, last, b3 = values
    flat = dense.reshape(5, 5, 64, 128).transpose(2, 0, 1, 3).reshape(1600, 128)
    x = ops.parameter([-1, 1, 28, 28], np.float32)
    out = x
    for kernel, bias in ((first, b0), (second, b1)):
        kernel = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
        out = ops.convolution(out, ops.constant(kernel), [1, 1], [0, 0], [0, 0], [1, 1])
        out = ops.relu(ops.add(out, ops.constant(bias.reshape(1, -1, 1, 1))))
        out = ops.max_pool(out, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(0)
    out = ops.reshape(out, ops.constant(np.array([-1, 1600], np.int64)), False)
    out = ops.relu(ops.add(ops.matmul(out, ops.constant(np.ascontiguousarray(flat)), False, False), ops.constant(b2)))
    out = ops.add(ops.matmul(out, ops.constant(last), False, False), ops.constant(b3))
    return openvino.Model([ops.softmax(out, 1)], [x], "blog")
