"""A PyTorch module as a network in ONNX's words, as far as it is known without computing anything."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from planish.convert.graphs.foreign_graph import ForeignGraph, Port
from planish.convert.torch_reading import modules, tracing
from planish.convert.torch_reading.reading import Calls, Reader, graph_of, read
from planish.convert.torch_reading.tracing import Trace
from planish.convert.torch_reading.values import Value
from planish.convert.torch_reading.writing import Writer
from planish.errors import explain


def outline(module: Any, name: str = "", shape: Sequence[int] | None = None) -> ForeignGraph:
    """The module without computing anything: what depends on extents that a run would tell is followed for images of
    `shape`, without numbers; it is refused if no shape is given.

    A sole module of PyTorch's is called `name`, and modules in a Sequential get it in front. What would be a Reshape
    with all extents is "FlattenAxes" or "Unflatten" here. Weights of lazy modules have no shape yet: "filters" and
    "units" are settings of theirs.
    """
    try:
        if modules.is_own(module):
            return _of_one(module, name)
        return Reader(followed(module), module, f"{name}." if name else "").read().graph
    except ValueError:
        found = None if shape is None else _of_shapes(module, name, shape)
        if found is None:
            raise
        return found


def _of_shapes(module: Any, name: str, shape: Sequence[int]) -> ForeignGraph | None:
    """The module as it runs on the device 'meta', where tensors have shapes and no numbers; None if it does not."""
    try:
        torch = importlib.import_module("torch")
        empty = _without_numbers(torch, module)
        inputs = [[torch.empty((count, *shape), device="meta")] for count in tracing.BATCHES]
        return read(empty, inputs, f"{name}." if name else "").graph
    except Exception:  # whatever it is, what was wrong without a run is what its user is told
        return None


def _without_numbers(torch: Any, module: Any) -> Any:
    """A copy whose parameters and buffers take no memory."""
    memory: dict[int, Any] = {}
    for each in (*module.parameters(), *module.buffers()):
        shaped = torch.empty_like(each, device="meta")
        kept = isinstance(each, torch.nn.Parameter)
        memory[id(each)] = torch.nn.Parameter(shaped, each.requires_grad) if kept else shaped
    return copy.deepcopy(module, memory)


def followed(module: Any) -> Trace:
    """The calls of a module that is not run. ValueError if torch.fx cannot follow it."""
    try:
        return tracing.traced(module)
    except Exception as error:
        raise ValueError(
            explain(
                what=f"the forward of {type(module).__name__} cannot be followed by torch.fx",
                received=f"{type(error).__name__}: {error}",
                remedy="give the layers up to the Flatten as a Sequential",
            )
        ) from error


def _of_one(module: Any, name: str) -> ForeignGraph:
    """A module of PyTorch's by itself."""
    kind = modules.kind_of(module)
    writer = Writer()
    value = Calls(writer).module(module, "", name or kind.lower(), Value("x"), "y")
    ports = (Port("x", (None,), np.dtype(np.float32)),)
    return graph_of(type(module).__name__, ports, (value.name,), writer)
