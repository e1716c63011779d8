"""What a primitive is: one record says everything about it, in the file that has its name.

    register(Primitive(name="conv2d", settings=Conv2DSettings, infer=..., reference=..., gradient=..., ...))

Every field is stated. What a primitive does not have is `Without` the reason, which is what an error tells the user who
needs it. Primitives that only rewritings make are in `rewritten/`; they are imported when they are first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from planish.graph.frozen import Frozen
from planish.graph.node import Node, TensorType, current_layers
from planish.graph.settings import NO_SETTINGS, Settings
from planish.primitives.regions import Region

Array = NDArray[Any]
S = TypeVar("S", bound=Settings)


@dataclass(frozen=True, slots=True)
class Environment:
    """What a reference may need besides its inputs: the images in the batch, and the precision to compute in."""

    batch_size: int
    dtype: np.dtype[Any]
    bindings: dict[str, Array]


class Without(Frozen):
    """A primitive does not have this, and why: the reason goes on after "it"."""

    reason: str


Reference = Callable[[Sequence[Array], Node, Environment], Array]
Gradient = Callable[[Node, Node], "Sequence[Node | None]"]
Reach = Callable[[Node, Region], "Iterator[tuple[Node, Region]]"]
Linear = Callable[[Sequence[bool]], bool]
MultiplyAdds = Callable[[Node], int]


class Primitive(Frozen, Generic[S]):
    """All that planish knows about an operation, but for its kernel.

    `infer(operand types, settings)` is the type of the result; ValueError for operands that do not fit.

    `reference(arrays, node, environment)` is its plain NumPy meaning; batched arrays have the batch axis first.

    `gradient(node, g)` gives, for each input of `node`, the node that computes its gradient from `g`, the gradient of
    the result (same type as the result); None where no gradient flows. A gradient has its input's full type: summed
    over the axes, and over the batch, along which the input was broadcast.

    `reach(node, region)` gives regions of operands: what a region of the result depends on, for some weights. Positions
    outside an operand stand for padding.

    `linear(operands)` says whether the result is linear (plus a constant) in some x, if the operands marked are.

    `tail`: whether its kernel applies an expression to each element of its result before it is stored.

    `monotone`: whether it never decreases in its one operand and maps it element by element; or says so of settings.
    A max-pool can move in front of it.

    `elementwise`: whether each element of the result comes from those at its place in the operands, with broadcasting.

    `multiply_adds(node)` counts the products of weights with one image, each with an addition, padding included.
    """

    name: str
    settings: type[S]
    infer: Callable[[Sequence[TensorType], S], TensorType]
    reference: Reference
    gradient: Gradient | Without
    reach: Reach | Without
    linear: Linear | Without
    tail: bool
    monotone: bool | Callable[[S], bool]
    elementwise: bool
    multiply_adds: MultiplyAdds | Without

    def is_monotone(self, settings: S) -> bool:
        return self.monotone if isinstance(self.monotone, bool) else self.monotone(settings)


NO_PRODUCTS = Without(reason="has no weights that it multiplies by")
NOT_LINEAR = Without(reason="is not linear in any operand")
NO_SECOND_GRADIENT = Without(reason="is a gradient itself, and second derivatives are not taken")
ONLY_IN_GRADIENTS = Without(reason="is part of a gradient, which has no receptive field")
REWRITTEN = Without(reason="is made by rewritings, after gradients and receptive fields were taken")

_PRIMITIVES: dict[str, Primitive[Any]] = {}


def register(primitive: Primitive[S]) -> Primitive[S]:
    """Registers a primitive once. ValueError if another one has its name."""
    if primitive.name in _PRIMITIVES:
        raise ValueError(f"operation {primitive.name!r} is registered twice")
    _PRIMITIVES[primitive.name] = primitive
    return primitive


def register_gradient(
    name: str, settings: type[S], infer: Callable[[Sequence[TensorType], S], TensorType], reference: Reference
) -> Primitive[S]:
    """A primitive that only the gradients of others have."""
    return register(
        Primitive(
            name=name,
            settings=settings,
            infer=infer,
            reference=reference,
            gradient=NO_SECOND_GRADIENT,
            reach=ONLY_IN_GRADIENTS,
            linear=NOT_LINEAR,
            tail=False,
            monotone=False,
            elementwise=False,
            multiply_adds=ONLY_IN_GRADIENTS,
        )
    )


def register_rewritten(
    name: str,
    settings: type[S],
    infer: Callable[[Sequence[TensorType], S], TensorType],
    reference: Reference,
    *,
    tail: bool = False,
) -> Primitive[S]:
    """A primitive that only passes and the lowering make."""
    return register(
        Primitive(
            name=name,
            settings=settings,
            infer=infer,
            reference=reference,
            gradient=REWRITTEN,
            reach=REWRITTEN,
            linear=REWRITTEN,
            tail=tail,
            monotone=False,
            elementwise=False,
            multiply_adds=REWRITTEN,
        )
    )


def multiply_adds(nodes: Iterable[Node]) -> int:
    """Multiplications (each with an addition) of kernels with one image, padding included; those of gradients are not
    counted."""
    rules = ((node, op_named(node.op).multiply_adds) for node in nodes)
    return sum(rule(node) for node, rule in rules if not isinstance(rule, Without))


def registered() -> frozenset[str]:
    """The names of all primitives that have been imported."""
    return frozenset(_PRIMITIVES)


def op_named(name: str) -> Primitive[Any]:
    """KeyError if there is no such primitive."""
    if name not in _PRIMITIVES:
        _import_rewritten(name)
    return _PRIMITIVES[name]


def _import_rewritten(name: str) -> None:
    module = f"planish.primitives.rewritten.{name}"
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise


def result_type(name: str, inputs: Sequence[TensorType], settings: Settings) -> TensorType:
    """The type of an operation's result. TypeError for settings of another operation, ValueError for other operands."""
    primitive = op_named(name)
    if not isinstance(settings, primitive.settings):
        raise TypeError(f"{name!r} takes {primitive.settings.__name__}, not {type(settings).__name__}")
    return primitive.infer(inputs, settings)


def make(name: str, inputs: Sequence[Node], settings: Settings = NO_SETTINGS) -> Node:
    """A node of the operation, its type inferred, owned by the layer in whose scope it is made."""
    type_ = result_type(name, [node.type for node in inputs], settings)
    return Node(name, tuple(inputs), type_, settings, current_layers())
