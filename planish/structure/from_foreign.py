"""A network of another library, in ONNX's words, as a chain of mirrored layers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from planish.convert.graphs.foreign_graph import ForeignGraph, Operation
from planish.errors import explain
from planish.layers.base.layer import Layer, Shape
from planish.structure import foreign_maps, foreign_rows  # noqa: F401
from planish.structure.blocks import Block, Combine, Part, added, as_chain, joined_along, multiplied
from planish.structure.foreign_site import MAKERS, Site
from planish.structure.mirrored_rows import Pointwise

_POINTWISE = frozenset(
    {"Abs", "Celu", "Ceil", "Clip", "Cos", "Dropout", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish"}
    | {"Identity", "LeakyRelu", "Log", "Mish", "Neg", "PRelu", "Reciprocal", "Relu", "Round", "Selu", "Shrink"}
    | {"Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Sqrt", "Tanh", "ThresholdedRelu"}
)
_COMBINED = frozenset(
    {"Add", "Div", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Max", "Mean", "Min", "Mul", "Pow"}
    | {"Sub", "Sum", "Where"}
)


def layers_of(graph: ForeignGraph) -> list[Layer]:
    """What the network does to one image [channels, height, width], step by step.

    Branches that meet again become one layer. ValueError for what cannot be followed, and for operators without a
    counterpart.
    """
    for what, names in (("input", [port.name for port in graph.inputs]), ("output", graph.outputs)):
        if len(names) != 1:
            raise _no_chain(graph, f"{len(names)} {what}s: " + ", ".join(map(repr, names)))
    if graph.outputs == (graph.inputs[0].name,):
        return []
    return as_chain(graph.inputs[0].name, [*_Mirror(graph).parts()], graph.outputs[0])


def _no_chain(graph: ForeignGraph, received: str) -> ValueError:
    return ValueError(
        explain(
            what=f"{graph.name} cannot be followed",
            rule=f"planish follows networks of {graph.library} with one input, one output, and layers in between",
            received=received,
            remedy="give the layers up to the Flatten as a Sequential",
        )
    )


class _Mirror:
    """Makes the parts of one graph."""

    def __init__(self, graph: ForeignGraph) -> None:
        self.graph = graph

    def parts(self) -> list[Part]:
        """A part for each call that the user knows, which may be several operators."""
        groups = itertools.groupby(self.graph.operations, lambda each: each.name or each.outputs[0])
        return [part for name, group in groups for part in self._call(name, [*group])]

    def _call(self, name: str, operations: list[Operation]) -> list[Part]:
        inner = {output for each in operations for output in each.outputs}
        outer = dict.fromkeys(value for each in operations for value in self._values(each) if value not in inner)
        last = operations[-1]
        kind = last.called or last.kind
        layer = self._whole(name, operations)
        if layer is None and len(operations) > 1 and len(outer) == 1 and len(last.outputs) == 1:
            start = next(iter(outer))
            layer = Block(kind, name, start=start, parts=[part for each in operations for part in self._single(each)])
        if layer is not None:
            return [Part(kind, last.outputs[0], tuple(outer), layer)]
        return [part for each in operations for part in self._single(each, name if each is last else None)]

    def _values(self, operation: Operation) -> list[str]:
        """Its inputs that depend on the image."""
        return [name for name in operation.inputs if name is not None and name not in self.graph.constants]

    def _whole(self, name: str, operations: list[Operation]) -> Layer | None:
        """Several operators that are one layer of their library."""
        first, *rest = operations
        kinds = [each.kind for each in operations]
        if kinds == ["MatMul", "Add"] and len(self._values(first)) == 1:
            return foreign_rows.product(Site(self.graph, first, name, first.called), bias=True)
        if rest and all(kind in _POINTWISE | _COMBINED for kind in kinds):
            outer = {value for each in operations for value in self._values(each)}
            outer -= {output for each in operations for output in each.outputs}
            return Pointwise(first.called, name) if len(outer) == 1 else None
        return None

    def _single(self, operation: Operation, name: str | None = None) -> list[Part]:
        kind, called = operation.called or operation.kind, name or operation.name or operation.outputs[0]
        values, site = self._values(operation), Site(self.graph, operation, called, kind)
        if operation.kind == "Split":
            return [
                Part(kind, output, tuple(values), foreign_rows.split(site, place))
                for place, output in enumerate(operation.outputs)
            ]
        combine = self._combination(operation, values)
        return [
            Part(kind, operation.outputs[0], tuple(values), None if combine else self._layer(site, values), combine)
        ]

    def _combination(self, operation: Operation, values: Sequence[str]) -> Combine | None:
        if operation.kind == "Concat":
            return joined_along(operation.settings["axis"])
        if operation.kind in ("MatMul", "Gemm") and len(values) > 1:
            return multiplied
        return added if operation.kind in _COMBINED and len(values) > 1 else None

    def _layer(self, site: Site, values: Sequence[str]) -> Layer:
        if site.kind in _POINTWISE or site.kind in _COMBINED:
            return Pointwise(site.called, site.name, weights=self._weights(site, values))
        maker = MAKERS.get(site.kind)
        if maker is None:
            raise site.unknown()
        return maker(site)

    def _weights(self, site: Site, values: Sequence[str]) -> list[Shape]:
        """Slopes, and factors that are trained."""
        if site.kind == "PRelu" and (slopes := site.shape(1)) is not None:
            return [(math.prod(slopes),)]
        shapes = [site.shape(place) for place in range(len(site.operation.inputs))]
        return [shape for shape in shapes if shape is not None] if site.setting("trained", 0) else []
