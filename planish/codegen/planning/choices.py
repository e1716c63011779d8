"""What the compiler chose for the nodes that take time, what it costs, and why: `model.program(emit="plan")`.

Costs are multiply-adds an image; `dense` is what the operation takes by definition, without the method that was chosen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from planish.codegen.kernels import items_of, matmul, winograd_weight_grad
from planish.codegen.pieces import winograd_weight_grad_plan
from planish.codegen.pieces.kernel import Spec, spec_of
from planish.codegen.pieces.nonzeros import goes_by_blocks
from planish.codegen.pieces.picked_pixels import picks
from planish.codegen.pieces.winograd_plan import FEWEST_CHANNELS, cut_of
from planish.codegen.planning.plan import Plan
from planish.graph.node import Node
from planish.primitives.windows import NO_PADDING


@dataclass(frozen=True, slots=True)
class Choice:
    """`executed` is at most what runs: lists leave out what is zero. Both are multiply-adds an image."""

    layers: str
    operation: str
    method: str
    executed: int
    dense: int
    why: str


def choices_of(plan: Plan) -> list[Choice]:
    """One for each node with a noticeable number of multiply-adds, in the order in which they run."""
    found = []
    for stage in plan.stages:
        for node in stage.nodes:
            spec = spec_of(node)
            rule = _RULES.get(spec.op)
            if rule:
                found.append(rule(node, spec, plan))
    return found


def print_plan(plan: Plan) -> str:
    """The choices as a table, then how the program's work and memory are laid out."""
    choices = choices_of(plan)
    rows = [("layer", "operation", "method", "multiply-adds", "by definition")]
    rows += [
        (choice.layers, choice.operation, choice.method, f"{choice.executed:,}", f"{choice.dense:,}")
        for choice in choices
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for row, why in zip(rows, ["because", *(choice.why for choice in choices)], strict=True):
        words = [row[column].ljust(widths[column]) for column in range(3)]
        words += [row[column].rjust(widths[column]) for column in (3, 4)]
        lines.append("  ".join([*words, why]))
    executed, dense = sum(choice.executed for choice in choices), sum(choice.dense for choice in choices)
    lines.append(f"\n{executed:,} multiply-adds an image at most, of {dense:,} by definition")
    lines.append(
        f"target {plan.target.name}: {plan.target.lanes} lanes, {plan.target.registers} registers ({plan.target.cpu})"
    )
    lines += [_stage_line(number, plan) for number in range(len(plan.stages))]
    if plan.slices.count > 1:
        lines.append(_slices_line(plan))
    storage = plan.storage
    lines.append(f"arena {storage.arena_nbytes:,} bytes, scratch {storage.scratch_nbytes:,} bytes a thread")
    return "\n".join(lines) + "\n"


def _stage_line(number: int, plan: Plan) -> str:
    stage = plan.stages[number]
    if stage.batched:
        return f"stage {number}: {len(stage.nodes)} values, by blocks of {plan.block} images"
    parts = sum(items_of(unit.nodes[0], plan.target) for unit in stage.units)
    what = "values" if any(node.batched for node in stage.nodes) else "values without a batch axis"
    return f"stage {number}: {len(stage.nodes)} {what}, in {parts} parts"


def _slices_line(plan: Plan) -> str:
    repeated = [number for number, stage in enumerate(plan.stages) if stage.repeats]
    count, images = plan.slices.count, plan.slices.images
    return f"stages {repeated[0]} to {repeated[-1]}: once for each of {count} slices of {images} images of the batch"


def _named(node: Node) -> str:
    return ", ".join(dict.fromkeys(node.layers)) or "-"


def _convolution_in_columns(node: Node, spec: Spec, plan: Plan) -> Choice:
    rows, columns, channels, filters = spec.attributes["kernel_shape"]
    dense = spec.result.size * rows * columns * channels
    why = f"{spec.shape[1] // filters} columns of outputs fill vectors better than {filters} filters"
    return Choice(_named(node), "convolution", "direct, columns in lanes", dense, dense, why)


def _scattered_convolution(node: Node, spec: Spec, plan: Plan) -> Choice:
    rows, columns, channels, filters = spec.attributes["kernel_shape"]
    each = rows * columns * channels * filters
    executed, dense = math.prod(spec.inputs[0].shape[:2]) * each, spec.result.size * each // filters
    why = f"an input reaches {columns}x{filters} outputs in a row, which fill vectors"
    if spec.attributes["border"] != NO_PADDING:
        why += ", and borders of zeros are not multiplied"
    return Choice(_named(node), "convolution", "from the inputs' side", executed, dense, why)


def _convolution_cost(spec: Spec) -> int:
    """Multiply-adds of a lowered convolution, done directly."""
    rows, columns, channels, filters = spec.attributes["kernel_shape"]
    height, width = spec.attributes["window"]
    pixels: int = math.prod(spec.shape[:2]) * height * width
    return pixels * int(rows * columns * channels * filters)


def _convolution(node: Node, spec: Spec, plan: Plan) -> Choice:
    settings = spec.attributes
    dense = _convolution_cost(spec)
    pooled = settings["window"] != (1, 1)
    operation = "convolution, maximum" if pooled else "convolution"
    if spec.op == "conv2d_winograd":
        channels, filters = settings["kernel_shape"][2:]
        tiles = cut_of(spec, plan.target.lanes)
        executed = tiles.products * tiles.tiles * channels * filters
        method = f"Winograd F({tiles.tile}x{tiles.tile}, 3x3)"
        return Choice(_named(node), operation, method, executed, dense, _why_winograd(tiles.tile))
    return Choice(_named(node), operation, "direct", dense, dense, _why_direct(spec))


def _why_winograd(tile: int) -> str:
    why = f"3x3, stride 1, {FEWEST_CHANNELS} channels or more on both sides"
    return f"{why}; a training step may round more" if tile > 2 else why


def _why_direct(spec: Spec) -> str:
    settings = spec.attributes
    rows, columns, channels, filters = settings["kernel_shape"]
    if (rows, columns) != (3, 3):
        return f"Winograd's method is for 3x3, this is {rows}x{columns}"
    for name in ("strides", "dilation"):
        if settings[name] != (1, 1):
            return f"Winograd's method is for {name} of 1"
    if settings["groups"] != 1:
        return "Winograd's method is for one group"
    if min(channels, filters) < FEWEST_CHANNELS:
        return f"Winograd's method pays from {FEWEST_CHANNELS} channels up, here {channels} and {filters}"
    pool = "x".join(map(str, settings["window"]))
    return f"Winograd's method is for pools that divide its tiles, this is {pool}"


def _listed_weight_gradient(node: Node, spec: Spec, plan: Plan) -> Choice:
    lists = node.inputs[1]
    settings = lists.attributes
    windows = math.prod(lists.inputs[0].shape[:2])
    apart = [along // pixel for along, pixel in zip(settings["window_nbytes"], settings["pixel_nbytes"], strict=True)]
    executed = windows * math.prod(spec.attributes["kernel_shape"])
    why = "only maxima have a gradient; lists leave out those that relu made zero"
    return Choice(
        _named(node), "gradient of the kernel", "lists of windows", executed, executed * math.prod(apart), why
    )


def _pool_weight_gradient(node: Node, spec: Spec, plan: Plan) -> Choice:
    settings = spec.attributes
    rows, columns, channels, _ = settings["kernel_shape"]
    each = math.prod(spec.inputs[2].shape[:2]) * math.prod(settings["kernel_shape"])
    expanded, dense = (each * math.prod(settings[name]) for name in ("window", "pool_strides"))
    picked = picks(settings, plan.target)
    method, executed = ("pixels picked by lanes", each) if picked else ("windows in registers", expanded)
    why = f"patches of {rows}x{columns}x{channels} are too small for lists to pay"
    return Choice(_named(node), "gradient of the kernel", method, executed, dense, why)


def _placed_input_gradient(node: Node, spec: Spec, plan: Plan) -> Choice:
    settings = spec.attributes
    executed = math.prod(spec.inputs[1].shape[:2]) * math.prod(settings["kernel_shape"])
    dense = executed * math.prod(settings["pool_strides"])
    why = "only maxima have a gradient; lists leave out those that relu made zero"
    return Choice(_named(node), "gradient of the map", "lists of channels", executed, dense, why)


def _winograd_weight_gradient(node: Node, spec: Spec, plan: Plan) -> Choice:
    own = winograd_weight_grad.tiling(spec, plan.target)
    channels, filters = spec.shape[1:]
    executed = own.rows * own.columns * own.places**2 * channels * filters
    dense = 9 * math.prod(spec.inputs[1].shape[:2]) * channels * filters
    extents = spec.inputs[1].shape[:2]
    costs = winograd_weight_grad_plan.costs_of(extents, channels, filters, plan.target.lanes)
    method = f"Winograd F({own.tile}x{own.tile}, 3x3)"
    others = [
        f"{costs[tile]:,} {'directly' if not tile else f'for tiles of {tile}'}" for tile in costs if tile != own.tile
    ]
    why = f"{costs[own.tile]:,} vector instructions, transforms included; {', '.join(others)}"
    return Choice(_named(node), "gradient of the kernel", method, executed, dense, why)


def _weight_gradient(node: Node, spec: Spec, plan: Plan) -> Choice:
    dense = math.prod(spec.inputs[1].shape[:2]) * math.prod(spec.attributes["kernel_shape"])
    why = "not only a maximum reads the convolution, so its gradient is not sparse"
    method = "direct"
    if spec.op == "conv2d_turned_weight_grad":
        _, columns, channels, filters = spec.attributes["kernel_shape"]
        method += ", inputs in lanes"
        why += f"; rows of {columns}x{channels} inputs fill vectors better than {filters} filters"
    return Choice(_named(node), "gradient of the kernel", method, dense, dense, why)


def _dense(node: Node, spec: Spec, plan: Plan) -> Choice:
    cost = spec.result.size * spec.inputs[0].shape[-1]
    why = f"{plan.block} images at a time share what is read of the weights"
    return Choice(_named(node), "matrix product", "panels of weights", cost, cost, why)


def _matmul(node: Node, spec: Spec, plan: Plan) -> Choice:
    cost = spec.result.size * spec.inputs[0].shape[-1]
    tile = matmul.tile_of(spec, plan.target)
    why = f"blocks of {tile.rows} rows by {max(tile.panels)} vectors of columns take the fewest cycles"
    return Choice(_named(node), "matrix product", "matrices of an image", cost, cost, why)


def _listed_dense(node: Node, spec: Spec, plan: Plan) -> Choice:
    cost = math.prod(spec.inputs[1].shape)
    why = "images may be mostly zeros; cut by rows of the weights, which one core keeps"
    return Choice(_named(node), "matrix product", _listed(spec.shape[-1]), cost, cost, why)


def _listed(units: int) -> str:
    return "lists of blocks that are not zero" if goes_by_blocks(units) else "lists of what is not zero"


def _dense_weight_gradient(node: Node, spec: Spec, plan: Plan) -> Choice:
    listed = spec.op == "dense_listed_weight_grad"
    cost = spec.result.size * (1 if listed else math.prod(spec.inputs[0].shape[:-1]))
    method = _listed(spec.shape[-1]) if listed else "outer products"
    why = f"{items_of(node, plan.target)} parts of the result, each summed over the batch by one thread"
    made = [len(unit.nodes) - 1 for stage in plan.stages for unit in stage.units if unit.nodes[0] is node]
    if made != [0]:
        why += f", which at once computes the {made[0]} values made from it"
    return Choice(_named(node), "gradient of the kernel", method, cost, cost, why)


_RULES: Mapping[str, Callable[[Node, Spec, Plan], Choice]] = {
    "conv2d_columns": _convolution_in_columns,
    "conv2d_listed_weight_grad": _listed_weight_gradient,
    "conv2d_panels": _convolution,
    "conv2d_placed_input_grad": _placed_input_gradient,
    "conv2d_pool_weight_grad": _pool_weight_gradient,
    "conv2d_scattered": _scattered_convolution,
    "conv2d_turned_weight_grad": _weight_gradient,
    "conv2d_weight_grad": _weight_gradient,
    "conv2d_winograd": _convolution,
    "conv2d_winograd_weight_grad": _winograd_weight_gradient,
    "dense_listed": _listed_dense,
    "dense_listed_weight_grad": _dense_weight_gradient,
    "dense_panels": _dense,
    "dense_weight_grad": _dense_weight_gradient,
    "matmul": _matmul,
}
