"""OpenVINO, on a model built with its own operations."""

import numpy as np
import openvino
from nets import BATCH_NORM, FLATTEN, Border, Branches, Conv, Dense, Depthwise, Dropout, Pool, after
from openvino import opset13 as ops
from torch_layout import as_torch

SETTINGS = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}


def limit(threads):
    SETTINGS["INFERENCE_NUM_THREADS"] = threads


class Peer:
    def __init__(self, net, values):
        model = _model(net, iter(as_torch(net, values)))
        self.request = openvino.Core().compile_model(model, "CPU", SETTINGS).create_infer_request()

    def predict(self, x, batch):
        images = channels_first(x)
        return np.concatenate([self._run(images[i : i + batch]) for i in range(0, len(x), batch)])

    def one(self, x):
        return self._run(channels_first(x))

    def _run(self, images):
        return self.request.infer([images])[0].copy()


def channels_first(x):
    """Free for one channel, where both orders are the same bytes."""
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def _model(net, values):
    rows, columns, channels = net.shape
    x = ops.parameter([-1, channels, rows, columns], np.float32)
    return openvino.Model([ops.softmax(_through(net.layers, x, net.shape, values), 1)], [x], net.name)


def _through(layers, x, shape, values):
    for layer in layers:
        x = _after(layer, x, shape, values)
        shape = after(layer, shape)
    return x


def _after(layer, x, shape, values):
    match layer:
        case Branches(kind, branches):
            ends = [_through(branch, x, shape, values) for branch in branches]
            return ops.concat(ends, 1) if kind == "concat" else {"add": ops.add, "multiply": ops.multiply}[kind](*ends)
        case Conv(_, _, stride):
            (top, bottom), (left, right) = (layer.border(side) for side in shape[:2])
            kernel, bias = ops.constant(next(values)), ops.constant(next(values).reshape(1, -1, 1, 1))
            return ops.add(ops.convolution(x, kernel, [stride] * 2, [top, left], [bottom, right], [1, 1]), bias)
        case Depthwise(_, stride):
            (top, bottom), (left, right) = (layer.border(side) for side in shape[:2])
            kernel, bias = next(values)[:, None], ops.constant(next(values).reshape(1, -1, 1, 1))
            grouped = ops.group_convolution(x, ops.constant(kernel), [stride] * 2, [top, left], [bottom, right], [1, 1])
            return ops.add(grouped, bias)
        case Pool("max", size):
            return ops.max_pool(x, [layer.apart] * 2, [1, 1], [0, 0], [0, 0], [size] * 2).output(0)
        case Pool(_, size):
            return ops.avg_pool(x, [layer.apart] * 2, [0, 0], [0, 0], [size] * 2, True)
        case Border(width):
            around = np.array([0, 0, width, width], np.int64)
            return ops.pad(x, around, around, "constant", np.float32(0))
        case Dense():
            return ops.add(ops.matmul(x, ops.constant(next(values)), False, True), ops.constant(next(values)))
        case Dropout():
            return x
    if layer == BATCH_NORM:
        gamma, beta, mean, variance = (ops.constant(next(values)) for _ in range(4))
        return ops.batch_norm_inference(x, gamma, beta, mean, variance, 1e-3)
    if layer == FLATTEN:
        return ops.reshape(x, ops.constant(np.array([0, -1], np.int64)), True)
    if layer.kind.startswith("global_average"):
        return ops.reduce_mean(x, ops.constant(np.array([2, 3], np.int64)), layer.kind.endswith("kept"))
    if layer.kind == "relu6":
        return ops.clamp(x, 0.0, 6.0)
    return {"relu": ops.relu, "swish": ops.swish, "sigmoid": ops.sigmoid, "tanh": ops.tanh}[layer.kind](x)
