"""A PyTorch module as a network in ONNX's words."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from planish.convert.graphs.foreign_graph import ForeignGraph, Operation, Port
from planish.convert.torch_reading import (  # noqa: F401
    convolutions,
    mistakes,
    modules,
    norms,
    pointwise,
    pools,
    reductions,
    shaping,
    tracing,
)
from planish.convert.torch_reading.calls import handled
from planish.convert.torch_reading.tracing import Trace
from planish.convert.torch_reading.values import Extent, Measured, Value, array_of
from planish.convert.torch_reading.writing import Writer
from planish.errors import explain


@dataclass(frozen=True)
class Reading:
    """The graph, the trace that it was written from, and the names that tensors of the trace's nodes have in it."""

    graph: ForeignGraph
    trace: Trace
    names: Mapping[Any, str]


def is_module(value: Any) -> bool:
    """Whether it is a torch.nn.Module."""
    return any(
        class_.__name__ == "Module" and class_.__module__.startswith("torch.nn") for class_ in type(value).__mro__
    )


def read(module: Any, inputs: Sequence[Sequence[Any]], prefix: str = "") -> Reading:
    """The module with all its weights, and every shape that a run with `inputs`, tensors for each of two batches,
    shows. ValueError for what cannot be followed, and for calls without a counterpart."""
    if modules.is_own(module):
        module = importlib.import_module("torch").nn.Sequential(module)
    try:
        trace = tracing.traced(module)
    except Exception as error:  # anything that a user's forward may raise when it is run on symbols
        return Reader(_exported(module, inputs, error), module, prefix).read()
    try:
        tracing.measured(module, trace, inputs)
    except Exception as error:
        raise mistakes.does_not_run(module, inputs[0], error) from error
    return Reader(trace, module, prefix).read()


def _exported(module: Any, inputs: Sequence[Sequence[Any]], first: Exception) -> Trace:
    try:
        return tracing.exported(module, inputs)
    except Exception as error:
        raise ValueError(
            explain(
                what=f"the forward of {type(module).__name__} can be followed neither by torch.fx nor by torch.export",
                received=f"{mistakes.told(first)}; {mistakes.told(error)}",
                remedy="torch.where(condition, a, b) in place of if; or give the parts that are layers as a Sequential",
            )
        ) from error


def graph_of(name: str, ports: Sequence[Port], outputs: Sequence[str], writer: Writer) -> ForeignGraph:
    operations = _needed(writer.operations, outputs)
    used = {each for operation in operations for each in operation.inputs if each is not None} | {*outputs}
    constants = {key: array for key, array in writer.constants.items() if key in used}
    return ForeignGraph("PyTorch", name, tuple(ports), tuple(outputs), tuple(operations), constants)


def _needed(operations: Sequence[Operation], outputs: Sequence[str]) -> list[Operation]:
    wanted = {*outputs}
    found = []
    for operation in reversed(operations):
        if wanted & {*operation.outputs}:
            found.append(operation)
            wanted.update(each for each in operation.inputs if each is not None)
    return found[::-1]


_ATTRIBUTES = {"T": "t", "mT": "adjoint", "data": "identity"}
"""Attributes of tensors that are calls."""


class Calls:
    """Writes single calls."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer

    def module(self, module: Any, path: str, name: str, given: Any, result: str, shape: Any = None) -> Any:
        """A module of PyTorch's. `path` is where the whole has it, for its weights."""
        kind = modules.kind_of(module)
        if not modules.is_known(module):
            raise mistakes.unknown_module(module, name)
        self.writer.begin(name, kind, result, shape)
        call = modules.call_of(module, lambda own: self.parameter(module, path or name, own))
        if call.borders is not None:
            self.writer.begin(f"{name}:border", "pad", f"{result}:border")
            given = handled(self.writer, "pad", (given, *call.borders), {})
            self.writer.begin(name, kind, result, shape)
        return handled(self.writer, call.function, (given, *call.arguments), call.options)

    def parameter(self, module: Any, path: str, own: str) -> Value | None:
        tensor = getattr(module, own, None)
        return None if tensor is None else self.writer.constant(array_of(tensor), f"{path}.{own}")


