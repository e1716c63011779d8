"""What an operation is.

A shape rule, a plain NumPy meaning, a gradient rule. One file per operation registers itself here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.graph.node import Attributes, Node, TensorType, current_layers

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Environment:
    """What a reference may need besides its inputs: the images in the batch, and the precision to compute in."""

    batch_size: int
    dtype: np.dtype[Any]
    bindings: dict[str, Array]


Infer = Callable[[Sequence[TensorType], Attributes], TensorType]
Reference = Callable[[Sequence[Array], Node, Environment], Array]
Gradient = Callable[[Node, Node], "Sequence[Node | None]"]


@dataclass(frozen=True, slots=True)
class Op:
    """`reference(arrays, node, environment)` has the batch axis first in batched arrays.

    `grad(node, g)` gives, for each input of `node`, the node that computes its gradient from `g`, the gradient of the
    result (same type as the result); None where no gradient flows. A gradient has its input's full type: summed over
    the axes, and over the batch, along which the input was broadcast.
    """

    name: str
    infer: Infer
    reference: Reference
    grad: Gradient | None
    elementwise: bool = False
    monotone: bool = False


_OPS: dict[str, Op] = {}


def register(
    name: str,
    infer: Infer,
    reference: Reference,
    grad: Gradient | None,
    *,
    elementwise: bool = False,
    monotone: bool = False,
) -> Op:
    """Registers an operation once; `monotone` (non-decreasing in its one input) lets a max-pool move in front of it."""
    if name in _OPS:
        raise ValueError(f"operation {name!r} is registered twice")
    op = Op(name, infer, reference, grad, elementwise, monotone)
    _OPS[name] = op
    return op


def op_named(name: str) -> Op:
    return _OPS[name]


def make(name: str, inputs: Sequence[Node], /, **attributes: Any) -> Node:
    """A node of the operation, its type inferred, owned by the layer in whose scope it is made."""
    frozen = MappingProxyType(dict(sorted(attributes.items())))
    type_ = _OPS[name].infer([node.type for node in inputs], frozen)
    return Node(name, tuple(inputs), type_, frozen, current_layers())
