"""Random networks of ONNX's operators: borders of all kinds, groups, branches, shuffles, sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ACTIVATIONS = (
    "Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "Selu", "HardSigmoid", "HardSwish", "Softplus", "Mish", "Celu",
)  # fmt: skip


class Drawing:
    """A network that grows at its end, which is a map [n, channels, height, width]."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.shape = [self.number(1, 6), self.number(7, 14), self.number(7, 14)]
        self.start = [*self.shape]
        self.last = "x"

    def number(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def chance(self, share: float = 0.5) -> bool:
        return bool(self.random.random() < share)

    def weight(self, *shape: int, positive: bool = False) -> str:
        values = self.random.normal(scale=(2 / max(np.prod(shape[1:]), 1)) ** 0.5, size=shape).astype(np.float32)
        return self.constant(np.abs(values) + np.float32(0.5) if positive else values)

    def constant(self, values: Any) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def add(self, kind: str, *inputs: str, start: str | None = None, **settings: Any) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(kind, [start or self.last, *inputs], [name], name=f"/{kind}_{name}", **settings)
        )
        self.last = name
        return name

    def model(self, output: str | None = None) -> Any:
        inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *self.start])]
        outputs = [helper.make_tensor_value_info(output or self.last, TensorProto.FLOAT, None)]
        graph = helper.make_graph(self.nodes, "random", inputs, outputs, self.weights)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
        made.ir_version = 10
        return made

    def measured(self) -> None:
        """The shape of the end, from ONNX's own rules."""
        graph = onnx.shape_inference.infer_shapes(self.model(), strict_mode=True).graph
        self.shape = [extent.dim_value for extent in graph.output[0].type.tensor_type.shape.dim][1:]


