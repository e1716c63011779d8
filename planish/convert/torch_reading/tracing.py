"""The calls that a module's `forward` makes: torch.fx follows it on symbols; where it cannot, torch.export runs it."""

from __future__ import annotations

import importlib
import inspect
import operator
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from planish.convert.torch_reading import modules
from planish.convert.torch_reading.values import Measured, merged
from planish.errors import explain

BATCHES = (2, 3)
"""Two batches, whose sizes show which extents the batch decides."""


@dataclass
class Trace:
    """The nodes of a `forward`, and what is known of what they give: the shapes of tensors, and numbers, by node.

    `arguments` stand in for a node's own where two traces have shown which of them the batch decides.
    """

    graph: Any
    modules: dict[str, Any]
    measured: dict[Any, Any] = field(default_factory=dict)
    arguments: dict[Any, tuple[Any, Any]] = field(default_factory=dict)
    module: Any = None
    """What can be run: a GraphModule."""
    images: int | None = None
    """How many images `module` takes, if it does not take any number."""

    @property
    def nodes(self) -> list[Any]:
        return list(self.graph.nodes)


@contextmanager
def evaluating(module: Any) -> Iterator[None]:
    """Eval mode; afterwards every module inside is in the mode in which it was."""
    found = [(each, each.training) for _, each in module.named_modules() if hasattr(each, "training")]
    for each, _ in found:
        each.training = False
    try:
        yield
    finally:
        for each, training in found:
            each.training = training


def traced(module: Any) -> Trace:
    """The calls as torch.fx sees them. What it raises where it cannot follow is whatever the module raises."""
    fx = importlib.import_module("torch.fx")

    class Tracer(fx.Tracer):  # type: ignore[misc, name-defined]
        record_stack_traces = True

        def __init__(self) -> None:
            super().__init__()
            self.record_stack_traces = True

        def is_leaf_module(self, inner: Any, path: str) -> bool:
            return modules.is_known(inner) or bool(super().is_leaf_module(inner, path))

    with evaluating(module):
        graph = Tracer().trace(module, concrete_args=_left_out(module) or None)
    return Trace(graph, dict(module.named_modules()))


def _left_out(module: Any) -> dict[str, Any]:
    """Arguments of `forward` with defaults, which are what is taken."""
    parameters = inspect.signature(module.forward).parameters.values()
    return {each.name: each.default for each in parameters if each.default is not inspect.Parameter.empty}


def measured(module: Any, trace: Trace, inputs: Sequence[Sequence[Any]]) -> None:
    """Fills in what nodes give, from one run for each batch. Raises whatever the module raises."""
    fx = importlib.import_module("torch.fx")
    if trace.module is None:
        trace.module = fx.GraphModule(module, trace.graph)
    runs = []
    for tensors in inputs:
        runs.append(run(trace.module, tensors))
    for node in trace.nodes:
        if node in runs[0]:
            trace.measured[node] = merged(runs[0][node], runs[1][node], BATCHES)


def run(graph_module: Any, tensors: Sequence[Any]) -> dict[Any, Any]:
    """What each node gives: shapes of tensors, and other things as they are."""
    torch = importlib.import_module("torch")
    found: dict[Any, Any] = {}

    class Measuring(torch.fx.Interpreter):  # type: ignore[misc, name-defined]
        def run_node(self, node: Any) -> Any:
            result = super().run_node(node)
            found[node] = _measure(torch, result)
            return result

    with torch.no_grad(), evaluating(graph_module):
        Measuring(graph_module).run(*tensors)
    return found


def _measure(torch: Any, result: Any) -> Any:
    if isinstance(result, torch.Tensor):
        return Measured(int(extent) for extent in result.shape)
    if isinstance(result, torch.Size):
        return tuple(int(extent) for extent in result)
    if isinstance(result, (tuple, list)):
        return [_measure(torch, each) for each in result]
    return result


