"""What a layer may ask for while it is traced, and what it may leave behind besides its output."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planish import primitives, structures
from planish.errors import explain
from planish.graph.ambient import Ambient
from planish.graph.node import Node
from planish.variable import Assignments, Variable, given_in_trace

if TYPE_CHECKING:
    from planish.layers.base.layer import Layer
    from planish.layers.preprocessing.warping import Warp


MOST_VISITS = 20_000


@dataclass(frozen=True, slots=True)
class Visit:
    """A layer that was traced, with its input and its output (nodes, or structures of them), and whether it is part of
    another layer."""

    layer: Layer
    x: Any
    y: Any
    in_layer: bool = False

    @property
    def inputs(self) -> list[Node]:
        """The nodes that the layer took, in order."""
        return [leaf for leaf in structures.leaves(self.x) if isinstance(leaf, Node)]

    @property
    def outputs(self) -> list[Node]:
        """The nodes that the layer gave, in order."""
        return structures.leaves(self.y)


class CallContext:
    """One trace of a model, for training or for inference.

    `updates` holds new values of variables, in the order in which layers gave them; `losses` holds penalties (unbatched
    scalars); `visits` holds the layers, each after those inside it. `training` may be None: nobody has said whether the
    layers are trained, so that each behaves as the defaults of its `call` say. `sets_variables`: whether `update`
    sets variables without training, too. `builds` is the layer whose parts are made by the trace: it may make more.
    `shared`: several processes share each batch; `own_sums` are the sums that are meant to be over the images of this
    one alone. `warps` holds, for what a layer gave that moves pixels, where they come from, so that the next one can
    start there.
    """

    def __init__(
        self,
        training: bool | None = False,
        *,
        sets_variables: bool = False,
        builds: Layer | None = None,
        shared: bool = False,
    ) -> None:
        self.training = bool(training)
        self._sets_variables = self.training or sets_variables
        self.told = training is not None
        self.builds = builds
        self.shared = shared
        self.own_sums: set[Node] = set()
        self.updates = Assignments()
        self.losses: list[Node] = []
        self.visits: list[Visit] = []
        self.warps: dict[Node, Warp] = {}
        self.loss_of: object = None
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

    def own_sum(self, x: Node, axes: Sequence[int]) -> Node:
        """The sum over the batch, or over this process's share of it."""
        found = primitives.batch_sum(x, axes)
        self.own_sums.add(found)
        return found

    def _scalar(self, name: str) -> Node:
        if name not in self._scalars:
            self._scalars[name] = primitives.scalar(name, "i32")
        return self._scalars[name]

    def stream(self) -> int:
        """A number that no other layer of this trace has: it selects the random sequence of the seed to draw from."""
        return next(self._streams)

    def update(self, variable: Variable, value: Node) -> None:
        """Sets the variable to `value` (a node of the variable's shape) at the end of the step.

        Layers that are traced after this one find it as the variable's `node`. At inference nothing is set, as in
        Keras, not even by a part of a model that behaves as in training.
        """
        if self._sets_variables:
            self.updates.give(variable, value)

    def visit(self, layer: Layer, arguments: Sequence[Any], y: Any, in_layer: bool) -> None:
        """Notes that a layer was traced, with the arguments of its call and what it gave. ValueError if it is one too
        many: models that call models twice, and these others twice, are small to write, and double at each level."""
        if len(self.visits) == MOST_VISITS:
            raise ValueError(
                explain(
                    layer=layer.label,
                    what="the model calls layers too often to be compiled",
                    rule="a layer, or a model inside, is compiled anew for each of its calls",
                    expected=f"at most {MOST_VISITS:,} calls",
                    received="more",
                    remedy="call a model inside once, and use what it gave several times: y = inner(x); y + y",
                )
            )
        taken = [each for each in arguments if any(isinstance(leaf, Node) for leaf in structures.leaves(each))]
        self.visits.append(Visit(layer, taken[0] if len(taken) == 1 else taken, y, in_layer))

    def add_loss(self, penalty: Node) -> None:
        """Adds a value to the loss: the sum of its elements, those of all images included, as in Keras."""
        total = primitives.reduce_sum(penalty, range(len(penalty.shape))) if penalty.shape else penalty
        self.losses.append(primitives.batch_sum(total) if total.batched else total)

    def ambient(self) -> AbstractContextManager[None]:
        """Layers that are called on nodes inside this context take part in this trace."""
        return nullcontext() if _ambient.get() is self else self._opened()

    @contextmanager
    def _opened(self) -> Iterator[None]:
        with Ambient(_ambient, self), Ambient(given_in_trace, self.updates):
            yield

    @classmethod
    def is_open(cls) -> bool:
        """Whether a trace is going on: a layer's `call` is running."""
        return _ambient.get() is not None

    @classmethod
    def current(cls, training: bool | None = None) -> CallContext:
        """The current trace, or a new one; `training` says how a part of it behaves, if not like the rest."""
        found = _ambient.get()
        return cls(training) if found is None else found.behaving(training)

    def behaving(self, training: bool | None) -> CallContext:
        """This trace for a part of it that behaves as in training or as at inference; None: like the rest."""
        if training is None or (self.told and bool(training) == self.training):
            return self
        return self._part(training)

    def untold(self) -> CallContext:
        """This trace for a part of it that is not told whether it is trained."""
        return self._part(None) if self.told else self

    def _part(self, training: bool | None) -> CallContext:
        part = copy.copy(self)
        part.training, part.told = bool(training), training is not None
        return part


_ambient: ContextVar[CallContext | None] = ContextVar("ambient", default=None)
