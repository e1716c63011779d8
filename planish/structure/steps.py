"""A model layer by layer: shapes, the arithmetic between them, and what each layer costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planish import primitives
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.layers import Layer
from planish.layers.base.context import CallContext
from planish.models import Sequential
from planish.primitives.registry import multiply_adds
from planish.structure import arithmetic
from planish_runtime.memory import FLOAT_NBYTES

Shape = tuple[int, ...]

_VIEWS = frozenset({"reshape"})


@dataclass(frozen=True, slots=True)
class Step:
    """What one layer makes of one image. Shapes are without the batch axis.

    `multiply_adds` counts the products of kernels with one image; `activation_nbytes` is the memory of the layer's
    output for one image as float32, 0 where the output is the input in another shape, as for Flatten. Branches that
    meet again are one step, which counts the outputs of all layers in it.
    """

    name: str
    kind: str
    input_shape: Shape
    output_shape: Shape
    arithmetic: str
    parameters: int
    multiply_adds: int
    activation_nbytes: int

    @property
    def label(self) -> str:
        """The layer as its user knows it: "Conv2D 'conv2d'"."""
        return f"{self.kind} '{self.name}'"

    def __str__(self) -> str:
        return f"{self.label} {self.output_shape}"


def steps_of(model: Sequential) -> tuple[Step, ...]:
    """The steps of a built model without models inside it."""
    image = model.input_shape[1:]
    x = primitives.input_("x", [extent for extent in image if extent is not None])
    found = []
    for layer in model.layers:
        y = layer.connect(x, CallContext())
        found.append(_step(layer, x, y))
        x = y
    return tuple(found)


def _step(layer: Layer, x: Node, y: Node) -> Step:
    before = set(topological([x]))
    nodes = [node for node in topological([y]) if node not in before]
    told = getattr(layer, "arithmetic", None)
    own = told(x.shape) if told else ""
    return Step(
        layer.name,
        getattr(layer, "kind", type(layer).__name__),
        x.shape,
        y.shape,
        own or arithmetic.spelled_out(nodes, same=getattr(layer, "padding", None) == "same"),
        layer.count_params() if layer.weights else 0,
        multiply_adds(nodes),
        _activation_nbytes(nodes),
    )


def _activation_nbytes(nodes: Sequence[Node]) -> int:
    """The last value that each layer among the owners of the nodes makes, unless it makes nothing but views."""
    owned: dict[tuple[str, ...], list[Node]] = {}
    for node in nodes:
        if node.batched:
            owned.setdefault(node.layers, []).append(node)
    computing = [each for each in owned.values() if any(node.op not in _VIEWS for node in each)]
    return sum(each[-1].type.size for each in computing) * FLOAT_NBYTES


def chain(input_shape: Shape, steps: Sequence[Step]) -> str:
    """The chain of shapes on one line."""
    return " -> ".join([str(input_shape), *map(str, steps)])
