"""Recorded traces of PyTorch's modules as objects that look like PyTorch's from outside."""

import json
import types
from pathlib import Path

import numpy as np

from planish.convert.torch_reading.tracing import Trace
from planish.convert.torch_reading.values import Extent, Measured

HERE = Path(__file__).parent
CASES = json.loads((HERE / "torch_traces.json").read_text(encoding="utf-8"))


def arrays():
    with np.load(HERE / "torch_arrays.npz") as held:
        return dict(held)


class Tensor:
    """A tensor with numbers."""

    dtype = "torch.float32"

    def __init__(self, array):
        self.array, self.shape = array, array.shape

    def detach(self):
        return self

    cpu = detach

    def numpy(self):
        return self.array


class Parameter(Tensor):
    """One that is trained."""


class Node:
    """A node of torch.fx."""

    def __init__(self, op, name, target):
        self.op, self.name, self.target = op, name, target
        self.args, self.kwargs = (), {}

    @property
    def all_input_nodes(self):
        return [each for each in leaves((self.args, self.kwargs)) if isinstance(each, Node)]


def leaves(item):
    if isinstance(item, dict):
        return leaves(list(item.values()))
    if isinstance(item, slice):
        return [item.start, item.stop, item.step]
    return [leaf for each in item for leaf in leaves(each)] if isinstance(item, (tuple, list)) else [item]


def decoded(item, nodes):
    if not isinstance(item, dict):
        return item
    ((kind, value),) = item.items()
    if kind in ("tuple", "list", "shape"):
        make = {"tuple": tuple, "list": list, "shape": Measured}[kind]
        return make(decoded(each, nodes) for each in value)
    if kind == "slice":
        return slice(*(decoded(each, nodes) for each in value))
    return {"node": nodes.get, "extent": lambda name: Extent[name], "ellipsis": lambda _: Ellipsis}.get(kind, str)(
        value
    )


def module(described, held, prefix):
    """A module of torch.nn with its settings and arrays."""
    kind = described["kind"]
    class_ = type(kind, (), {"__module__": f"torch.nn.modules.{kind.lower()}"})
    made = class_()
    for name, value in described["settings"].items():
        setattr(made, name, decoded(value, {}))
    for name in described["arrays"]:
        setattr(made, name, Tensor(held[f"{prefix}.{name}"]))
    for name in described["nothing"]:
        setattr(made, name, None)
    return made


def root(case, held):
    """The whole module, as far as its own tensors are asked for."""
    made = types.SimpleNamespace()
    for name in case["state"]:
        *path, last = name.split(".")
        home = made
        for part in path:
            if not hasattr(home, part):
                setattr(home, part, types.SimpleNamespace())
            home = getattr(home, part)
        kind = Tensor if last == "shift" else Parameter
        setattr(home, last, kind(held[f"{case['seed']}/{name}"]))
    return made


def trace(case, held):
    """The recorded trace."""
    nodes = {}
    measured = {}
    for each in case["nodes"]:
        function = each["op"] == "call_function"
        target = types.SimpleNamespace(__name__=each["target"]) if function else each["target"]
        node = nodes[each["name"]] = Node(each["op"], each["name"], target)
        node.args = decoded(each["args"], nodes)
        node.kwargs = {key: decoded(value, nodes) for key, value in each["kwargs"].items()}
        measured[node] = decoded(each["measured"], nodes)
    modules = {path: module(each, held, f"{case['seed']}/{path}") for path, each in case["modules"].items()}
    return Trace(types.SimpleNamespace(nodes=[*nodes.values()]), modules, measured)
