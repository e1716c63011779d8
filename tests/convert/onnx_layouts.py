"""Small networks of ONNX: flattened maps, transposes, sizes, and what several operators are together."""

import numpy as np

from tests.convert.onnx_graphs import CASES, ints, net, normal, one, resized

CASES["flatten_dense"] = net(
    [
        ("Conv", ["x", "W"], ["c"]),
        ("Flatten", ["c"], ["f"]),
        ("Gemm", ["f", "K", "b"], ["y"], {"transB": 1, "alpha": 0.5, "beta": 2.0}),
    ],
    {"W": normal(3, 4, 2, 2), "K": normal(7, 60), "b": normal(7)},
)
CASES["flatten_relu_bn"] = net(
    [
        ("Flatten", ["x"], ["f"]),
        ("BatchNormalization", ["f", "s", "b", "m", "v"], ["n"]),
        ("Mul", ["n", "k"], ["k2"]),
        ("Relu", ["k2"], ["r"]),
        ("MatMul", ["r", "K"], ["y"]),
    ],
    {
        "s": normal(120),
        "b": normal(120),
        "m": normal(120),
        "v": abs(normal(120)) + 0.5,
        "k": normal(120),
        "K": normal(120, 3),
    },
)
CASES["flatten_out"] = net([("Flatten", ["x"], ["y"])], {})
CASES["flatten_back"] = net(
    [("Flatten", ["x"], ["f"]), ("Relu", ["f"], ["r"]), ("Reshape", ["r", "s"], ["y"])], {"s": ints(-1, 4, 6, 5)}
)
CASES["flatten_other"] = net([("Flatten", ["x"], ["f"]), ("Reshape", ["f", "s"], ["y"])], {"s": ints(-1, 6, 20)})
CASES["flatten_slice"] = net(
    [("Flatten", ["x"], ["f"]), ("Slice", ["f", "a", "b", "c"], ["y"])], {"a": ints(3), "b": ints(50), "c": ints(1)}
)
CASES["flatten_softmax"] = net(
    [("Flatten", ["x"], ["f"]), ("Softmax", ["f"], ["s"]), ("Concat", ["s", "f"], ["y"], {"axis": 1})], {}
)
CASES["shuffle"] = net(
    [
        ("Reshape", ["x", "s"], ["a"]),
        ("Transpose", ["a"], ["t"], {"perm": [0, 2, 1, 3, 4]}),
        ("Reshape", ["t", "s2"], ["b"]),
        ("Conv", ["b", "W"], ["y"]),
    ],
    {"s": ints(0, 2, 2, 6, 5), "s2": ints(0, 4, 6, 5), "W": normal(3, 4, 1, 1)},
)
CASES["shuffle_out"] = net(
    [
        ("Reshape", ["x", "s"], ["a"]),
        ("Transpose", ["a"], ["t"], {"perm": [0, 2, 1, 3, 4]}),
        ("Reshape", ["t", "s2"], ["y"]),
    ],
    {"s": ints(0, 2, 2, 6, 5), "s2": ints(0, 4, 6, 5)},
)
CASES["shuffle_twice"] = net(
    [
        ("Reshape", ["x", "s"], ["a"]),
        ("Transpose", ["a"], ["t"], {"perm": [0, 2, 1, 3, 4]}),
        ("Reshape", ["t", "s2"], ["b"]),
        ("Split", ["b"], ["p", "q"], {"axis": 1, "num_outputs": 2}),
        ("Slice", ["b", "one", "three", "one"], ["r"]),
        ("Concat", ["q", "r", "p"], ["y"], {"axis": 1}),
    ],
    {"s": ints(0, 2, 2, 6, 5), "s2": ints(0, 4, 6, 5), "one": ints(1), "three": ints(3)},
)
CASES["shuffle_depth"] = net(
    [
        ("Reshape", ["x", "s"], ["a"]),
        ("Transpose", ["a"], ["t"], {"perm": [0, 2, 1, 3, 4]}),
        ("Reshape", ["t", "s2"], ["b"]),
        ("Conv", ["b", "W"], ["y"], {"group": 4}),
    ],
    {"s": ints(0, 2, 2, 6, 5), "s2": ints(0, 4, 6, 5), "W": normal(4, 1, 2, 2)},
)
CASES["nhwc"] = net(
    [
        ("Transpose", ["x"], ["t"], {"perm": [0, 3, 1, 2]}),
        ("Conv", ["t", "W"], ["c"]),
        ("Transpose", ["c"], ["y"], {"perm": [0, 2, 3, 1]}),
    ],
    {"W": normal(3, 5, 2, 2)},
)
CASES["ln_convnext"] = net(
    [
        ("Conv", ["x", "W"], ["c"]),
        ("Transpose", ["c"], ["t"], {"perm": [0, 2, 3, 1]}),
        ("LayerNormalization", ["t", "s", "b"], ["l"]),
        ("MatMul", ["l", "K"], ["mm"]),
        ("Add", ["mm", "kb"], ["ma"]),
        ("Transpose", ["ma"], ["z"], {"perm": [0, 3, 1, 2]}),
        ("Add", ["z", "c"], ["y"]),
    ],
    {"W": normal(3, 4, 1, 1), "s": normal(3), "b": normal(3), "K": normal(3, 3), "kb": normal(3)},
)
CASES["tokens"] = net(
    [
        ("Reshape", ["x", "s"], ["a"]),
        ("Transpose", ["a"], ["t"], {"perm": [0, 2, 1]}),
        ("MatMul", ["t", "K"], ["m"]),
        ("Softmax", ["m"], ["q"]),
        ("MatMul", ["q", "t"], ["r"]),
        ("ReduceMean", ["r", "ax"], ["y"], {"keepdims": 0}),
    ],
    {"s": ints(0, 4, 30), "K": normal(4, 30), "ax": ints(1)},
)
CASES["squeeze"] = net(
    [("GlobalAveragePool", ["x"], ["g"]), ("Squeeze", ["g", "a"], ["s"]), ("Unsqueeze", ["s", "b"], ["y"])],
    {"a": ints(2, 3), "b": ints(1)},
)
CASES["squeeze_all"] = net([("GlobalAveragePool", ["x"], ["g"]), ("Squeeze", ["g", "a"], ["y"])], {"a": ints(-1, -2)})
one("pad", "Pad", {"p": ints(0, 0, 1, 2, 0, 0, 0, 1)})
one("padv", "Pad", {"p": ints(0, 0, 1, 2, 0, 0, 0, 1), "v": np.float32(1.5)})
one("padc", "Pad", {"p": ints(0, 2, 0, 0, 0, 1, 0, 0)})
one("padneg", "Pad", {"p": ints(0, 0, -1, 2, 0, 0, 0, -1)})
one("padr", "Pad", {"p": ints(0, 0, 1, 2, 0, 0, 2, 1)}, mode="reflect")
one("pade", "Pad", {"p": ints(0, 0, 1, 2, 0, 0, 2, 1)}, mode="edge")
one("pad_old", "Pad", opset=9, pads=[0, 0, 1, 1, 0, 0, 1, 1], value=0.5)
one("slice", "Slice", {"a": ints(1, 0), "b": ints(5, 4), "c": ints(2, 3), "d": ints(2, 1)})
one("slice_neg", "Slice", {"a": ints(-1), "b": ints(-100), "c": ints(3), "d": ints(-1)})
one("slice_ch", "Slice", {"a": ints(1), "b": ints(3), "c": ints(1)})
one("slice_old", "Slice", opset=9, starts=[1, 1], ends=[3, 100], axes=[1, 2])
one("gather", "Gather", {"i": ints(2, 0)}, axis=1)
one("gather0", "Gather", {"i": np.int64(1)}, axis=2)
one("d2s", "DepthToSpace", blocksize=2)
one("d2sc", "DepthToSpace", blocksize=2, mode="CRD")
one("s2d", "SpaceToDepth", blocksize=2, shape=("n", 3, 6, 4))
one("tile", "Tile", {"t": ints(1, 2, 1, 3)})
one("expand", "Expand", {"s": ints(1, 4, 6, 5)}, shape=("n", 4, 6, 1))
resized("up2", [1, 1, 2, 2], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
resized("up2h", [1, 1, 2, 3], mode="nearest")
resized("upf", [1, 1, 1.5, 0.6], mode="nearest", nearest_mode="floor", coordinate_transformation_mode="asymmetric")
resized("lin2", [1, 1, 2, 2], mode="linear")
resized("linac", [1, 1, 2, 1.7], mode="linear", coordinate_transformation_mode="align_corners")
resized("linpy", [1, 1, 0.5, 0.5], mode="linear", coordinate_transformation_mode="pytorch_half_pixel")
resized("cub", [1, 1, 1.5, 2], mode="cubic")
resized("cubx", [1, 1, 1.5, 0.7], mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5)
resized("linas", [1, 1, 2, 2], mode="linear", coordinate_transformation_mode="asymmetric")
CASES["upsample9"] = net(
    [("Upsample", ["x", "s"], ["y"], {"mode": "nearest"})], {"s": np.array([1, 1, 2, 2], "f")}, opset=9
)
CASES["gelu_erf"] = net(
    [
        ("Div", ["x", "r2"], ["d"]),
        ("Erf", ["d"], ["e"]),
        ("Add", ["e", "o"], ["a"]),
        ("Mul", ["x", "a"], ["m"]),
        ("Mul", ["m", "h"], ["y"]),
    ],
    {"r2": np.float32(2**0.5), "o": np.float32(1), "h": np.float32(0.5)},
)
CASES["gelu_erf2"] = net(
    [
        ("Mul", ["x", "h"], ["hx"]),
        ("Mul", ["x", "r2"], ["d"]),
        ("Erf", ["d"], ["e"]),
        ("Add", ["e", "o"], ["a"]),
        ("Mul", ["hx", "a"], ["y"]),
    ],
    {"r2": np.float32(0.5**0.5), "o": np.float32(1), "h": np.float32(0.5)},
)
CASES["silu"] = net([("Sigmoid", ["x"], ["s"]), ("Mul", ["x", "s"], ["y"])], {})
CASES["mish"] = net([("Softplus", ["x"], ["s"]), ("Tanh", ["s"], ["t"]), ("Mul", ["x", "t"], ["y"])], {})
CASES["hswish"] = net(
    [
        ("Add", ["x", "t"], ["a"]),
        ("Clip", ["a", "z", "s"], ["c"]),
        ("Div", ["c", "s"], ["d"]),
        ("Mul", ["x", "d"], ["y"]),
    ],
    {"t": np.float32(3), "z": np.float32(0), "s": np.float32(6)},
)
CASES["lnd"] = net(
    [
        ("Transpose", ["x"], ["t"], {"perm": [0, 2, 3, 1]}),
        ("ReduceMean", ["t", "a"], ["m"]),
        ("Sub", ["t", "m"], ["s"]),
        ("Pow", ["s", "two"], ["p"]),
        ("ReduceMean", ["p", "a"], ["v"]),
        ("Add", ["v", "e"], ["ve"]),
        ("Sqrt", ["ve"], ["q"]),
        ("Div", ["s", "q"], ["d"]),
        ("Mul", ["d", "g"], ["dg"]),
        ("Add", ["dg", "b"], ["y"]),
    ],
    {"a": ints(-1), "two": np.float32(2), "e": np.float32(1e-5), "g": normal(4), "b": normal(4)},
)
CASES["argmax"] = net([("ArgMax", ["x"], ["i"], {"axis": 1, "keepdims": 0}), ("Cast", ["i"], ["y"], {"to": 1})], {})
CASES["two"] = net([("Relu", ["x"], ["y"]), ("Sigmoid", ["x"], ["y2"])], {}, nout=2)
CASES["reshape_fix"] = net([("Reshape", ["x", "s"], ["y"])], {"s": ints(1, -1)}, shape=(1, 4, 6, 5))
CASES["viewshape"] = net(
    [
        ("Shape", ["x"], ["s"]),
        ("Slice", ["s", "a", "b"], ["f"]),
        ("Concat", ["f", "m"], ["c"], {"axis": 0}),
        ("Reshape", ["x", "c"], ["y"]),
    ],
    {"a": ints(0), "b": ints(1), "m": ints(-1)},
)
CASES["mlp"] = net(
    [("Gemm", ["x", "K", "b"], ["h"]), ("Relu", ["h"], ["r"]), ("Gemm", ["r", "K2", "b2"], ["y"], {"transB": 1})],
    {"K": normal(6, 4), "b": normal(1, 4), "K2": normal(3, 4), "b2": normal(3)},
    shape=("n", 6),
)
CASES["shared"] = net(
    [
        ("Conv", ["x", "W"], ["a"], {"pads": [1] * 4}),
        ("Relu", ["a"], ["r"]),
        ("Conv", ["r", "W"], ["y"], {"pads": [1] * 4}),
    ],
    {"W": normal(4, 4, 3, 3)},
)
