"""What passes make of several operations: one node that computes them all without leaving the registers.

* `elementwise[expression]`: a chain of element-wise operations on its inputs.
* `fused[base, settings, arity, expression]`: the operation `base` on the first `arity` inputs, then the expression on
its result
  (register 0) and the remaining inputs.
* `batch_sum_of[axes, expression]`: the sum over the batch of an expression on the inputs, which is never written.
* `reduce_sum_of[axes, expression]`: the sum along axes of an image of an expression on the inputs, likewise.
* `conv2d_pool[...]`: a convolution and the maximum over windows of its result that do not overlap; rows and columns
that no window reads do not exist.
* `conv2d_pool_places[...]`: the place in its window of each of those maxima, i8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.expression import Expression, evaluate, operand_kind, result_type
from planish.primitives.pool_places import places_of_maxima
from planish.primitives.registry import Array, Environment, make, op_named, register


def base_type(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    """Type of what the base operation of a `fused` node computes."""
    arity = attributes["arity"]
    return op_named(attributes["base"]).infer(inputs[:arity], dict(attributes["settings"]))


def _infer_elementwise(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return result_type(attributes["expression"], inputs)


def _elementwise(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return evaluate(node.attributes["expression"], [source.type for source in node.inputs], arrays, environment)


def _infer_fused(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return result_type(attributes["expression"], [base_type(inputs, attributes), *inputs[attributes["arity"] :]])


def _fused(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    arity = node.attributes["arity"]
    types = [source.type for source in node.inputs]
    base = Node(
        node.attributes["base"],
        node.inputs[:arity],
        base_type(types, node.attributes),
        dict(node.attributes["settings"]),
        node.layers,
    )
    result = op_named(base.op).reference(arrays[:arity], base, environment)
    return evaluate(node.attributes["expression"], [base.type, *types[arity:]], [result, *arrays[arity:]], environment)


def _define_sum_of(base: str, settings: Mapping[str, Any]) -> None:
    """The operation `base` of an expression."""

    def infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
        summed = result_type(attributes["expression"], inputs)
        return op_named(base).infer([summed], {**settings, "axes": attributes["axes"]})

    def reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
        types = [source.type for source in node.inputs]
        expression = node.attributes["expression"]
        attributes = {"expression": expression}
        summed = Node("elementwise", node.inputs, result_type(expression, types), attributes, node.layers)
        total = Node(base, (summed,), node.type, {**settings, "axes": node.attributes["axes"]}, node.layers)
        return op_named(base).reference([evaluate(expression, types, arrays, environment)], total, environment)

    register(f"{base}_of", infer, reference, None)


def _infer_conv2d_pool(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    settings = {name: value for name, value in attributes.items() if name != "window"}
    map_type = op_named("conv2d").infer(inputs, settings)
    rows, columns, channels = map_type.shape
    height, width = attributes["window"]
    return TensorType((rows // height, columns // width, channels))


def _infer_conv2d_pool_places(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return TensorType(_infer_conv2d_pool(inputs, attributes).shape, "i8")


def _conv2d_pool(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    maps = _unpooled(arrays, node, environment)
    rows, columns, channels = node.shape
    height, width = node.attributes["window"]
    windows = maps[:, : rows * height, : columns * width].reshape(-1, rows, height, columns, width, channels)
    pooled: Array = windows.max(axis=(2, 4))
    return pooled


def _conv2d_pool_places(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    window = node.attributes["window"]
    return places_of_maxima(_unpooled(arrays, node, environment), node.shape, window, window)


def _unpooled(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    settings = {name: value for name, value in node.attributes.items() if name != "window"}
    types = [source.type for source in node.inputs]
    convolution = Node("conv2d", node.inputs, op_named("conv2d").infer(types, settings), settings, node.layers)
    return op_named("conv2d").reference(arrays, convolution, environment)


register("elementwise", _infer_elementwise, _elementwise, None)
register("fused", _infer_fused, _fused, None)
_define_sum_of("batch_sum", {})
_define_sum_of("reduce_sum", {"keepdims": False})
register("conv2d_pool", _infer_conv2d_pool, _conv2d_pool, None)
register("conv2d_pool_places", _infer_conv2d_pool_places, _conv2d_pool_places, None)


def elementwise(inputs: Sequence[Node], expression: Expression) -> Node:
    return make("elementwise", inputs, expression=expression)


def sum_of(base: str, inputs: Sequence[Node], expression: Expression, axes: Sequence[int]) -> Node:
    """`base`: batch_sum or reduce_sum."""
    return make(f"{base}_of", inputs, expression=expression, axes=tuple(axes))


def fuse(base: Node, expression: Expression, extra: Sequence[Node]) -> Node:
    """`base` followed by `expression` on its result and `extra`."""
    settings = tuple(sorted(base.attributes.items()))
    inputs = (*base.inputs, *extra)
    return make("fused", inputs, base=base.op, settings=settings, arity=len(base.inputs), expression=expression)


def summed_kind(base: str, operand: TensorType, summed: TensorType) -> str | None:
    """As `operand_kind`, for the operands of a sum. That of an image also reads what belongs to the image."""
    alone = base == "reduce_sum" and operand.shape != summed.shape
    return operand_kind(replace(operand, batched=False) if alone else operand, summed)