class Reader:
    """Writes the nodes of a trace down one after another."""

    def __init__(self, trace: Trace, module: Any, prefix: str = "") -> None:
        self.trace, self.root, self.prefix = trace, module, prefix
        self.writer = Writer()
        self.calls = Calls(self.writer)
        self.values: dict[Any, Any] = {}
        self.ports: list[Port] = []
        self.outputs: list[str] = []
        self._used: set[str] = set()

    def read(self) -> Reading:
        needed = self._reached()
        for node in self.trace.nodes:
            if node in needed or (node.op == "placeholder" and not node.args):  # those with a default are what it is
                self._node(node)
        graph = graph_of(type(self.root).__name__, self.ports, self.outputs, self.writer)
        names = {node: value.name for node, value in self.values.items() if isinstance(value, Value)}
        return Reading(graph, self.trace, names)

    def _reached(self) -> set[Any]:
        """The nodes that the outputs need, and those that change something in place."""
        found: set[Any] = set()
        for node in reversed(self.trace.nodes):
            if node in found or node.op == "output" or self._in_place(node):
                found |= {node, *node.all_input_nodes}
        return found

    def _in_place(self, node: Any) -> bool:
        calls = node.op in ("call_function", "call_method", "call_module")
        return calls and tracing.works_in_place(node, self.trace.modules.get(str(node.target)))

    def _node(self, node: Any) -> None:
        if node.op == "placeholder":
            self.values[node] = self._input(node)
        elif node.op == "output":
            self.outputs = self._returned(node)
        elif node.op == "get_attr":
            self.values[node] = self._own(node)
        elif node.op == "call_module":
            self.values[node] = self._module(node)
        else:
            self.values[node] = self._call(node)
        if self._in_place(node):
            self._changed(node)

    def _input(self, node: Any) -> Any:
        name = str(node.name)
        shape = self.trace.measured.get(node)
        if shape is not None and not isinstance(shape, Measured):
            return shape
        port = (None,) if shape is None else tuple(None if isinstance(each, Extent) else each for each in shape)
        self.ports.append(Port(name, port, np.dtype(np.float32)))
        return Value(name, shape)

    def _returned(self, node: Any) -> list[str]:
        """The names of all tensors that the module gives, in any nesting of tuples, lists and dictionaries."""
        found: list[str] = []

        def walk(item: Any) -> None:
            if isinstance(item, Value):
                if item.array is not None:
                    raise mistakes.not_followed(self.root, f"an output that no image changes: {item.name}")
                found.append(item.name)
            elif isinstance(item, Mapping):
                for each in item.values():
                    walk(each)
            elif isinstance(item, (tuple, list)):
                for each in item:
                    walk(each)
            elif item is not None:
                raise mistakes.not_followed(self.root, f"an output that is not a tensor: {item}")

        walk(self._resolved(node.args[0] if node.args else None))
        return found

    def _own(self, node: Any) -> Any:
        """A parameter, buffer or other attribute of the module's own."""
        item: Any = self.trace.modules.get("", self.root)
        for part in str(node.target).split("."):
            item = getattr(item, part)
        if hasattr(item, "shape") and hasattr(item, "dtype"):
            made = self.writer.constant(array_of(item), str(node.target))
            return Value(made.name, made.shape, made.array, type(item).__name__ == "Parameter")
        return item

    def _module(self, node: Any) -> Any:
        path = str(node.target)
        given = self._resolved((node.args, node.kwargs))
        inputs = [*given[0], *given[1].values()]
        name, shape = self._name(self.prefix + path), self._shape(node)
        self.writer.place = tracing.place_of(node)
        made = self.calls.module(self.trace.modules[path], path, name, inputs[0], str(node.name), shape)
        return self._shaped(node, made)

    def _call(self, node: Any) -> Any:
        known = self.trace.measured.get(node)
        if known is not None and not isinstance(known, (Measured, list)):
            return known  # a number, a shape, a type
        function = tracing.function_of(node)
        own = self.trace.arguments.get(node, (node.args, node.kwargs))
        arguments, options = self._resolved(own)
        if not any(isinstance(each, Value) for each in _leaves((arguments, options))):
            return self._of_sizes(function, arguments)
        if function == "getattr" and arguments[1] in _ATTRIBUTES:
            function, arguments = _ATTRIBUTES[arguments[1]], arguments[:1]
        if function in ("size", "dim", "getattr", "numel"):
            return self._size(function, arguments)
        self.writer.begin(self._name(self._owner(node) or str(node.name)), function, str(node.name), self._shape(node))
        self.writer.place = tracing.place_of(node)
        try:
            made = handled(self.writer, function, tracing.as_function(node, arguments), options)
        except ValueError:
            made = self._computed(node, (arguments, options))
            if made is None:
                raise
        return self._shaped(node, made)

    def _computed(self, node: Any, given: tuple[Any, Any]) -> Value | None:
        """What PyTorch itself makes of parameters and other constants alone; None if an image has a part in it."""
        values = [each for each in _leaves(given) if isinstance(each, Value)]
        if any(each.array is None for each in values) or node.op == "call_module":
            return None
        torch = importlib.import_module("torch")

        def tensor_of(item: Any) -> Any:
            return torch.from_numpy(np.array(item.array)) if isinstance(item, Value) else item

        arguments, options = _mapped(tensor_of, given)
        with torch.no_grad():
            if node.op == "call_method":
                result = getattr(arguments[0], node.target)(*arguments[1:], **options)
            else:
                result = node.target(*arguments, **options)
        return self.writer.constant(array_of(result), str(node.name)) if isinstance(result, torch.Tensor) else None

    def _owner(self, node: Any) -> str | None:
        """The module whose weight a function is called with: its users know the call by that."""
        paths = {str(each.target).rpartition(".")[0] for each in node.all_input_nodes if each.op == "get_attr"}
        return paths.pop() if len(paths) == 1 and node.op == "call_function" else None

    def _shape(self, node: Any) -> Any:
        shape = self.trace.measured.get(node)
        return shape if isinstance(shape, Measured) else None

    def _shaped(self, node: Any, made: Any) -> Any:
        """What a call made, with the shapes that a run has shown."""
        shapes = self.trace.measured.get(node)
        if isinstance(made, Value) and isinstance(shapes, Measured):
            return Value(made.name, shapes, made.array)
        if isinstance(made, tuple) and isinstance(shapes, list):
            return tuple(
                Value(each.name, shape, each.array) if isinstance(each, Value) else each
                for each, shape in zip(made, shapes, strict=True)
            )
        return made

    def _size(self, function: str, arguments: Any) -> Any:
        """`x.size(0)`, `x.shape`: without a run, only the batch is known."""
        if function == "size" and len(arguments) > 1:
            return Extent.BATCH if arguments[1] == 0 else Extent.UNKNOWN
        return _Shape() if function == "size" or arguments[1:] == ("shape",) else Extent.UNKNOWN

    def _of_sizes(self, function: str, arguments: Any) -> Any:
        if function == "getitem" and isinstance(arguments[0], (tuple, list)):
            return arguments[0][arguments[1]]
        if function == "getitem" and isinstance(arguments[0], _Shape):
            return arguments[0][arguments[1]]
        return Extent.UNKNOWN

    def _resolved(self, item: Any) -> Any:
        """Arguments with what the nodes among them gave."""
        if isinstance(item, (tuple, list)):
            return (
                type(item)(map(self._resolved, item))
                if type(item) in (tuple, list)
                else tuple(map(self._resolved, item))
            )
        if isinstance(item, slice):
            return slice(*map(self._resolved, (item.start, item.stop, item.step)))
        if isinstance(item, Mapping):
            return {key: self._resolved(value) for key, value in item.items()}
        return self.values.get(item, item) if hasattr(item, "all_input_nodes") else item

    def _name(self, wanted: str) -> str:
        """A name that no call before it has."""
        name, number = wanted, 0
        while name in self._used:
            number += 1
            name = f"{wanted}_{number}"
        self._used.add(name)
        return name

    def _changed(self, node: Any) -> None:
        """After a call that works in place, its argument is what it gave, under whatever name."""
        before, after = self.values.get(node.all_input_nodes[0]), self.values[node]
        if isinstance(before, Value) and isinstance(after, Value):
            for other, value in self.values.items():
                if isinstance(value, Value) and value.name == before.name:
                    self.values[other] = after


def _mapped(function: Any, item: Any) -> Any:
    if isinstance(item, (tuple, list)):
        return type(item)([_mapped(function, each) for each in item])
    if isinstance(item, Mapping):
        return {key: _mapped(function, value) for key, value in item.items()}
    return function(item)


class _Shape:
    """The shape of a tensor of which only the batch is known."""

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return (Extent.BATCH if index.start in (None, 0) else Extent.UNKNOWN,)
        return Extent.BATCH if index == 0 else Extent.UNKNOWN


def _leaves(item: Any) -> list[Any]:
    if isinstance(item, Mapping):
        return _leaves(list(item.values()))
    return [leaf for each in item for leaf in _leaves(each)] if isinstance(item, (tuple, list)) else [item]
