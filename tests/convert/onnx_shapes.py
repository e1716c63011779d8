"""Small networks of ONNX: arithmetic, joining and parting."""

import numpy as np

from tests.convert.onnx_graphs import CASES, ints, net, normal, one

for k in ("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min"):
    one(k + "c", k, {"c": abs(normal(4, 1, 1))})
    CASES[k + "x"] = net([("Sigmoid", ["x"], ["a"]), ("Exp", ["x"], ["e"]), (k, ["e", "a"], ["y"])], {})
    CASES[k + "r"] = net([("Exp", ["x"], ["e"]), (k, ["c", "e"], ["y"])], {"c": abs(normal(6, 1))})
one("add_scalar", "Add", {"c": np.float32(2)})
one("pow2", "Pow", {"c": np.float32(2)})
CASES["sum3"] = net([("Relu", ["x"], ["a"]), ("Sum", ["x", "a", "x"], ["y"])], {})
CASES["mean3"] = net([("Relu", ["x"], ["a"]), ("Mean", ["x", "a"], ["y"])], {})
CASES["se"] = net([("GlobalAveragePool", ["x"], ["g"]), ("Mul", ["x", "g"], ["y"])], {})
CASES["where"] = net(
    [("Greater", ["x", "c"], ["m"]), ("Where", ["m", "x", "d"], ["y"])], {"c": normal(4, 1, 1), "d": np.float32(0)}
)
for a in (1, 2, 3):
    CASES[f"concat{a}"] = net([("Relu", ["x"], ["a"]), ("Concat", ["x", "a"], ["y"], {"axis": a})], {})
CASES["concatc"] = net([("Concat", ["x", "c"], ["y"], {"axis": 1})], {"c": normal(1, 2, 6, 5)}, shape=(1, 4, 6, 5))
CASES["split"] = net([("Split", ["x"], ["a", "b"], {"axis": 1, "num_outputs": 2}), ("Sub", ["a", "b"], ["y"])], {})
CASES["split3"] = net([("Split", ["x", "s"], ["a", "y"], {"axis": 2})], {"s": ints(2, 4)})
