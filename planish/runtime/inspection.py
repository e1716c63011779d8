"""The program that a model's `predict` runs, at any stage of its making."""

from __future__ import annotations

from typing import Any

from planish.codegen.compile import Request
from planish.codegen.target import current_target
from planish.runtime.dump import describe as describe_request


def describe(model: Any, after: str | None = None, emit: str = "graph") -> str:
    """The model's inference program for float32 images: 'graph' (after the pass `after`, or the last one), 'loops',
    'llvm' or 'asm'.

    ValueError for an unknown pass or form, or a model that is not built.
    """
    graph = model.graph()
    dtypes = {str(node.attributes["name"]): "float32" for node in graph.leaves("input")}
    return describe_request(Request(graph, dtypes, current_target(), training=False), after, emit)
