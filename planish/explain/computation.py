"""The model's graph as the page carries it, so that its script can compute what the layers give for another image.

The page draws, switches filters off and shows arithmetic with this. `templates/computing.js` has the operations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import standalone
from planish.explain.encoding import Array, numbers
from planish.graph.graph import Graph, topological
from planish.graph.node import Node
from planish.graph.settings import name_of
from planish.primitives.registry import Environment, multiply_adds, op_named

if TYPE_CHECKING:
    from planish.models.model import Model

MOST_WEIGHTS = 450_000
"""Longer than that, the weights alone would take more than 2.4 MB of the page."""
MOST_MULTIPLY_ADDS = 40_000_000
"""A script computes some hundred million in a second, and an answer should not be waited for."""
MOST_NUMBERS = 4_000_000
"""Of all values together."""

OPERATIONS = frozenset(
    [
        *("reshape", "transpose", "broadcast_to", "pad2d", "crop2d", "concatenate", "conv2d", "max_pool2d"),
        *("average_pool2d", "dense", "softmax", "reduce_sum", "reduce_mean", "reduce_max"),
        *("relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "negative", "absolute", "square", "sqrt"),
        *("rsqrt", "reciprocal", "exp", "log", "erf", "add", "subtract", "multiply", "divide", "maximum", "minimum"),
    ]
)
"""What `computing.js` can compute. A test holds both to each other."""

_SETTINGS = frozenset(
    ("strides", "padding", "dilation", "groups", "window", "axes", "permutation", "value", "cropping", "axis", "alpha")
)


@dataclass(frozen=True, eq=False)
class Computation:
    """`nodes` are those that the page can compute, in order, the image first; `constants` are weights, and what is
    computed from weights alone, [elements of a shape]."""

    nodes: dict[Node, int]
    constants: dict[Node, Array]

    def number(self, node: Node) -> int | None:
        """The number of a node on the page; None if the page cannot compute it."""
        return self.nodes.get(node)

    def has(self, *nodes: Node) -> bool:
        return all(node in self.nodes for node in nodes)

    @property
    def data(self) -> dict[str, Any]:
        """As JSON has it: operands are numbers of nodes, or -1 for the first of the constants, and so on."""
        operands = self.nodes | {node: -1 - place for place, node in enumerate(self.constants)}
        return {
            "nodes": [
                {"op": node.op, "shape": node.shape, "inputs": [operands[x] for x in node.inputs], **_settings(node)}
                for node in self.nodes
            ],
            "constants": [
                {"shape": node.shape, "values": numbers(value, "<f4")} for node, value in self.constants.items()
            ],
        }


def computation(model: Model, image: Node, wanted: Sequence[Node]) -> Computation:
    """As much of what `wanted` needs as a page can compute of `image`: known operations, in bounds."""
    order = topological(wanted)
    weights = _values_without_image(model, wanted)
    taken, room = Computation({image: 0}, {}), _Room()
    for node in order:
        needed = {x: weights[x] for x in node.inputs if x in weights}
        new = {x: value for x, value in needed.items() if x not in taken.constants}
        rest = [x for x in node.inputs if x not in needed]
        if node.batched and _known(node) and taken.has(*rest) and room.takes(node, new):
            taken.nodes[node] = len(taken.nodes)
            taken.constants.update(new)
    return taken


class _Room:
    """What is left of a page's bounds."""

    def __init__(self) -> None:
        self._weights, self._products, self._numbers = MOST_WEIGHTS, MOST_MULTIPLY_ADDS, MOST_NUMBERS

    def takes(self, node: Node, constants: Mapping[Node, Array]) -> bool:
        """Whether there is room for a node and its constants; they take it then."""
        weights = self._weights - sum(value.size for value in constants.values())
        products, elements = self._products - multiply_adds([node]), self._numbers - node.type.size
        if min(weights, products, elements) < 0:
            return False
        self._weights, self._products, self._numbers = weights, products, elements
        return True


def _known(node: Node) -> bool:
    settings = dict(node.settings.items())
    finite = all(math.isfinite(value) for value in settings.values() if isinstance(value, float))
    return node.op in OPERATIONS and finite


def _values_without_image(model: Model, wanted: Sequence[Node]) -> Mapping[Node, Array]:
    """The weights and constants, and what is computed from them alone."""
    graph = Graph.build({str(place): node for place, node in enumerate(wanted)})
    bindings = {variable.path: np.asarray(variable.value) for variable in standalone.bound(model.weights, graph)}
    environment = Environment(1, np.dtype(np.float32), bindings)
    values: dict[Node, Array] = {}
    with np.errstate(all="ignore"):
        for node in topological(wanted):
            if not node.batched and all(x in values for x in node.inputs) and _bound(node, bindings):
                values[node] = op_named(node.op).reference([values[x] for x in node.inputs], node, environment)
    return values


def _bound(node: Node, bindings: Mapping[str, Array]) -> bool:
    return node.op not in ("parameter", "scalar") or name_of(node) in bindings


def _settings(node: Node) -> dict[str, Any]:
    return {name: value for name, value in node.settings.items() if name in _SETTINGS}