def exported(module: Any, inputs: Sequence[Sequence[Any]]) -> Trace:
    """The calls as torch.export sees them, for a module whose way depends on shapes."""
    torch = importlib.import_module("torch")
    with evaluating(module):
        programs = [torch.export.export(module, tuple(tensors), strict=False) for tensors in inputs]
    runnable = [_unlifted(program) for program in programs]
    first, second = ([*each.graph.nodes] for each in runnable)
    if [_sketch(node) for node in first] != [_sketch(node) for node in second]:
        raise ValueError(
            explain(
                what=f"the forward of {type(module).__name__} does something else with {BATCHES[1]} images than with "
                f"{BATCHES[0]}",
                remedy="a forward that does not look at the number of images",
            )
        )
    trace = Trace(runnable[0].graph, dict(runnable[0].named_modules()), {}, {}, runnable[0], BATCHES[0])
    partner = dict(zip(second, first, strict=True))
    map_nodes = importlib.import_module("torch.fx").node.map_arg
    results = [run(each, tensors) for each, tensors in zip(runnable, inputs, strict=True)]
    for one, other in zip(first, second, strict=True):
        theirs = map_nodes((other.args, other.kwargs), partner.__getitem__)
        trace.arguments[one] = (
            merged(one.args, theirs[0], BATCHES),
            {key: merged(value, theirs[1][key], BATCHES) for key, value in one.kwargs.items()},
        )
        if one in results[0]:
            trace.measured[one] = merged(results[0][one], results[1][other], BATCHES)
    return trace


_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\w+)')


def place_of(node: Any) -> str:
    """Where users' code makes the call: ", line 12 of net.py, in forward"; nothing if it is not known."""
    frames = _FRAME.findall(str(getattr(node, "stack_trace", None) or ""))
    own = [frame for frame in frames if "/torch/" not in frame[0].replace("\\", "/")]
    if not own:
        return ""
    path, line, function = own[-1]
    return f", line {line}{'' if path.startswith('<') else f' of {os.path.basename(path)}'}, in {function}"


def required_inputs(module: Any) -> int:
    """How many arguments `forward` has that no default gives."""
    try:
        parameters = inspect.signature(module.forward).parameters.values()
    except (TypeError, ValueError):
        return 1
    return sum(each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD for each in parameters)


def _unlifted(program: Any) -> Any:
    """The program as a module that has its parameters, without a check of its inputs where that can be left out."""
    takes = inspect.signature(program.module).parameters
    return program.module(**({"check_guards": False} if "check_guards" in takes else {}))


def _sketch(node: Any) -> tuple[Any, ...]:
    return node.op, str(node.target), len(node.args)


def function_of(node: Any) -> str:
    """The name of what a node calls: conv2d for aten.conv2d.default, relu for relu_, which works in place."""
    if node.op == "call_method":
        name = str(node.target)
    elif hasattr(node.target, "_schema"):  # an operator of ATen
        name = str(node.target._schema.name).partition("::")[2]
    else:
        name = str(getattr(node.target, "__name__", node.target))
    return name if name.startswith("_") else name.rstrip("_") or name


def as_function(node: Any, arguments: Any) -> Any:
    """The arguments of a node in the order of `torch.nn.functional`: operators of ATen that normalize have the weights
    before the statistics."""
    if hasattr(node.target, "_schema") and function_of(node) in ("batch_norm", "instance_norm"):
        x, weight, bias, mean, variance, *rest = arguments
        return (x, mean, variance, weight, bias, *rest)
    return arguments


def works_in_place(node: Any, module: Any = None) -> bool:
    """Whether a call changes its first argument."""
    if node.op == "call_module":
        return bool(getattr(module, "inplace", False))
    name = str(node.target if node.op == "call_method" else getattr(node.target, "__name__", "")).partition(".")[0]
    in_place = name.endswith("_") and not name.startswith("_")
    return in_place or bool(node.kwargs.get("inplace")) or node.target in (operator.iadd, operator.imul, operator.isub)
