"""From operations to kernels: weights packed for the target's registers, inputs read from the user's arrays, results
kept apart.

After this every node is a leaf, a view (`reshape`), or has a kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from types import MappingProxyType

from planish.codegen.kernels import conv2d as conv2d_kernel
from planish.codegen.kernels import conv2d_placed_input_grad as placed_kernel
from planish.codegen.kernels import conv2d_pool_weight_grad as pool_weights_kernel
from planish.codegen.kernels import conv2d_turned_weight_grad as turned_kernel
from planish.codegen.kernels import dense as dense_kernel
from planish.codegen.kernels import dense_listed as listed_kernel
from planish.codegen.kernels import matmul as matmul_kernel
from planish.codegen.llvm.target import FLOAT_NBYTES, Target
from planish.codegen.pieces import nonzeros, winograd_plan
from planish.codegen.pieces.kernel import spec_of
from planish.codegen.pieces.winograd_weight_grad_plan import best_tile
from planish.codegen.planning.few_filters import few_filters
from planish.codegen.planning.rebasing import rebased, settings_of
from planish.graph.graph import LEAVES, Graph
from planish.graph.node import Node, layer_scope
from planish.primitives.dense_listed import dense_listed, dense_listed_weight_grad
from planish.primitives.expression import Expression
from planish.primitives.fused import elementwise
from planish.primitives.load_input import load_input
from planish.primitives.lowered_gradients import (
    conv2d_listed_weight_grad,
    conv2d_placed_input_grad,
    conv2d_turned_weight_grad,
    conv2d_winograd_weight_grad,
    list_places,
    places_beside,
    unpack_winograd,
)
from planish.primitives.matmul import turned
from planish.primitives.packing import pack_panels, pack_winograd
from planish.primitives.pool_places import pool_places
from planish.primitives.registry import make
from planish.primitives.reshape import reshape
from planish.primitives.transpose import transpose

COPY = Expression(1, ())


Mains = dict[tuple[Node, ...], Node]


def lower(graph: Graph, target: Target, input_dtypes: Mapping[str, str], *, training: bool) -> Graph:
    """`input_dtypes` are the element types in memory ('uint8').

    `training`: the rows of a batch may be anywhere in the arrays, and weights change in every step.
    """

    pooled: Mains = {}  # by the operands, which the places of their maxima have in common

    def lowered(node: Node) -> Node | None:
        if node.op == "input":
            name = node.attributes["name"]
            in_place = input_dtypes[name] == {"f32": "float32", "i32": "int32"}[node.type.dtype] and not training
            return None if in_place else load_input(node, input_dtypes[name])
        base = node.attributes["base"] if node.op == "fused" else node.op
        if base in ("conv2d", "conv2d_pool"):
            result = _lowered_convolution(node, target, training=training)
            if base == "conv2d_pool":
                pooled[node.inputs[:2]] = result
            return result
        if base == "dense":
            return _lowered_dense(node, target, changing=training)
        rule = _RULES.get(base)
        return rule(node, target) if rule else None

    complete = graph.rewrite(lowered)
    used_once = complete.used_once()

    def with_places(original: Node, node: Node) -> Node | None:
        if node.op == "conv2d_pool_places":
            return _lowered_places(node, pooled, target, training=training)
        if node.op == "gate_places" and original.inputs[0] in used_once:
            return _gated_on_the_way(*node.inputs)
        return None

    return _with_results_apart(complete.rewrite_knowing(with_places))


def _lowered_dense(node: Node, target: Target, *, changing: bool) -> Node:
    """`changing`: the weights are different in every step, so they are packed only if they have to be turned."""
    x, w = node.inputs[:2]
    units = w.shape[1]
    source = _read_images(x)
    if changing and source is not None and nonzeros.pays(target, *w.shape):
        rows = listed_kernel.rows_of_part(w.shape[0], target)
        parts = replace(dense_listed(source.inputs[0], w, rows, source.attributes["memory_dtype"]), layers=node.layers)
        return rebased(node, "sum_parts", (parts,), {})
    panels = tuple(dense_kernel.panels_of(units, target.lanes, target.registers))
    turned = w.op == "transpose" and w.attributes["permutation"] == (1, 0)
    packed = turned or not changing
    settings = {"units": units, "panels": panels, "lanes": target.lanes, "packed": packed}
    if packed:
        w = pack_panels(w.inputs[0] if turned else w, panels, target.lanes, turned)
    return rebased(node, "dense_panels", (x, w), settings)


def _read_images(x: Node) -> Node | None:
    """The node that reads `x` from the user's array, if it is the rows of a matrix there."""
    root = storage_root(x)
    return root if root.op == "load_input" and len(x.shape) == 1 else None


