"""From a graph of primitives to operators of ONNX."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from planish.convert.graphs.foreign_graph import ForeignGraph, Operation, Port
from planish.convert.onnx_writer import along, batch, elementwise, moving, picking, products, resizing
from planish.convert.onnx_writer.layouts import Array
from planish.convert.onnx_writer.rows import REFUSED, WRITERS
from planish.convert.onnx_writer.writing import NUMPY, Writing, refusal
from planish.graph.graph import Graph
from planish.graph.node import Node, numbers_are
from planish.graph.settings import name_of
from planish.passes.fold_channel_scale import fold_channel_scale
from planish.passes.share_equal_nodes import share_equal_nodes
from planish.passes.simplify import simplify

WRITTEN = (along, batch, elementwise, moving, picking, products, resizing)
"""The files whose writers are in the table."""


def translated(
    graph: Graph, values: Mapping[str, Array], inputs: Mapping[str, Port], outputs: Sequence[str], name: str
) -> tuple[ForeignGraph, tuple[Port, ...]]:
    """A graph for inference in ONNX's operators, and what its outputs are.

    `values` are the weights, and `inputs` what the file takes, by their names in the graph; `outputs` are the names of
    its outputs in the file. ValueError for what ONNX does not have.
    """
    with numbers_are(graph.numbers):
        for step in (simplify, fold_channel_scale, share_equal_nodes):
            graph = step(graph)
        writing = Writing(graph, values)
        for output in outputs:
            writing.fresh(output)
        _write_inputs(writing, graph, inputs)
        for node in graph.nodes:
            _write(writing, node)
    ports = _write_outputs(writing, graph, outputs)
    operations = _needed(writing.operations, outputs)
    read = {source for operation in operations for source in operation.inputs}
    constants = {key: array for key, array in writing.constants.items() if key in read}
    return ForeignGraph("planish", name, (*inputs.values(),), tuple(outputs), operations, constants), ports


def _write_inputs(writing: Writing, graph: Graph, inputs: Mapping[str, Port]) -> None:
    """Inputs of other types become numbers first, as in planish."""
    leaves = {name_of(leaf): leaf for leaf in graph.leaves("input")}
    for name, port in inputs.items():
        writing.fresh(port.name)
        dtype = NUMPY[leaves[name].type.dtype] if name in leaves else port.dtype
        made = port.name if port.dtype == dtype else writing.cast(port.name, dtype)
        writing.count_images_of(port.name)
        if name in leaves:
            writing.give(leaves[name], made)


def _write(writing: Writing, node: Node) -> None:
    if node.op == "input" or writing.folded(node):
        return
    if node.op == "scalar":
        return  # the seed of random numbers, which ONNX draws itself
    if node.op not in WRITERS:
        raise refusal(node, REFUSED.get(node.op, "nothing says how it is written"))
    if node.op != "random_uniform" and any(source.op == "scalar" for source in node.inputs):
        raise refusal(node, REFUSED["scalar"])
    writing.label = "/".join(node.layers)
    WRITERS[node.op](writing, node)


def _write_outputs(writing: Writing, graph: Graph, outputs: Sequence[str]) -> tuple[Port, ...]:
    """Each output is a value of its own, under its own name."""
    writing.label = ""
    ports = []
    for (_, node), name in zip(graph.outputs, outputs, strict=True):
        writing.operations.append(
            Operation("Identity", (writing.read(node),), (name,), {}, f"{name}/output", "Identity")
        )
        shape = (None, *node.shape) if node.batched else node.shape
        ports.append(Port(name, shape, NUMPY[node.type.dtype]))
    return tuple(ports)


def _needed(operations: Sequence[Operation], outputs: Sequence[str]) -> tuple[Operation, ...]:
    """Those that lead to outputs, without the operators that only give values the names of outputs."""
    needed, kept = set(outputs), []
    for operation in reversed(operations):
        if needed.intersection(operation.outputs):
            kept.append(operation)
            needed.update(source for source in operation.inputs if source is not None)
    return tuple(_named_at_once(kept[::-1], outputs))


def _named_at_once(operations: Sequence[Operation], outputs: Sequence[str]) -> Iterator[Operation]:
    """Values that are one output each have its name from the start."""
    made = {output for operation in operations if operation.kind != "Identity" for output in operation.outputs}
    names: dict[str | None, str] = {}
    for operation in operations:
        (first, *_), result = operation.inputs or (None,), operation.outputs[0]
        if operation.kind == "Identity" and result in outputs and first in made and first not in names:
            names[first] = result
    for operation in operations:
        if operation.kind == "Identity" and names.get(operation.inputs[0]) == operation.outputs[0]:
            continue
        inputs = tuple(names.get(source, source) for source in operation.inputs)
        yield replace(operation, inputs=inputs, outputs=tuple(names.get(each, each) for each in operation.outputs))