def _convolution(net: Drawing) -> None:
    channels, *size = net.shape
    window = [min(net.number(1, 4), extent) for extent in size]
    groups = int(net.random.choice([group for group in range(1, channels + 1) if channels % group == 0]))
    filters = groups * net.number(1, 3)
    settings: dict[str, Any] = {"group": groups, "strides": [net.number(1, 2), net.number(1, 2)]}
    if net.chance(0.3):
        settings["auto_pad"] = str(net.random.choice(["SAME_UPPER", "SAME_LOWER", "VALID"]))
    else:
        settings["pads"] = [net.number(0, 2) for _ in range(4)]
        settings["dilations"] = [
            2 if 2 * extent < whole and net.chance(0.3) else 1 for extent, whole in zip(window, size, strict=False)
        ]
    inputs = [net.weight(filters, channels // groups, *window), *([net.weight(filters)] if net.chance() else [])]
    net.add("Conv", *inputs, **settings)


def _pool(net: Drawing) -> None:
    window = [min(net.number(1, 3), extent) for extent in net.shape[1:]]
    pads = [net.number(0, extent // 2) for extent in (*window, *window)]
    settings = {"kernel_shape": window, "strides": [net.number(1, 2), net.number(1, 2)], "pads": pads}
    if net.chance():
        net.add("MaxPool", ceil_mode=int(net.chance()), **settings)
    else:
        net.add("AveragePool", count_include_pad=int(net.chance()), **settings)


def _normalization(net: Drawing) -> None:
    channels = net.shape[0]
    if net.chance(0.7):
        moments = [net.weight(channels), net.weight(channels, positive=True)]
        net.add("BatchNormalization", net.weight(channels, positive=True), net.weight(channels), *moments, epsilon=1e-3)
    else:
        net.add("InstanceNormalization", net.weight(channels), net.weight(channels))


def _activation(net: Drawing) -> None:
    if net.chance(0.2):
        net.add("PRelu", net.weight(net.shape[0], 1, 1))
    elif net.chance(0.2):
        net.add("Clip", net.constant(np.float32(-0.5)), net.constant(np.float32(1.5)))
    else:
        net.add(str(net.random.choice(ACTIVATIONS)))


def _branches(net: Drawing) -> None:
    start, (channels, *_) = net.last, net.shape
    net.add("Conv", net.weight(channels, channels, 3, 3), pads=[1, 1, 1, 1])
    kind = str(net.random.choice(["Add", "Mul", "Concat", "Sub", "Max"]))
    net.add(kind, start, **({"axis": 1} if kind == "Concat" else {}))


def _squeezed(net: Drawing) -> None:
    start, (channels, *_) = net.last, net.shape
    net.add("GlobalAveragePool") if net.chance() else net.add("ReduceMean", net.constant(np.array([2, 3])), keepdims=1)
    net.add("Conv", net.weight(channels, channels, 1, 1), net.weight(channels))
    net.add("Sigmoid")
    net.add("Mul", start)


def _shuffled(net: Drawing) -> None:
    channels, *size = net.shape
    groups = int(net.random.choice([group for group in range(1, channels + 1) if channels % group == 0]))
    net.add("Reshape", net.constant(np.array([0, groups, channels // groups, *size])))
    net.add("Transpose", perm=[0, 2, 1, 3, 4])
    net.add("Reshape", net.constant(np.array([0, channels, *size])))


def _last_normalized(net: Drawing) -> None:
    channels = net.shape[0]
    net.add("Transpose", perm=[0, 2, 3, 1])
    net.add("LayerNormalization", net.weight(channels), net.weight(channels), epsilon=1e-5)
    net.add("MatMul", net.weight(channels, channels))
    net.add("Transpose", perm=[0, 3, 1, 2])


def _scaled(net: Drawing) -> None:
    kind = str(net.random.choice(["Mul", "Add", "Sub", "Div"]))
    shape = [(net.shape[0], 1, 1), (1,), (net.shape[2],), tuple(net.shape)][net.number(0, 3)]
    net.add(kind, net.weight(*shape, positive=True))


def _bordered(net: Drawing) -> None:
    pads = [0, net.number(0, 1), net.number(0, 2), net.number(0, 2), 0, net.number(0, 1), net.number(0, 2), 0]
    net.add("Pad", net.constant(np.array(pads)), net.constant(np.float32(net.number(0, 1) / 2)))


def _cut(net: Drawing) -> None:
    if min(net.shape[1:]) > 3:
        starts, ends = net.constant(np.array([net.number(0, 1), 0])), net.constant(np.array([1 << 40, -1]))
        net.add("Slice", starts, ends, net.constant(np.array([2, 3])))


def _enlarged(net: Drawing) -> None:
    if max(net.shape[1:]) < 10:
        mode = str(net.random.choice(["nearest", "linear", "cubic"]))
        counted = str(net.random.choice(["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]))
        scales = net.constant(np.array([1, 1, net.number(1, 3), net.number(2, 5) / 2], np.float32))
        net.add("Resize", "", scales, mode=mode, coordinate_transformation_mode=counted)


STEPS = (
    _convolution, _convolution, _convolution, _pool, _normalization, _activation, _activation, _branches, _squeezed,
    _shuffled, _last_normalized, _scaled, _bordered, _cut, _enlarged,
)  # fmt: skip


def drawn(seed: int) -> Any:
    """The network of this number: some steps on maps, and a classifier of one of four kinds."""
    net = Drawing(seed)
    for _ in range(net.number(2, 8)):
        before = len(net.nodes), len(net.weights), net.last, net.shape
        STEPS[net.number(0, len(STEPS) - 1)](net)
        try:
            net.measured()
        except onnx.shape_inference.InferenceError:
            net.shape = [0]
        if len(net.shape) != 3 or min(net.shape) < 1:  # windows that do not fit
            (nodes, weights, net.last, net.shape) = before
            del net.nodes[nodes:], net.weights[weights:]
    _classifier(net)
    return net.model()


def _classifier(net: Drawing) -> None:
    channels, height, width = net.shape
    features, classes = channels * height * width, net.number(2, 7)
    kind = net.number(0, 3)
    if kind == 0:
        net.add("GlobalAveragePool")
        net.add("Flatten")
        net.add("Gemm", net.weight(classes, channels), net.weight(classes), transB=1)
    elif kind == 1:
        net.add("Flatten", axis=1)
        net.add("Relu")
        net.add("Gemm", net.weight(features, classes), net.weight(classes), alpha=0.5, beta=2.0)
    elif kind == 2:
        net.add("Reshape", net.constant(np.array([-1, features])))
        net.add("MatMul", net.weight(features, classes))
        net.add("Add", net.weight(classes))
    if net.chance():
        net.add("Softmax", axis=1)
