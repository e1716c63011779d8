"""Chains of element-wise operations become one node, and join the operation that produces their value where its kernel
has room for a tail.

A node joins the one that reads it if nothing outside of the chain reads it and both have one type, or if it is a scalar
without a batch axis (computing that again costs nothing). So x * sigmoid(x) is one chain, and a convolution that only
this reads has it as its tail. What remains is one `elementwise` node a chain, or a `fused` node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Literal

from planish.graph.graph import Graph
from planish.graph.node import Node, found_or
from planish.graph.settings import NO_SETTINGS, Settings
from planish.primitives.axes import AxesSettings
from planish.primitives.expression import Expression, Instruction, operand_kind, summed_kind
from planish.primitives.reduce import ReduceSettings
from planish.primitives.registry import op_named
from planish.primitives.rewritten.batch_sum_of import batch_sum_of
from planish.primitives.rewritten.elementwise import ElementwiseSettings, as_elementwise
from planish.primitives.rewritten.fused import FusedSettings, base_of
from planish.primitives.rewritten.reduce_sum_of import reduce_sum_of

MOST_OPERANDS = 10
MOST_STEPS = 60


def fuse_elementwise(graph: Graph) -> Graph:
    known = _Known(graph)

    def fused(original: Node, node: Node) -> Node | None:
        result, inside = node, {original}
        if op_named(node.op).elementwise:
            result = _join_operands(node, inside, known)
            result = found_or(_join_producer(result, inside, known), result)
        elif node.op in ("batch_sum", "reduce_sum"):
            result = found_or(_join_summed(node, inside, known), node)
        known.keep(original, result, inside)
        return result

    return graph.rewrite_knowing(fused)


class _Known:
    """Of rewritten nodes: the nodes of the graph that they stand for, and all that they compute."""

    def __init__(self, graph: Graph) -> None:
        self._users = {node: set(users) for node, users in graph.users().items()}  # of some, hundreds
        self._roots = set(graph.roots)
        self._originals: dict[Node, set[Node]] = {}
        self._inside: dict[Node, set[Node]] = {}

    def keep(self, original: Node, result: Node, inside: set[Node]) -> None:
        self._originals.setdefault(result, set()).add(original)
        self._inside.setdefault(result, set()).update(inside)

    def inside(self, node: Node) -> set[Node]:
        return self._inside[node]

    def only_read_by(self, node: Node, readers: set[Node]) -> bool:
        """Whether a rewritten node is not a result of the graph, and nothing but these nodes of the graph reads it."""
        originals = self._originals[node]
        return originals.isdisjoint(self._roots) and all(readers.issuperset(self._users[each]) for each in originals)


# Where a value is while the number of operands is not known yet: the n-th operand, or the n-th instruction's result.
_Place = tuple[Literal["operand", "result"], int]


class _Chain:
    """An expression under construction, with the nodes that are its operands."""

    def __init__(self) -> None:
        self.operands: list[Node] = []
        self.instructions: list[tuple[str, tuple[_Place, ...], Settings]] = []

    def operand(self, node: Node) -> _Place:
        if node not in self.operands:
            self.operands.append(node)
        return "operand", self.operands.index(node)

    def instruction(self, op: str, arguments: tuple[_Place, ...], settings: Settings) -> _Place:
        self.instructions.append((op, arguments, settings))
        return "result", len(self.instructions) - 1

    def expression(self) -> Expression:
        count = len(self.operands)
        number = {"operand": 0, "result": count}
        instructions = tuple(
            Instruction(op, tuple(number[kind] + place for kind, place in arguments), settings)
            for op, arguments, settings in self.instructions
        )
        return Expression(count, instructions)


def _absorb(chain: _Chain, node: Node, places: Sequence[_Place]) -> _Place:
    """Adds a whole element-wise node to the chain, its operands being at `places`; gives where its result is."""
    if node.op != "elementwise":
        return chain.instruction(node.op, tuple(places), node.settings)
    registers = [*places]
    for each in ElementwiseSettings.of(node).expression.instructions:
        registers.append(chain.instruction(each.op, tuple(registers[place] for place in each.operands), each.settings))
    return registers[-1]


def _argument(chain: _Chain, source: Node) -> _Place:
    if source.op == "constant":
        return chain.instruction("constant", (), source.settings)
    return chain.operand(source)


def _join_operands(node: Node, inside: set[Node], known: _Known) -> Node:
    """The node with the element-wise nodes before it that join it; what these compute is `inside`, too."""
    joining = _joining(node, inside, known)
    if not joining and node.settings is NO_SETTINGS and not any(source.op == "constant" for source in node.inputs):
        operands = [*dict.fromkeys(node.inputs)]
        return as_elementwise(node, operands, _single(node.op, tuple(map(operands.index, node.inputs))), node.layers)
    chain = _Chain()
    layers: list[str] = []
    found: dict[Node, _Place] = {}

    def place_of(source: Node) -> _Place:
        if source not in joining:
            return _argument(chain, source)
        if source not in found:
            found[source] = _absorb(chain, source, [place_of(each) for each in source.inputs])
            layers.extend(source.layers)
        return found[source]

    chain.instruction(node.op, tuple(place_of(source) for source in node.inputs), node.settings)
    return as_elementwise(node, chain.operands, chain.expression(), tuple(dict.fromkeys((*layers, *node.layers))))


@cache
def _single(op: str, places: tuple[int, ...]) -> Expression:
    """One operation on operands, of which some may be the same."""
    return Expression(1 + max(places, default=-1), (Instruction(op, places),))


def _joining(node: Node, inside: set[Node], known: _Known) -> set[Node]:
    """The element-wise nodes that join `node`: one that several of them read joins after the last of these."""
    joining: set[Node] = set()
    operands = dict.fromkeys(node.inputs)
    while True:
        for source in operands:
            if not _joins(source, node, inside, known):
                continue
            more = dict.fromkeys((*(each for each in operands if each is not source), *source.inputs))
            if _fit(more):
                break
        else:
            return joining
        joining.add(source)
        operands = more
        if known.only_read_by(source, inside):
            inside |= known.inside(source)


def _fit(operands: Iterable[Node]) -> bool:
    return sum(operand.op != "constant" for operand in operands) <= MOST_OPERANDS


def _joins(source: Node, node: Node, inside: set[Node], known: _Known) -> bool:
    if source.op != "elementwise" or len(ElementwiseSettings.of(source).expression.instructions) > MOST_STEPS:
        return False
    scalar = source.shape == () and not source.batched
    return scalar or (source.type == node.type and known.only_read_by(source, inside))


def _join_producer(node: Node, inside: set[Node], known: _Known) -> Node | None:
    """`node` as the tail of the operation that computes one of its operands."""
    for producer in node.inputs:
        if not op_named(base_of(producer)).tail or producer.type != node.type:
            continue
        extra = [operand for operand in node.inputs if operand is not producer]
        if len(extra) + len(producer.inputs) > MOST_OPERANDS or any(
            operand_kind(operand.type, node.type) is None for operand in extra
        ):
            continue
        if not known.only_read_by(producer, inside):
            continue
        inside |= known.inside(producer)
        tail = _moved_to_front(ElementwiseSettings.of(node).expression, node.inputs.index(producer))
        inputs, settings = _with_tail(producer, tail, extra)
        return Node("fused", inputs, node.type, settings, tuple(dict.fromkeys((*producer.layers, *node.layers))))
    return None


def _join_summed(node: Node, inside: set[Node], known: _Known) -> Node | None:
    """A sum of a value that nothing else reads, without writing that value."""
    (summed,) = node.inputs
    axes = AxesSettings.of(node).axes
    keepdims = node.op == "reduce_sum" and ReduceSettings.of(node).keepdims
    kept = bool(summed.shape) and len(summed.shape) - 1 not in axes
    if summed.op != "elementwise" or not kept or keepdims or not known.only_read_by(summed, inside):
        return None
    kinds = [summed_kind(node.op, operand.type, summed.type) for operand in summed.inputs]
    if None in kinds or "full" not in kinds:
        return None
    sum_of = batch_sum_of if node.op == "batch_sum" else reduce_sum_of
    result = sum_of(summed.inputs, ElementwiseSettings.of(summed).expression, axes)
    return replace(result, layers=tuple(dict.fromkeys((*summed.layers, *node.layers))))


def _with_tail(producer: Node, tail: Expression, extra: list[Node]) -> tuple[tuple[Node, ...], FusedSettings]:
    """What a `fused` node reads and does that computes `producer`, then `tail`, which reads `extra`, too."""
    if producer.op == "fused":
        return _extended(producer, tail, extra)
    own = FusedSettings(base=producer.op, settings=producer.settings, arity=len(producer.inputs), expression=tail)
    return (*producer.inputs, *extra), own


def _extended(producer: Node, tail: Expression, extra: list[Node]) -> tuple[tuple[Node, ...], FusedSettings]:
    """The expression of a `fused` node goes on with `tail`."""
    settings = FusedSettings.of(producer)
    first = settings.expression
    count = first.inputs + len(extra)
    # Registers of the whole: the first expression's operands, the extra ones, the first's instructions, the tail's.
    own = [*range(first.inputs), *range(count, count + len(first.instructions))]
    instructions = [
        Instruction(each.op, tuple(own[place] for place in each.operands), each.settings) for each in first.instructions
    ]
    places = [own[-1], *range(first.inputs, count)]
    for each in tail.instructions:
        instructions.append(Instruction(each.op, tuple(places[place] for place in each.operands), each.settings))
        places.append(count + len(instructions) - 1)
    return (*producer.inputs, *extra), settings.changed(expression=Expression(count, tuple(instructions)))


def _moved_to_front(expression: Expression, position: int) -> Expression:
    """The same expression with the operand at `position` as register 0, the others after it in their order."""
    order = [position, *(place for place in range(expression.inputs) if place != position)]
    renamed = {place: order.index(place) for place in range(expression.inputs)}
    instructions = tuple(
        Instruction(each.op, tuple(renamed.get(place, place) for place in each.operands), each.settings)
        for each in expression.instructions
    )
    return Expression(expression.inputs, instructions)
