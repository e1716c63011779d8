"""What is exported to ONNX: random functional models, layers with all of their options, nets, operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import known_nets
import numpy as np
from both import build as build_chain
from functional import functional_case
from given import arrays as arrays_of_chain
from graphs import arrays as arrays_of_network
from graphs import build as build_network
from one_layer import cases as layer_cases

import planish
from planish import standalone, structures
from planish.convert.graphs.foreign_graph import Port
from planish.convert.onnx_writer import file
from planish.convert.onnx_writer.translating import translated
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.models.ends.graph_names import input_names
from planish.primitives.interpreter import interpret
from planish.symbolic import SymbolicTensor

Arrays = list[np.ndarray[Any, Any]]

BATCHES = (1, 3)


class Exported(NamedTuple):
    """Writes a file in a version of ONNX's operators; inputs for a number of images, and what is expected of them."""

    write: Callable[[str, int], None]
    inputs: Callable[[int], Arrays]
    expected: Callable[[Arrays], Arrays]


def of_model(model: Any) -> Exported:
    graph = model.graph()
    weights = {variable.path: variable.value for variable in standalone.bound(model.weights, graph)}

    def inputs(count: int) -> Arrays:
        random = np.random.default_rng(count)
        numbers = [random.standard_normal((count, *spec.shape[1:])) for spec in model.input_specs]
        whole = [np.dtype(spec.dtype).kind != "f" for spec in model.input_specs]
        moved = [np.abs(50 * x) if each else x for x, each in zip(numbers, whole, strict=True)]
        return [x.astype(spec.dtype) for x, spec in zip(moved, model.input_specs, strict=True)]

    def expected(given: Arrays) -> Arrays:
        named = dict(zip(input_names(model.input_specs), given, strict=True))
        return [*interpret(graph, {**weights, **named}).outputs.values()]

    def write(path: str, opset: int) -> None:
        model.export(path, format="onnx", verbose=False, opset_version=opset)

    return Exported(write, inputs, expected)


def random_model(seed: int) -> Exported:
    case = functional_case(seed)
    model = build_network(planish, case)
    given = arrays_of_network(case, model)
    model.set_weights([given[f"w{i}"] for i in range(len(model.weights))])
    return of_model(model)


def layer(case: dict[str, Any]) -> Exported:
    model = build_chain(planish, case)
    given = arrays_of_chain(case, model)
    model.set_weights([given[f"w{i}"] for i in range(len(model.weights))])
    return of_model(model)


def net(case: known_nets.Case) -> Exported:
    """For the smaller of its images, with weights whose values do not grow from layer to layer: rounding would, too."""
    model, size = known_nets.built(planish, case, case.sizes[1]), case.sizes[1]
    known_nets.set_weights(model, known_nets.weights(model, case.gain))
    _settle(case, model, known_nets.images(size, case.strength)[0])
    return of_model(model)._replace(inputs=lambda count: [known_nets.images(size, case.strength)[0][:count]])


def _settle(case: known_nets.Case, model: Any, x: np.ndarray[Any, Any]) -> None:
    """Layer by layer, in order."""
    values = {model.input: x}

    def value(leaf: Any) -> Any:
        return values[leaf] if isinstance(leaf, SymbolicTensor) else leaf

    for each in model.operations:
        call = each.calls[0]
        if call.outputs[0] in values:
            continue
        arguments = structures.mapped(value, call.record.arguments)
        if isinstance(each, planish.layers.BatchNormalization):
            known_nets.settle(case, each, arguments[0])
        values[call.outputs[0]] = each(*arguments, **structures.mapped(value, dict(call.record.keywords)))


def operation(graph: Graph, bindings: dict[str, Any]) -> Exported:
    """A call of a function of `planish.ops`; the recorded values are those of three images."""
    leaves = graph.leaves("input")
    weights = {name: each for name, each in bindings.items() if name not in {*map(name_of, leaves)}}

    def write(path: str, opset: int) -> None:
        inputs = {name_of(leaf): Port(name_of(leaf), (None, *leaf.shape), np.dtype(leaf.dtype)) for leaf in leaves}
        names = [f"out_{i}" for i in range(len(graph.outputs))]
        network, outputs = translated(graph, weights, inputs, names, "operation")
        file.write(path, network, outputs, opset, {}, planish.__version__)

    def expected(given: Arrays) -> Arrays:
        named = dict(zip(map(name_of, leaves), given, strict=True))
        return [*interpret(graph, {**weights, **named}).outputs.values()]

    return Exported(write, lambda count: [bindings[name_of(leaf)][:count] for leaf in leaves], expected)


def cases(models: int) -> Iterator[tuple[str, Callable[[], Exported]]]:
    """(name, what makes it)."""
    from tests.ops.cases import CASES
    from tests.ops.support import graph_of

    yield from ((f"model {seed}", lambda seed=seed: random_model(seed)) for seed in range(models))
    for case in layer_cases():
        if case["layers"] and case.get("backend") != "jax" and "scored" not in case:
            yield f"layer {case['about']} {case['seed']}", lambda case=case: layer(case)
    for case in CASES:
        if case.nodes is not None and "b" in case.nodes:
            yield f"operation {case.key}", lambda case=case: operation(*graph_of(case))
    yield from ((f"net {each.name} {each.options}", lambda each=each: net(each)) for each in known_nets.CASES)