def _lowered_dense_gradient(node: Node, target: Target) -> Node:
    x, g = node.inputs
    source = _read_images(x)
    if source is None or not nonzeros.pays(target, *node.shape):
        return node
    return replace(dense_listed_weight_grad(source.inputs[0], g, source.attributes["memory_dtype"]), layers=node.layers)


def _lowered_places(node: Node, pooled: Mains, target: Target, *, training: bool) -> Node:
    """Beside the maxima if something asks for them, or by themselves."""
    main = pooled.get(node.inputs)
    settings = dict(node.attributes)
    window = settings.pop("window")
    if main is None:
        map_ = _lowered_convolution(make("conv2d", node.inputs, **settings), target, training=training)
        return replace(pool_places(map_, window, window), layers=node.layers)
    base = main.attributes["base"] if main.op == "fused" else main.op
    return replace(places_beside(main, base, settings_of(main), gated=False), layers=node.layers)


def _gated_on_the_way(places: Node, y: Node) -> Node | None:
    """The gate as part of the kernel that finds the places, if `y` is what that kernel computes."""
    if places.op != "places_beside" or places.inputs[0] is not y:
        return None
    attributes = MappingProxyType({**places.attributes, "gated": True})
    return replace(places, attributes=attributes)


def _lowered_weight_gradient(node: Node, target: Target) -> Node:
    x, places, g = node.inputs
    settings = node.attributes
    countable = FLOAT_NBYTES * x.type.size < 2**31  # lists have distances in bytes, as i32
    if not countable or pool_weights_kernel.pays(settings, g.shape[0] * g.shape[1], target):
        return node
    rows, columns, channels, filters = settings["kernel_shape"]
    pixel = tuple(
        4 * stride * distance
        for stride, distance in zip(settings["strides"], (x.shape[1] * channels, channels), strict=True)
    )
    window = tuple(stride * nbytes for stride, nbytes in zip(settings["pool_strides"], pixel, strict=True))
    with layer_scope(", ".join(node.layers)) if node.layers else nullcontext():
        lists = list_places(
            places,
            g,
            window_nbytes=window,
            pixel_nbytes=pixel,
            window_columns=settings["window"][1],
            lanes=target.lanes,
        )
        gradient = conv2d_listed_weight_grad(x, lists, settings["kernel_shape"], settings["dilation"])
        turned = transpose(reshape(gradient, (filters, rows * columns * channels)), (1, 0))
        return reshape(turned, settings["kernel_shape"])


def _lowered_dense_weight_gradient(node: Node, target: Target) -> Node:
    """By Winograd's method if that pays, else with the kernel's inputs or its filters in the lanes."""
    x, g = node.inputs
    channels, filters = node.shape[2:]
    tile = best_tile(node.attributes, g.shape[:2], target.lanes)
    turned = turned_kernel.pays(spec_of(node), target)
    with layer_scope(", ".join(node.layers)) if node.layers else nullcontext():
        if turned and (not tile or min(channels, filters) < target.lanes):
            kernel = conv2d_turned_weight_grad(x, g, **node.attributes)
            return reshape(transpose(kernel, (1, 0)), node.shape)
        return unpack_winograd(conv2d_winograd_weight_grad(x, g, tile), tile) if tile else node


