"""What tests of operations share: the recorded results, and calls whose arrays became nodes."""

import json
import math
from pathlib import Path

import numpy as np

from planish import ops, primitives
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.graph.verifier import verify
from planish.primitives.interpreter import interpret
from planish.primitives.registry import result_type
from tests.ops.case import is_array

FOLDER = Path(__file__).parent
_PACKED = np.load(FOLDER / "values.npz")
_ELEMENTS = {name: _PACKED[name] for name in _PACKED.files}
_INDEX = json.loads(str(_ELEMENTS["index"]))
DTYPES = json.loads((FOLDER / "dtypes.json").read_text(encoding="utf-8"))
IMAGES = 3


def recorded(case):
    """What Keras gives: a list of arrays."""
    if case.key in _INDEX:
        return [_value(case.key)]
    several = [key for key in _INDEX if key.rpartition(" ")[0] == case.key and key.rpartition(" ")[2].isdecimal()]
    return [_value(key) for key in several]


def _value(key):
    dtype, start, shape = _INDEX[key]
    return _ELEMENTS[dtype][start : start + math.prod(shape)].reshape(shape)


def function_named(name):
    found = ops
    for part in name.split("."):
        found = getattr(found, part)
    return found


def in_a_list(result):
    return [*result] if isinstance(result, tuple | list) else [result]


def made_of_nodes(case):
    """The nodes that the call makes, and the arrays that their leaves stand for."""
    kinds, bindings = iter(case.nodes), {}

    def leaf(value):
        if isinstance(value, list | tuple) and any(map(is_array, value)):
            return type(value)(map(leaf, value))
        kind = next(kinds) if is_array(value) else "-"
        if kind == "-":
            return value
        name = f"x{len(bindings)}"
        bindings[name] = value.astype(np.float32)
        return primitives.input_(name, value.shape[1:]) if kind == "b" else primitives.parameter(name, value.shape)

    arguments = [leaf(value) for value in case.arguments]
    settings = {name: leaf(value) for name, value in case.settings.items()}
    return in_a_list(function_named(case.name)(*arguments, **settings)), bindings


def graph_of(case):
    made, bindings = made_of_nodes(case)
    assert all(isinstance(node, Node) for node in made), case.key
    graph = Graph.build({f"y{place}": node for place, node in enumerate(made)})
    verify(graph, result_type)
    return graph, bindings


def interpreted(case):
    graph, bindings = graph_of(case)
    return [*interpret(graph, bindings, batch_size=IMAGES, dtype=np.float32).outputs.values()]
