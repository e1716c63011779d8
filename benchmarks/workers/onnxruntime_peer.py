"""ONNX Runtime, on a model written with the onnx package."""

import numpy as np
import onnxruntime
from nets import BATCH_NORM, FLATTEN, RELU6, SWISH, Border, Branches, Conv, Dense, Depthwise, Dropout, Pool, after
from onnx import TensorProto, helper, numpy_helper
from torch_layout import as_torch

OPTIONS = onnxruntime.SessionOptions()


def limit(threads):
    OPTIONS.intra_op_num_threads, OPTIONS.inter_op_num_threads = threads, 1


class Peer:
    def __init__(self, net, values):
        model = _Writer(as_torch(net, values)).model(net)
        self.session = onnxruntime.InferenceSession(model, OPTIONS, providers=["CPUExecutionProvider"])

    def predict(self, x, batch):
        images = channels_first(x)
        parts = [self.session.run(None, {"x": images[i : i + batch]})[0] for i in range(0, len(x), batch)]
        return np.concatenate(parts)

    def one(self, x):
        return self.session.run(None, {"x": channels_first(x)})[0]


def channels_first(x):
    """Free for one channel, where both orders are the same bytes."""
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


class _Writer:
    """Writes nodes; `values` are the weights in PyTorch's layout."""

    def __init__(self, values):
        self.values, self.held, self.nodes = iter(values), [], []

    def model(self, net):
        last = self.through(net.layers, "x", net.shape)
        self.nodes.append(helper.make_node("Softmax", [last], ["y"], axis=1))
        rows, columns, channels = net.shape
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", channels, rows, columns])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", net.classes])
        graph = helper.make_graph(self.nodes, net.name, [x], [y], self.held)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        return model.SerializeToString()

    def through(self, layers, x, shape):
        """The name of the result of these layers."""
        for layer in layers:
            x = self.after(layer, x, shape)
            shape = after(layer, shape)
        return x

    def after(self, layer, x, shape):
        match layer:
            case Branches(kind, branches):
                ends = [self.through(branch, x, shape) for branch in branches]
                if kind == "concat":
                    return self.node("Concat", *ends, axis=1)
                return self.node({"add": "Add", "multiply": "Mul"}[kind], *ends)
            case Conv() | Depthwise():
                (top, bottom), (left, right) = (layer.border(side) for side in shape[:2])
                groups = shape[-1] if isinstance(layer, Depthwise) else 1
                pads, strides = [top, left, bottom, right], [layer.stride, layer.stride]
                return self.node("Conv", x, *self.weights(2), pads=pads, strides=strides, group=groups)
            case Pool(kind, size):
                name = "MaxPool" if kind == "max" else "AveragePool"
                return self.node(name, x, kernel_shape=[size, size], strides=[layer.apart] * 2)
            case Border(width):
                return self.node("Pad", x, self.held_as(np.array([0, 0, width, width] * 2, np.int64)))
            case Dense():
                return self.node("Gemm", x, *self.weights(2), transB=1)
            case Dropout():
                return x
        if layer == BATCH_NORM:
            return self.node("BatchNormalization", x, *self.weights(4), epsilon=1e-3)
        if layer == FLATTEN:
            return self.node("Flatten", x)
        if layer.kind == "global_average":
            return self.node("Flatten", self.node("GlobalAveragePool", x))
        if layer == SWISH:
            return self.node("Mul", x, self.node("Sigmoid", x))
        if layer == RELU6:
            return self.node("Clip", x, *(self.held_as(np.array(bound, np.float32)) for bound in (0, 6)))
        names = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "global_average_kept": "GlobalAveragePool"}
        return self.node(names[layer.kind], x)

    def weights(self, count):
        """The names of the next weights."""
        return [self.held_as(next(self.values)) for _ in range(count)]

    def held_as(self, value):
        """The name of an array in the model."""
        name = f"w{len(self.held)}"
        self.held.append(numpy_helper.from_array(value, name))
        return name

    def node(self, kind, *inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name
