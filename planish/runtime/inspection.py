"""The programs that a model's `predict` and `fit` run, at any point of their making."""

from __future__ import annotations

from planish.codegen.llvm.target import shown_target
from planish.codegen.planning.plan import Request
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.runtime.dump import describe as describe_request


def describe(graph: Graph, after: str | None = None, emit: str = "graph", *, batch_size: int | None = None) -> str:
    """A program for float32 images: 'graph' (after the pass `after`, or the last one), 'plan', 'loops', 'llvm' or
    'asm'. With a batch size it is a training program.

    ValueError for an unknown pass or form, and for a pass with a form other than 'graph'.
    """
    dtypes = {name_of(node): node.type.numpy_dtype for node in graph.leaves("input")}
    request = Request(graph, dtypes, shown_target(), batch_size is not None, batch_size or 0)
    return describe_request(request, after, emit)
