"""A concatenation that begins or ends with everything that another one joins takes that one as an operand.

concat([a, b]) beside concat([a, b, c]), as lists of maps that grow by one in every layer make them, become one value in
another: concat([concat([a, b]), c]). Every operand is then in one whole only, and can be written where that will be
(`codegen/planning/layouts.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.primitives.axes import AxisSettings
from planish.primitives.concatenate import concatenate

FEWEST = 2  # operands of a concatenation that another one can take

_Joined = tuple[Node, ...]


def nest_concatenations(graph: Graph) -> Graph:
    nesting = _Nesting(graph)
    return graph.rewrite_knowing(nesting.nested, only=("concatenate",)) if nesting.pays else graph


class _Nesting:
    """`found` are the graph's concatenations by axis and operands; `made` are those that stand for them."""

    def __init__(self, graph: Graph) -> None:
        self.found = {_key(node): node for node in graph.nodes if node.op == "concatenate"}
        self.made: dict[tuple[int, _Joined], Node] = {}
        self.lengths: dict[int, list[int]] = {}
        for axis in {axis for axis, _ in self.found}:
            lengths = {len(joined) for along, joined in self.found if along == axis and len(joined) >= FEWEST}
            self.lengths[axis] = sorted(lengths, reverse=True)

    @property
    def pays(self) -> bool:
        return any(self._inner(axis, joined) is not None for axis, joined in self.found)

    def nested(self, original: Node, node: Node) -> Node | None:
        axis, joined = _key(original)
        new = dict(zip(joined, node.inputs, strict=True))
        chain = list(self._chain(axis, joined))
        for inner, outer in zip([None, *chain], chain, strict=False):
            if (axis, outer) not in self.made:
                self.made[axis, outer] = self._made(axis, outer, inner, new)
        return self.made[axis, joined]

    def _chain(self, axis: int, joined: _Joined) -> Iterator[_Joined]:
        """What is joined from the innermost concatenation to this one."""
        chain = [joined]
        while (inner := self._inner(axis, chain[-1])) is not None:
            chain.append(inner)
        return reversed(chain)

    def _inner(self, axis: int, joined: _Joined) -> _Joined | None:
        """What the longest concatenation joins that this one begins or ends with."""
        for length in self.lengths[axis]:
            if length < len(joined):
                for part in (joined[:length], joined[-length:]):
                    if (axis, part) in self.found:
                        return part
        return None

    def _made(self, axis: int, joined: _Joined, inner: _Joined | None, new: Mapping[Node, Node]) -> Node:
        operands = [new[source] for source in joined]
        if inner is not None:
            place = 0 if joined[: len(inner)] == inner else len(joined) - len(inner)
            operands[place : place + len(inner)] = [self.made[axis, inner]]
        return replace(concatenate(operands, axis), layers=self.found[axis, joined].layers)


def _key(node: Node) -> tuple[int, _Joined]:
    return AxisSettings.of(node).axis, node.inputs