def _lowered_input_gradient(node: Node, target: Target) -> Node:
    places, g, w = node.inputs
    settings = {name: value for name, value in node.attributes.items() if name != "padding"}
    rows, columns, channels, filters = w.shape
    geometry = (rows, columns), settings["window"], settings["strides"], settings["dilation"]
    panels = placed_kernel.plan(*geometry, channels, target.lanes, target.registers).panels
    matrix = reshape(transpose(w, (3, 0, 1, 2)), (filters * rows * columns, channels))
    packed = pack_panels(matrix, panels, target.lanes)
    chosen = {**settings, "kernel_shape": w.shape, "panels": panels, "lanes": target.lanes}
    return replace(conv2d_placed_input_grad(places, g, packed, **chosen), layers=node.layers)


def _lowered_convolution(node: Node, target: Target, *, training: bool) -> Node:
    x, w = node.inputs[:2]
    settings = settings_of(node)
    pooled = "window" in settings
    window = settings.pop("window", (1, 1))
    del settings["padding"]
    side = winograd_plan.tile_for(w.shape, settings, node.shape[:2], window, target.lanes, training=training)
    if side is not None:
        panels = tuple(winograd_plan.panels_of(w.shape[3], target.lanes, target.registers))
        packed = pack_winograd(w, side, panels, target.lanes)
        chosen = {"kernel_shape": w.shape, "window": window, "tile": side, "panels": panels, "lanes": target.lanes}
        return rebased(node, "conv2d_winograd", (x, packed), chosen)
    narrow = None if pooled else few_filters(node, settings, target)
    if narrow is not None:
        return narrow
    groups = settings["groups"]
    depth, filters = w.shape[0] * w.shape[1] * w.shape[2], w.shape[3]
    columns = node.shape[1]
    tile = conv2d_kernel.plan(filters // groups, columns, window[0] * window[1], target.lanes, target.registers)
    matrices = transpose(reshape(w, (depth, groups, filters // groups)), (1, 0, 2))
    if groups == 1:
        matrices = reshape(w, (1, depth, filters))
    packed = pack_panels(matrices, tile.panels, target.lanes)
    chosen = {**settings, "kernel_shape": w.shape, "window": window, "panels": tile.panels, "lanes": target.lanes}
    return rebased(node, "conv2d_panels", (x, packed), chosen)


TURNED_ELEMENTS = 2  # that a transposition moves in a cycle


def _lowered_matmul(node: Node, target: Target) -> Node:
    """Few columns leave lanes empty: then the product is transposed, and the rows of the first operand fill them."""
    a, b = node.inputs[:2]
    rows, inner, columns = *a.shape[-2:], b.shape[-1]
    moved = rows * inner + inner * columns + rows * columns
    straight = matmul_kernel.cycles(rows, columns, target.lanes, target.registers) * inner
    across = matmul_kernel.cycles(columns, rows, target.lanes, target.registers) * inner + moved / TURNED_ELEMENTS
    if node.op == "fused" or straight <= across:
        return node
    return replace(turned(make("matmul", [turned(b), turned(a)])), layers=node.layers)


_RULES: Mapping[str, Callable[[Node, Target], Node]] = {
    "conv2d_pool_input_grad": _lowered_input_gradient,
    "conv2d_pool_weight_grad": _lowered_weight_gradient,
    "dense_weight_grad": _lowered_dense_gradient,
    "conv2d_weight_grad": _lowered_dense_weight_gradient,
    "matmul": _lowered_matmul,
}


def _with_results_apart(graph: Graph) -> Graph:
    """Adds copies where a result is not a value of its own that a kernel can write directly to its destination."""
    taken: set[Node] = set()

    def apart(result: Node) -> Node:
        root = result
        while root.op == "reshape":
            root = root.inputs[0]
        if root.op in LEAVES or root in taken or root.type.size != result.type.size:
            return elementwise([result], COPY)
        taken.add(root)
        return result

    outputs = {name: apart(node) for name, node in graph.outputs}
    updates = {name: apart(node) for name, node in graph.updates}
    return Graph.build(outputs, updates)


def is_beside(node: Node) -> bool:
    """Whether the kernel of the node's first operand computes it, beside its own result."""
    return node.op == "places_beside"


def is_view(node: Node) -> bool:
    return node.op == "reshape"


def storage_root(node: Node) -> Node:
    """The node whose memory a view shows."""
    while is_view(node):
        node = node.inputs[0]
    return node
