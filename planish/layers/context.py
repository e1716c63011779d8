"""What a layer may ask for while it is traced, and what it may leave behind besides its output."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planish import ops
from planish.graph.node import Node
from planish.variable import Variable

if TYPE_CHECKING:
    from planish.layers.layer import Layer


@dataclass(frozen=True, slots=True)
class Visit:
    """A layer that was traced, with what it was given and what it gave."""

    layer: Layer
    x: Node
    y: Node


class CallContext:
    """One trace of a model, for training or for inference.

    `updates` holds new values of variables, in the order in which layers gave them; `losses` holds penalties (unbatched
    scalars); `visits` holds the layers, each after those inside it.
    """

    def __init__(self, training: bool = False) -> None:
        self.training = training
        self.updates: dict[Variable, Node] = {}
        self.losses: list[Node] = []
        self.visits: list[Visit] = []
        self._scalars: dict[str, Node] = {}
        self._streams = itertools.count()

    @property
    def seed(self) -> Node:
        """The step's random seed: a scalar of type i32, in the graph only if a layer asks for it."""
        return self._scalar("seed")

    @property
    def iteration(self) -> Node:
        """The number of steps before this one: a scalar of type i32, for layers with a seed of their own."""
        return self._scalar("iteration")

    def _scalar(self, name: str) -> Node:
        if name not in self._scalars:
            self._scalars[name] = ops.scalar(name, "i32")
        return self._scalars[name]

    def stream(self) -> int:
        """A number that no other layer of this trace has: which random sequence of the seed to draw from."""
        return next(self._streams)

    def update(self, variable: Variable, value: Node) -> None:
        """At the end of the step, the variable becomes `value` (a node of the variable's shape)."""
        self.updates[variable] = value

    def add_loss(self, penalty: Node) -> None:
        """Adds an unbatched scalar to the loss."""
        self.losses.append(penalty)
