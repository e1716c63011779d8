"""Graphs with branches as chains: what lies between two points that every path passes becomes one layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from planish import primitives
from planish.graph.node import Node, layer_scope
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer
from planish.layers.base.weight_owner import WeightOwner
from planish.structure.mirrored import Mirrored
from planish.variable import Variable

Combine = Callable[[Sequence[Node]], Node]


@dataclass(frozen=True, slots=True)
class Part:
    """One step of a graph: a layer, or what combines several branches. `inputs` are names of parts before it."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    layer: Layer | None = None
    combine: Combine | None = None


def added(values: Sequence[Node]) -> Node:
    """Any operation number by number: it has the shape and the reach of a sum."""
    total = values[0]
    for value in values[1:]:
        total = primitives.add(total, value)
    return total


def joined_along(axis: int) -> Combine:
    """Concatenation along an axis that is counted with the batch axis."""

    def combine(values: Sequence[Node]) -> Node:
        rank = len(values[0].shape) + 1
        return primitives.concatenate(values, axis % rank - 1)

    return combine


def multiplied(values: Sequence[Node]) -> Node:
    """The matrix product of two values."""
    first, second = values
    return primitives.matmul(first, second)


class Block(Mirrored):
    """Parts that branch and meet again. `start` names what the block is given, the last part gives its result."""

    def __init__(self, kind: str, name: str, *, start: str, parts: Sequence[Part]) -> None:
        super().__init__(kind, name)
        self.start, self.parts = start, tuple(parts)
        formats = [getattr(part.layer, "data_format", None) for part in parts]
        if any(formats):
            self.data_format = next(each for each in formats if each is not None)

    @property
    def _right_inside(self) -> list[WeightOwner | Variable]:
        return [part.layer for part in self.parts if part.layer is not None]

    def call(self, x: Node, context: CallContext) -> Node:
        values = {self.start: x}
        for part in self.parts:
            given = [values[name] for name in part.inputs]
            if part.layer is not None:
                values[part.name] = part.layer.connect(given[0], context)
            elif part.combine is not None:
                with layer_scope(part.name):
                    values[part.name] = part.combine(given)
        return values[self.parts[-1].name]

    def unbuilt_copy(self) -> Block:
        other = super().unbuilt_copy()
        other.parts = tuple(
            part if part.layer is None else replace(part, layer=part.layer.unbuilt_copy()) for part in self.parts
        )
        return other


def as_chain(start: str, parts: Sequence[Part], result: str | None = None) -> list[Layer]:
    """The parts, each after those that it takes, as layers one after another. `start` names what the first one takes,
    `result` the part that is wanted; the last one if it is left out.

    Parts that it does not need are left out.
    """
    needed = _needed(parts, result)
    last_use = {name: place for place, part in enumerate(needed) for name in part.inputs}
    chain: list[Layer] = []
    block: list[Part] = []
    before = [start]
    for place, part in enumerate(needed):
        block.append(part)
        if all(last_use[name] <= place for name in before):  # every path to what follows passes this part
            chain.append(_layer(before[0], block))
            before, block = [part.name], []
        else:
            before.append(part.name)
    return chain


def _needed(parts: Sequence[Part], result: str | None) -> list[Part]:
    wanted = {parts[-1].name if result is None else result} if parts else set()
    found = []
    for part in reversed(parts):
        if part.name in wanted:
            found.append(part)
            wanted.update(part.inputs)
    return found[::-1]


def _layer(start: str, parts: list[Part]) -> Layer:
    last = parts[-1]
    if len(parts) == 1 and last.layer is not None:
        return last.layer
    return Block(f"{last.kind} block", last.name, start=start, parts=parts)
