"""Operations that are defined for nodes: of arrays, the graph is built and interpreted at once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from planish import primitives
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.ops.dtypes import Array, floating, together
from planish.ops.operation import Function, operation, value_names
from planish.primitives.interpreter import interpret


def per_image(function: Callable[..., Node], x: Array, *weights: Array | None) -> Array:
    """`function` of nodes for `x`, whose first axis is the batch, and for arrays that all images share.

    The result has the type of `x`, or float32; it is computed in float64 only if that is the type of `x`.
    """
    dtype = floating(x).dtype
    image = primitives.input_("x", x.shape[1:])
    others = [None if w is None else primitives.parameter(f"w{place}", w.shape) for place, w in enumerate(weights)]
    graph = Graph.build({"y": function(image, *others)})
    bindings = {"x": x, **{f"w{place}": w for place, w in enumerate(weights) if w is not None}}
    precision = np.float64 if dtype == np.float64 else np.float32
    found: Any = interpret(graph, bindings, dtype=precision).outputs["y"]
    return np.asarray(found, dtype)


def interpreted(module: str, class_name: str | None = None) -> Callable[[Function], Function]:
    """Makes a public operation of its meaning for nodes.

    The first axis of its first value is the batch; its other values are what all images share.
    """

    def decorate(definition: Function) -> Function:
        return operation(module, class_name, nodes=definition)(_of_arrays(definition))

    return decorate


def _of_arrays(definition: Function) -> Function:
    signature, values = inspect.signature(definition), [*value_names(definition)]

    @functools.wraps(definition)
    def compute(*positional: Any, **named: Any) -> Array:
        given = signature.bind(*positional, **named).arguments

        def of_nodes(*operands: Node) -> Node:
            found: Node = definition(**{**given, **dict(zip(values, operands, strict=True))})
            return found

        return per_image(of_nodes, *together(*(given[name] for name in values)))

    return cast(Function, compute)
