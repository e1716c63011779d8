"""A program's schedule as readable loops: what runs in which order, per block, image or part, and by which kernel."""

from __future__ import annotations

import sys

from planish.codegen.kernels import items_of, kernel_for, kind_of_node, scratch_nbytes_of
from planish.codegen.pieces.kernel import spec_of
from planish.codegen.planning.cascades import Cascade
from planish.codegen.planning.plan import Plan
from planish.codegen.planning.schedule import Stage
from planish.graph.node import Node


def print_loops(plan: Plan) -> str:
    """The stages with their loops; after each node, where its value is kept and the loop nest of its kernel."""
    names = {node: f"%{place}" for place, node in enumerate(plan.graph.nodes)}
    storage = plan.storage
    lines = [
        f"target {plan.target.name}: {plan.target.lanes} lanes, {plan.target.registers} registers ({plan.target.cpu})",
        f"arena {storage.arena_nbytes} bytes, scratch {storage.scratch_nbytes} bytes a thread",
    ]
    for number, stage in enumerate(plan.stages):
        if stage.exchanges:
            lines.append(f"stage {number}: exchange the totals with other ranks")
        elif not stage.batched:
            lines.append(f"stage {number}: {_slices(plan, stage)}for part in parallel:")
            for unit in stage.units:
                lines.append(f"  for part of {items_of(unit.nodes[0], plan.target)}:")
                lines += [line for node in unit.nodes for line in _node_lines(plan, names, node, "    ")]
        else:
            lines.append(f"stage {number}: {_slices(plan, stage)}for block of {plan.block} images in parallel:")
        for segment in stage.segments:
            rows = kind_of_node(segment[0]) == "rows"
            if not rows:
                lines.append("  for image of block:")
            indent = "  " if rows else "    "
            lines += [_band_line(names, each) for each in stage.cascades if each.depthwise in segment]
            lines += [line for node in segment for line in _node_lines(plan, names, node, indent)]
    return "\n".join([*lines, *_cut_lines(plan, names)]) + "\n"


def _band_line(names: dict[Node, str], each: Cascade) -> str:
    held = ", ".join(f"{nbytes} bytes of {names[node]}" for node, nbytes in each.held.items())
    return f"    band by band: {' '.join(names[node] for node in each.nodes)}, with {held} at a time"


def _cut_lines(plan: Plan, names: dict[Node, str]) -> list[str]:
    """The stages for few images, by their nodes."""
    if plan.cut is None:
        return []
    lines = ["for few images:"]
    for number, cut in enumerate(plan.cut.stages):
        over = "for all images: " if cut.together else "for image: "
        grains = f"for grain of {cut.grains} in parallel: " if cut.grains > 1 else ""
        lines.append(f"  stage {number}: {over}{grains}{' '.join(names[node] for node in cut.whole.nodes)}")
    return lines


def _slices(plan: Plan, stage: Stage) -> str:
    """The loop over slices of the batch, which is around all stages that repeat."""
    count, images = plan.slices.count, plan.slices.images
    return f"for slice of {images} images of {count}: " if stage.repeats and count > 1 else ""


def _node_lines(plan: Plan, names: dict[Node, str], node: Node, indent: str) -> list[str]:
    spec = spec_of(node)
    place = plan.storage.places[node]
    kept = place.name or f"{place.area} + {place.offset}"
    settings = ", ".join(f"{name}={value}" for name, value in spec.settings.items())
    sources = " ".join(names[source] for source in node.inputs)
    layers = f"  # {', '.join(node.layers)}" if node.layers else ""
    work = scratch_nbytes_of(node, plan.target)
    lines = [f"{indent}{names[node]}: {node.type} = {spec.op}[{settings}] {sources} -> {kept}{layers}"]
    if work:
        lines.append(f"{indent}  work space of {work} bytes")
    layouts = plan.storage.layouts
    if node in layouts.there:
        return [*lines, f"{indent}  | nothing is copied: it is where it belongs"]
    if node in layouts.inside:
        lines.append(f"{indent}  written into {names[layouts.whole_of(node)]}")
    nest = _loop_nest(kernel_for(spec).emit.__module__)
    return lines + [f"{indent}  | {line}" for line in nest]


def _loop_nest(module: str) -> list[str]:
    """The naive loops in the header of the kernel's file: its first indented block."""
    documented = (sys.modules[module].__doc__ or "").splitlines()
    block: list[str] = []
    for line in documented[1:]:
        if line.startswith("    "):
            block.append(line[4:])
        elif block:
            break
    return block
