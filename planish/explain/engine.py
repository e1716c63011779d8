"""The model as WebAssembly, for the page: a program whose outputs are the values that the page shows.

It computes sums as its readers do, without Winograd's method, so numbers on the page agree to their last digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from planish import standalone
from planish.codegen.llvm.target import web_target
from planish.explain.computation import Computation
from planish.explain.encoding import numbers
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.graph.printer import print_graph
from planish.graph.settings import name_of
from planish.shipping.web_module import WebProgram, web_module, web_program

if TYPE_CHECKING:
    from planish.models.model import Model

MOST_NBYTES = 2_500_000
"""Of a module: longer ones would take more than 3.3 MB of the page."""

_MOVED = frozenset(("input", "reshape"))
"""What the script has as it is: no numbers are computed there."""


_programs: WeakKeyDictionary[Model, tuple[str, WebProgram]] = WeakKeyDictionary()
"""Of each model the last one, with the text of its graph, so that another page of the model compiles nothing."""


def engine(model: Model, image: Node, computed: Computation) -> dict[str, Any] | None:
    """The module as JSON has it, and its size; None if the page computes in other numbers, or it would be too long."""
    outputs = {str(number): node for node, number in computed.nodes.items() if node.op not in _MOVED}
    if not outputs or any(node.type.dtype != "f32" for node in computed.nodes):
        return None
    graph = Graph.build(outputs)
    variables = standalone.bound(model.weights, graph)
    parameters = {each.path: np.ascontiguousarray(each.value) for each in variables}
    name = name_of(image)
    told = {number: {"node": int(number)} for number in outputs}
    module = web_module(_program(model, graph, name), graph, {name: "float32"}, parameters, {name: {}}, told, {})
    if len(module) > MOST_NBYTES:
        return None
    return {"module": numbers(np.frombuffer(module, np.uint8), "|u1"), "nbytes": len(module)}


def _program(model: Model, graph: Graph, image: str) -> WebProgram:
    text = print_graph(graph)
    known, program = _programs.get(model, ("", None))
    if program is None or known != text:
        program = web_program(graph, {image: "float32"}, 1, web_target()._replace(exact=True))
        _programs[model] = text, program
    return program
