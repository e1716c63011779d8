"""What the compiler chose for the nodes that take time, what it costs, and why: `model.program(emit="plan")`.

Methods and reasons are those of the table of candidates, as lowering found them. Costs are multiply-adds an image;
`by_definition` is what the operation takes without the method that was chosen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from planish.codegen.kernels import conv2d_winograd_weight_grad, items_of
from planish.codegen.pieces.kernel import Spec, spec_of
from planish.codegen.pieces.picked_pixels import picks
from planish.codegen.pieces.winograd_plan import cut_of
from planish.codegen.planning.plan import Plan
from planish.graph.node import Node
from planish.primitives.conv2d_weight_grad import Conv2DWeightGradSettings
from planish.primitives.rewritten.conv2d_columns import Conv2DColumnsSettings
from planish.primitives.rewritten.conv2d_listed_weight_grad import Conv2DListedWeightGradSettings
from planish.primitives.rewritten.conv2d_panels import Conv2DPanelsSettings
from planish.primitives.rewritten.conv2d_placed_input_grad import Conv2DPlacedInputGradSettings
from planish.primitives.rewritten.conv2d_pool_weight_grad import Conv2DPoolWeightGradSettings
from planish.primitives.rewritten.conv2d_scattered import Conv2DScatteredSettings
from planish.primitives.rewritten.conv2d_winograd import Conv2DWinogradSettings
from planish.primitives.rewritten.list_places import ListPlacesSettings


@dataclass(frozen=True, slots=True)
class Choice:
    """`executed` is at most what runs: lists leave out what is zero. Both are multiply-adds an image."""

    layers: str
    operation: str
    method: str
    executed: int
    by_definition: int
    why: str


def choices_of(plan: Plan) -> list[Choice]:
    """One for each node that was made by a candidate, in the order in which they run."""
    return [_choice(node, plan) for stage in plan.stages for node in stage.nodes if node in plan.decisions]


def _choice(node: Node, plan: Plan) -> Choice:
    decision, spec = plan.decisions[node], spec_of(node)
    operation, costs = _COSTS[spec.op]
    if operation == "convolution" and _window(spec) != (1, 1):
        operation = "convolution, maximum"
    executed, by_definition = costs(node, spec, plan)
    layers = ", ".join(dict.fromkeys(node.layers)) or "-"
    why = "; ".join([decision.why, *_beside(node, plan)])
    return Choice(layers, operation, decision.candidate.method, executed, by_definition, why)


def _beside(node: Node, plan: Plan) -> list[str]:
    """How many parts a sum over the batch is computed in, and what is computed with it."""
    said = []
    for unit in (unit for stage in plan.stages for unit in stage.units if unit.nodes[0] is node):
        said.append(f"{items_of(node, plan.target)} parts")
        if len(unit.nodes) > 1:
            said.append(f"at once computes the {len(unit.nodes) - 1} values made from it")
    return said


def print_plan(plan: Plan) -> str:
    """The choices as a table, then how the program's work and memory are laid out."""
    choices = choices_of(plan)
    rows = [("layer", "operation", "method", "multiply-adds", "by definition")]
    rows += [
        (choice.layers, choice.operation, choice.method, f"{choice.executed:,}", f"{choice.by_definition:,}")
        for choice in choices
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for row, why in zip(rows, ["because", *(choice.why for choice in choices)], strict=True):
        words = [row[column].ljust(widths[column]) for column in range(3)]
        words += [row[column].rjust(widths[column]) for column in (3, 4)]
        lines.append("  ".join([*words, why]))
    executed = sum(choice.executed for choice in choices)
    by_definition = sum(choice.by_definition for choice in choices)
    lines.append(f"\n{executed:,} multiply-adds an image at most, of {by_definition:,} by definition")
    lines.append(
        f"target {plan.target.name}: {plan.target.lanes} lanes, {plan.target.registers} registers ({plan.target.cpu})"
    )
    lines += [_stage_line(number, plan) for number in range(len(plan.stages))]
    lines += _copies(plan)
    if plan.slices.count > 1:
        lines.append(_slices_line(plan))
    storage = plan.storage
    lines.append(f"arena {storage.arena_nbytes:,} bytes, scratch {storage.scratch_nbytes:,} bytes a thread")
    return "\n".join(lines) + "\n"


def _stage_line(number: int, plan: Plan) -> str:
    stage = plan.stages[number]
    if stage.exchanges:
        bucket = plan.storage.buckets[number]
        return f"stage {number}: totals of {bucket.sums_nbytes + bucket.largest_nbytes:,} bytes, with other ranks"
    if stage.batched:
        return f"stage {number}: {len(stage.nodes)} values, by blocks of {plan.block} images"
    parts = sum(items_of(unit.nodes[0], plan.target) for unit in stage.units)
    what = "values" if any(node.batched for node in stage.nodes) else "values without a batch axis"
    return f"stage {number}: {len(stage.nodes)} {what}, in {parts} parts"


def _copies(plan: Plan) -> list[str]:
    """What joins and cuts values and gives them borders, and how much of it is copied."""
    joined = [node for node in plan.graph.nodes if node.op == "concatenate" and node.batched]
    cut = [node for node in plan.graph.nodes if node.op == "slice_axis" and node.batched]
    layouts = plan.storage.layouts
    lines = []
    if joined:
        count = sum(node in layouts.there for node in joined)
        lines.append(f"{count} of {len(joined)} concatenations copy nothing: their parts are written where they belong")
    if cut:
        count = sum(node in layouts.there for node in cut)
        lines.append(f"{count} of {len(cut)} parts of values are read where they are")
    if padded := [node for node in plan.graph.nodes if node.op == "pad2d"]:
        count = sum(bool(layouts.spec_of(node).in_place) for node in padded)
        lines.append(f"{count} of {len(padded)} borders are put around maps that are there already")
    lines += [
        f"copied for {_named(node)}: {', '.join(parts)}" for node in joined if (parts := _copied_parts(node, plan))
    ]
    return lines


def _copied_parts(node: Node, plan: Plan) -> list[str]:
    """The parts that their kernels cannot write into the whole, or that something else cannot read there."""
    in_place = plan.storage.layouts.spec_of(node).in_place
    parts = enumerate(node.inputs)
    return [f"{part.type} of {spec_of(part).op}" for position, part in parts if position not in in_place]


def _slices_line(plan: Plan) -> str:
    repeated = [number for number, stage in enumerate(plan.stages) if stage.repeats]
    count, images = plan.slices.count, plan.slices.images
    return f"stages {repeated[0]} to {repeated[-1]}: once for each of {count} slices of {images} images of the batch"


def _named(node: Node) -> str:
    return ", ".join(dict.fromkeys(node.layers)) or "-"


Costs = tuple[int, int]  # executed, by definition


def _window(spec: Spec) -> tuple[int, int]:
    """That of the maximum behind a convolution."""
    settings = spec.settings
    return settings.window if isinstance(settings, Conv2DPanelsSettings | Conv2DWinogradSettings) else (1, 1)


def _convolution(node: Node, spec: Spec, plan: Plan) -> Costs:
    settings = spec.settings
    assert isinstance(settings, Conv2DPanelsSettings | Conv2DWinogradSettings), settings
    cost = math.prod((*spec.shape[:2], *settings.window, *settings.kernel_shape))
    return cost, cost


def _convolution_by_winograd(node: Node, spec: Spec, plan: Plan) -> Costs:
    channels, filters = Conv2DWinogradSettings.of(spec).kernel_shape[2:]
    tiles = cut_of(spec, plan.target)
    return tiles.products * tiles.tiles * channels * filters, _convolution(node, spec, plan)[1]


def _convolution_in_columns(node: Node, spec: Spec, plan: Plan) -> Costs:
    cost = spec.result.size * math.prod(Conv2DColumnsSettings.of(spec).kernel_shape[:3])
    return cost, cost


def _depthwise_convolution(node: Node, spec: Spec, plan: Plan) -> Costs:
    cost = spec.result.size * math.prod(spec.inputs[1].shape[:2])
    return cost, cost


def _depthwise_weight_gradient(node: Node, spec: Spec, plan: Plan) -> Costs:
    cost = spec.inputs[1].size * math.prod(spec.shape[:2])
    return cost, cost


def _scattered_convolution(node: Node, spec: Spec, plan: Plan) -> Costs:
    kernel_shape = Conv2DScatteredSettings.of(spec).kernel_shape
    each, filters = math.prod(kernel_shape), kernel_shape[3]
    return math.prod(spec.inputs[0].shape[:2]) * each, spec.result.size * each // filters


def _listed_weight_gradient(node: Node, spec: Spec, plan: Plan) -> Costs:
    lists = node.inputs[1]
    settings = ListPlacesSettings.of(lists)
    windows = math.prod(lists.inputs[0].shape[:2])
    apart = [along // pixel for along, pixel in zip(settings.window_nbytes, settings.pixel_nbytes, strict=True)]
    executed = windows * math.prod(Conv2DListedWeightGradSettings.of(spec).kernel_shape)
    return executed, executed * math.prod(apart)


def _pool_weight_gradient(node: Node, spec: Spec, plan: Plan) -> Costs:
    settings = Conv2DPoolWeightGradSettings.of(spec)
    each = math.prod(spec.inputs[2].shape[:2]) * math.prod(settings.kernel_shape)
    expanded, by_definition = (each * math.prod(extents) for extents in (settings.window, settings.pool_strides))
    return each if picks(settings, plan.target) else expanded, by_definition


def _placed_input_gradient(node: Node, spec: Spec, plan: Plan) -> Costs:
    settings = Conv2DPlacedInputGradSettings.of(spec)
    executed = math.prod(spec.inputs[1].shape[:2]) * math.prod(settings.kernel_shape)
    return executed, executed * math.prod(settings.pool_strides)


def _weight_gradient(node: Node, spec: Spec, plan: Plan) -> Costs:
    cost = math.prod(spec.inputs[1].shape[:2]) * math.prod(Conv2DWeightGradSettings.of(spec).kernel_shape)
    return cost, cost


def _weight_gradient_by_winograd(node: Node, spec: Spec, plan: Plan) -> Costs:
    own = conv2d_winograd_weight_grad.tiling(spec, plan.target)
    each = math.prod(spec.shape[1:])
    return own.rows * own.columns * own.places**2 * each, 9 * math.prod(spec.inputs[1].shape[:2]) * each


def _dense(node: Node, spec: Spec, plan: Plan) -> Costs:
    cost = spec.result.size * spec.inputs[0].shape[-1]
    return cost, cost


def _listed_dense(node: Node, spec: Spec, plan: Plan) -> Costs:
    cost = math.prod(spec.inputs[1].shape)
    return cost, cost


def _dense_weight_gradient(node: Node, spec: Spec, plan: Plan) -> Costs:
    cost = spec.result.size * math.prod(spec.inputs[0].shape[:-1])
    return cost, cost


def _listed_dense_weight_gradient(node: Node, spec: Spec, plan: Plan) -> Costs:
    return spec.result.size, spec.result.size


_KERNEL, _MAP, _PRODUCT = "gradient of the kernel", "gradient of the map", "matrix product"

# What each primitive that a candidate lowers to computes, and its multiply-adds.
_COSTS: Mapping[str, tuple[str, Callable[[Node, Spec, Plan], Costs]]] = {
    "conv2d_columns": ("convolution", _convolution_in_columns),
    "conv2d_depthwise": ("convolution", _depthwise_convolution),
    "conv2d_depthwise_weight_grad": (_KERNEL, _depthwise_weight_gradient),
    "conv2d_listed_weight_grad": (_KERNEL, _listed_weight_gradient),
    "conv2d_panels": ("convolution", _convolution),
    "conv2d_placed_input_grad": (_MAP, _placed_input_gradient),
    "conv2d_pool_weight_grad": (_KERNEL, _pool_weight_gradient),
    "conv2d_scattered": ("convolution", _scattered_convolution),
    "conv2d_turned_weight_grad": (_KERNEL, _weight_gradient),
    "conv2d_weight_grad": (_KERNEL, _weight_gradient),
    "conv2d_winograd": ("convolution", _convolution_by_winograd),
    "conv2d_winograd_weight_grad": (_KERNEL, _weight_gradient_by_winograd),
    "dense_listed": (_PRODUCT, _listed_dense),
    "dense_listed_weight_grad": (_KERNEL, _listed_dense_weight_gradient),
    "dense_panels": (_PRODUCT, _dense),
    "dense_panels_listed": (_PRODUCT, _dense),
    "dense_weight_grad": (_KERNEL, _dense_weight_gradient),
    "matmul": (_PRODUCT, _dense),
}
