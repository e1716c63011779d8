"""Element-wise chains: one pass over the result, every operand read where it is or broadcast.

    for outer:                    # axes that some operand is broadcast along, after equal neighbours are merged
        for inner (in vectors):   # the last merged axis; operands step by one element or not at all
            y[outer, inner] = expression(a[outer, inner], b[outer], ...)

The last vector of the inner axis is masked. Bound by memory: 12 bytes an element for two operands and a result.
A value without a batch axis is cut into items of whole vectors, so that threads share large weights. Values of one
shape that are made from each other (moments and weights) are computed in one loop: what one has just computed, or read,
another finds in a register.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.expression import emit_expression
from planish.codegen.pieces.items import (
    ITEM_ELEMENTS,
    grains_of_elements,
    items_of_elements,
    over_item,
    vectors_of_grains,
)
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, every_operand
from planish.graph.node import Node
from planish.primitives.rewritten.elementwise import ElementwiseSettings


def merged_axes(spec: Spec) -> tuple[list[int], list[list[int]]]:
    """Extents of the merged axes, outermost first, and the strides along each of them, in elements, of each operand and
    of the result."""
    rank = len(spec.shape)
    strides = [_strides(type_.shape, spec.strides_of_input(place), rank) for place, type_ in enumerate(spec.inputs)]
    strides.append(list(spec.result_strides))
    extents: list[int] = []
    merged: list[list[int]] = [[] for _ in strides]
    for axis in range(rank):
        extent = spec.shape[axis]
        if extent == 1:
            continue
        mergeable = bool(extents) and all(
            kept[-1] == own[axis] * extent for kept, own in zip(merged, strides, strict=True)
        )
        if mergeable:
            extents[-1] *= extent
        else:
            extents.append(extent)
        for kept, own in zip(merged, strides, strict=True):
            if mergeable:
                kept[-1] = own[axis]
            else:
                kept.append(own[axis])
    return (extents, merged) if extents else ([1], [[0] for _ in merged])


def _strides(shape: tuple[int, ...], strides: tuple[int, ...], rank: int) -> list[int]:
    """Distances along the axes of a result of `rank` axes, along some of which the operand is repeated."""
    repeated = [0 if extent == 1 else stride for extent, stride in zip(shape, strides, strict=True)]
    return [0] * (rank - len(shape)) + repeated


def items(spec: Spec, target: Target) -> int:
    extents, _ = merged_axes(spec)
    return items_of_elements(extents[0]) if not spec.result.batched and len(extents) == 1 else 1


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    extents, strides = merged_axes(spec)
    places: list[Index] = [0] * len(strides)
    if not spec.result.batched and items(spec, f.module.target) > 1:
        _emit_item(f, spec, operands, extents[0], strides)
    elif operands.grains is not None and len(extents) == 1:
        _emit_run(f, spec, operands, extents[0], strides, operands.grains)
    else:
        _emit_axis(f, spec, operands, extents, strides, 0, places)


def _emit_item(f: Function, spec: Spec, operands: Operands, extent: int, strides: list[list[int]]) -> None:
    inner = [stride[0] for stride in strides]

    def emit_vector(place: Index, mask: str | None) -> None:
        _emit_vector(f, spec, operands, [f.multiply(place, stride) for stride in inner], inner, mask)

    over_item(f, extent, ITEM_ELEMENTS, operands.item, emit_vector)


def grains(spec: Spec, target: Target) -> int:
    """Of an image's values: runs of elements, or indices of the first axis that is left."""
    extents, _ = merged_axes(spec)
    return extents[0] if len(extents) > 1 else grains_of_elements(extents[0], target.lanes)


def _emit_run(
    f: Function,
    spec: Spec,
    operands: Operands,
    extent: int,
    strides: list[list[int]],
    grains: tuple[Index, Index],
) -> None:
    """Some grains of the only axis."""
    along = [stride[0] for stride in strides]
    whole = extent // f.lanes * f.lanes
    start, stop, has_last = vectors_of_grains(f, extent, grains)

    def emit_at(place: Index, mask: str | None) -> None:
        _emit_vector(f, spec, operands, [f.multiply(place, stride) for stride in along], along, mask)

    if whole:
        with f.loop(start, stop, f.lanes, guarded=True) as place:
            emit_at(place.index, None)
    if extent > whole:
        with f.when(has_last):
            emit_at(whole, f.tail_mask(extent - whole))


def emit_together(
    f: Function,
    nodes: Sequence[Node],
    inputs: Mapping[Node, Pointer],
    outputs: Mapping[Node, Pointer],
    item: Index,
    run: int = ITEM_ELEMENTS,
) -> None:
    """One item, of `run` elements each, of nodes of one shape; `inputs` are scalars or of that shape, `outputs` go to
    memory."""
    extent = nodes[0].type.size
    scalars = {source: f.broadcast(pointer) for source, pointer in inputs.items() if source.type.size == 1}

    def emit_vector(place: Index, mask: str | None) -> None:
        values: dict[Node, Value] = dict(scalars)
        for node in nodes:
            for source in node.inputs:
                if source not in values:  # it is read from memory: the operands are not views of the nodes
                    values[source] = f.load(inputs[source], f.nbytes(place), mask)
            values[node] = emit_expression(
                f, ElementwiseSettings.of(node).expression, [values[source] for source in node.inputs]
            )
            if node in outputs:
                f.store(values[node], outputs[node], f.nbytes(place), mask)

    over_item(f, extent, run, item, emit_vector)


def _emit_axis(
    f: Function,
    spec: Spec,
    operands: Operands,
    extents: list[int],
    strides: list[list[int]],
    axis: int,
    places: list[Index],
) -> None:
    """Loops over the axis and those inside it; `places` are offsets of operands and of the result, in elements."""
    along = [stride[axis] for stride in strides]
    if axis < len(extents) - 1:
        first, last = operands.over(extents[axis]) if axis == 0 else (0, extents[axis])
        with f.loop(first, last) as outer:
            moved = [f.add(place, f.multiply(outer.index, stride)) for place, stride in zip(places, along, strict=True)]
            _emit_axis(f, spec, operands, extents, strides, axis + 1, moved)
        return
    full = extents[axis] // f.lanes * f.lanes
    if full:
        with f.loop(0, full, f.lanes) as inside:
            moved = [
                f.add(place, f.multiply(inside.index, stride)) for place, stride in zip(places, along, strict=True)
            ]
            _emit_vector(f, spec, operands, moved, along, None)
    if extents[axis] > full:
        moved = [f.add(place, full * stride) for place, stride in zip(places, along, strict=True)]
        _emit_vector(f, spec, operands, moved, along, f.tail_mask(extents[axis] - full))


def _emit_vector(
    f: Function, spec: Spec, operands: Operands, places: list[Index], along: list[int], mask: str | None
) -> None:
    values: list[Value] = []
    *sources, out = places
    for pointer, place, stride in zip(operands.inputs, sources, along[:-1], strict=True):
        nbytes = f.nbytes(place)
        values.append(f.load(pointer, nbytes, mask) if stride else f.broadcast(pointer, nbytes))
    f.store(emit_expression(f, ElementwiseSettings.of(spec).expression, values), operands.output, f.nbytes(out), mask)


KERNEL = Kernel("image", emit, items, grains=grains, writes_apart=True, reads_apart=every_operand)
