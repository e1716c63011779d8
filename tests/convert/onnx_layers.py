"""Small networks of ONNX: convolutions, pools, normalizations, activations."""

import numpy as np

from tests.convert.onnx_graphs import CASES, ints, net, normal, one

one("conv", "Conv", {"W": normal(3, 4, 3, 3), "b": normal(3)})
one("conv_same", "Conv", {"W": normal(3, 4, 3, 2)}, auto_pad="SAME_UPPER", strides=[2, 2])
one("conv_lower", "Conv", {"W": normal(3, 4, 3, 2)}, auto_pad="SAME_LOWER", strides=[2, 1])
one("conv_asym", "Conv", {"W": normal(3, 4, 3, 2)}, pads=[2, 0, 1, 3])
one("conv_group", "Conv", {"W": normal(6, 2, 3, 3)}, group=2)
one("conv_depth", "Conv", {"W": normal(8, 1, 3, 3), "b": normal(8)}, group=4, pads=[1] * 4)
one("conv_depth_stride", "Conv", {"W": normal(4, 1, 3, 3)}, group=4, pads=[1] * 4, strides=[2, 1])
one("conv_dil", "Conv", {"W": normal(3, 4, 2, 2)}, dilations=[2, 3])
one("conv_dil_stride", "Conv", {"W": normal(3, 4, 2, 2)}, dilations=[2, 2], strides=[2, 2], pads=[1, 1, 1, 1])
one("conv1d", "Conv", {"W": normal(3, 4, 3)}, shape=("n", 4, 9), pads=[1, 1], strides=[2])
one("conv3d", "Conv", {"W": normal(3, 4, 2, 2, 2)}, shape=("n", 4, 3, 4, 5), pads=[0, 1, 0, 1, 0, 1])
for k, at in {
    "ct": {},
    "ct_s": {"strides": [2, 2]},
    "ct_p": {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]},
    "ct_big": {"strides": [3, 3]},
    "ct_os": {"strides": [2, 2], "output_shape": [13, 11]},
    "ct_same": {"strides": [2, 2], "auto_pad": "SAME_UPPER"},
}.items():
    one(k, "ConvTranspose", {"W": normal(4, 3, 3, 3), "b": normal(3)}, **at)
one("ct_k1s2", "ConvTranspose", {"W": normal(4, 3, 2, 2)}, strides=[3, 3], output_padding=[1, 0])
one("ct_group", "ConvTranspose", {"W": normal(4, 3, 3, 3)}, group=2, strides=[2, 2])
one("ct_1d", "ConvTranspose", {"W": normal(4, 3, 3)}, shape=("n", 4, 7), strides=[2], pads=[1, 0])
for nm, kind in (("max", "MaxPool"), ("avg", "AveragePool")):
    for k, at in {
        "v": {},
        "s": {"strides": [2, 2]},
        "p": {"strides": [2, 2], "pads": [1, 1, 1, 1]},
        "same": {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
        "lower": {"auto_pad": "SAME_LOWER", "strides": [2, 2]},
        "ceil": {"strides": [2, 2], "ceil_mode": 1},
        "ceilp": {"strides": [2, 2], "pads": [1, 1, 1, 1], "ceil_mode": 1},
        "asym": {"pads": [0, 1, 2, 0]},
    }.items():
        one(f"{nm}_{k}", kind, kernel_shape=[3, 3], **at)
one("avg_pi", "AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)
one(
    "avg_pi_ceil",
    "AveragePool",
    kernel_shape=[3, 3],
    strides=[3, 2],
    pads=[1, 1, 1, 1],
    count_include_pad=1,
    ceil_mode=1,
)
one("max_dil", "MaxPool", kernel_shape=[2, 2], dilations=[2, 3])
one("max_dilp", "MaxPool", kernel_shape=[2, 2], dilations=[2, 2], pads=[1, 1, 1, 1], strides=[2, 2])
one("max1d", "MaxPool", kernel_shape=[2], shape=("n", 4, 7), strides=[2])
one("gap", "GlobalAveragePool")
one("gmp", "GlobalMaxPool")
for k in (
    "ReduceMean",
    "ReduceMax",
    "ReduceSum",
    "ReduceMin",
    "ReduceProd",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSumExp",
    "ReduceSumSquare",
):
    one(k, k, {"a": ints(2, 3)}, keepdims=0)
    one(k + "1", k, {"a": ints(1)})
    one(k + "2", k, {"a": ints(-1)}, keepdims=0)
one(
    "bn",
    "BatchNormalization",
    {"s": normal(4), "b": normal(4), "m": normal(4), "v": abs(normal(4)) + 0.5},
    epsilon=1e-3,
)
one(
    "bn2",
    "BatchNormalization",
    {"s": normal(4), "b": normal(4), "m": normal(4), "v": abs(normal(4)) + 0.5},
    shape=("n", 4),
)
one("inorm", "InstanceNormalization", {"s": normal(4), "b": normal(4)})
one("gn", "GroupNormalization", {"s": normal(2), "b": normal(2)}, num_groups=2)
one("gn21", "GroupNormalization", {"s": normal(4), "b": normal(4)}, num_groups=2, opset=21)
one("ln", "LayerNormalization", {"s": normal(5), "b": normal(5)})
one("ln3", "LayerNormalization", {"s": normal(4, 6, 5)}, axis=1)
one("lrn", "LRN", size=3, alpha=0.1, beta=0.6, bias=1.5)
one("lpn", "LpNormalization", axis=1)
for k in (
    "Relu",
    "Sigmoid",
    "Tanh",
    "Softplus",
    "Softsign",
    "HardSwish",
    "Elu",
    "Selu",
    "Celu",
    "LeakyRelu",
    "HardSigmoid",
    "ThresholdedRelu",
    "Abs",
    "Neg",
    "Exp",
    "Erf",
    "Floor",
    "Ceil",
    "Sign",
    "Sin",
    "Cos",
    "Atan",
    "Reciprocal",
    "Identity",
    "Shrink",
    "Mish",
    "Round",
):
    one(k, k)
one("Gelu", "Gelu", opset=20)
one("Gelut", "Gelu", opset=20, approximate="tanh")
one("elu2", "Elu", alpha=0.4)
one("hs2", "HardSigmoid", alpha=0.3, beta=0.4)
one("hs6", "HardSigmoid", alpha=1 / 6, beta=0.5)
one("selu2", "Selu", alpha=1.2, gamma=0.9)
one("celu2", "Celu", alpha=0.5)
one("leaky2", "LeakyRelu", alpha=0.3)
one("clip", "Clip", {"a": np.float32(-0.5), "b": np.float32(0.7)})
one("clip6", "Clip", {"a": np.float32(0), "b": np.float32(6)})
CASES["clipmax"] = net([("Clip", ["x", "", "b"], ["y"])], {"b": np.float32(0.3)})
one("clip_old", "Clip", opset=9, min=-0.2, max=0.4)
one("prelu", "PRelu", {"s": normal(4, 1, 1)})
one("prelu1", "PRelu", {"s": normal(1)})
one("preluf", "PRelu", {"s": normal(4, 6, 5)})
for a in (1, 2, 3, -1):
    one(f"softmax{a}", "Softmax", axis=a)
    one(f"lsoftmax{a}", "LogSoftmax", axis=a)
one("softmax_old", "Softmax", axis=1, opset=11)
one("softmax_old2", "Softmax", opset=9, shape=("n", 7))
one("hardmax", "Hardmax", axis=-1, shape=("n", 7))
