"""A model of a foreign network: its operators one after the other, as layers that keep channels last."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from planish.convert.graphs.batch_extent import BatchExtent
from planish.convert.graphs.folding import evaluated, folded
from planish.convert.graphs.foreign_graph import ForeignGraph, Operation, Port
from planish.convert.graphs.names import Names, readable
from planish.convert.operators.shaping import as_shape
from planish.convert.operators.site import OPERATORS, Known, Site, check_sizes, mistakes_told
from planish.convert.operators.value import Value, arranged, channels_last, each_turn_once, given, plain, unmixed
from planish.convert.recognizing import needed, recognized
from planish.convert.refusals import unknown_operator
from planish.errors import explain
from planish.layers import Identity, Input, Permute
from planish.models import Model
from planish.models.networks.network import Network

Array = NDArray[Any]
InputShapes = Mapping[str, Sequence[int | None]] | Sequence[Sequence[int | None]] | None

for _module in (
    "activations", "arithmetic", "convolutions", "dense", "joining", "normalization", "of_torch", "pools", "reductions",
    "resizing", "shaping",
):  # fmt: skip
    importlib.import_module(f"planish.convert.operators.{_module}")

_ON_CHANNELS = {
    "AveragePool", "BatchNormalization", "Conv", "ConvTranspose", "DepthToSpace", "GlobalAveragePool", "GlobalMaxPool",
    "GroupNormalization", "InstanceNormalization", "LRN", "MaxPool", "PRelu", "Resize", "SpaceToDepth",
}  # fmt: skip
_ON_FEATURES = {"Gemm", "LayerNormalization", "MatMul", "Transpose"}
"""What takes sequences with the features last."""
_PASSING_ON = {
    "Add", "Cast", "Clip", "Div", "Dropout", "Identity", "Mul", "Pad", "Relu", "Sigmoid", "Slice", "Sub", "Tanh",
}  # fmt: skip


def model_of(graph: ForeignGraph, input_shapes: InputShapes = None, *, data_format: str = "channels_last") -> Model:
    """The model that computes what the graph computes, with its weights.

    `input_shapes`: the extents of inputs that the graph leaves open, in the graph's order of axes and inputs, or by
    name; the batch's may be left out. `data_format`: with 'channels_last', images are [n, height, width, channels], as
    planish's layers want them; with 'channels_first', the model takes and gives arrays as the graph does.

    ValueError names the operator that planish does not have, or that does not go with what it reads.
    """
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError(
            explain(
                what="load_onnx: there is no such data_format",
                expected="'channels_last' or 'channels_first'",
                received=repr(data_format),
                remedy="leave it out: planish takes images with the channels last",
            )
        )
    return built(graph, input_shapes, data_format == "channels_last").model


@dataclass(frozen=True)
class Built:
    """A model, and where it has the values of the graph."""

    model: Model
    known: Mapping[str, Known]
    outputs: Mapping[str, Value]

    def tensor(self, name: str) -> Any:
        """The model's tensor of a value; None for a value that it does not have."""
        found = self.known.get(name)
        return found.tensor if isinstance(found, Value) else None

    def arranged(self, name: str, array: Array) -> Array:
        """The graph's array of a value as the model's tensor has it."""
        return _as_here(self.known[name], array)

    def output(self, name: str, array: Array) -> Array:
        """The graph's array of an output as the model gives it."""
        return _as_here(self.outputs[name], array)


def _as_here(value: Known, array: Array) -> Array:
    assert isinstance(value, Value)
    array = array.transpose(value.order)
    for axis, mix in value.mixes.items():
        array = array.take(mix.places, value.order.index(axis))
    return array


def built(graph: ForeignGraph, input_shapes: InputShapes = None, to_last: bool = True) -> Built:
    """The model of a graph, with what is known of every value."""
    building = _Building(recognized(needed(folded(graph))), to_last)
    with each_turn_once():
        model = building.model(input_shapes)
    return Built(model, building.known, building.outputs)


class _Building:
    """The values of a graph, made one after the other."""

    def __init__(self, graph: ForeignGraph, to_last: bool) -> None:
        self.graph = graph
        self.to_last = to_last
        self.known: dict[str, Known] = dict(graph.constants)
        self.names = Names()
        self.layers: dict[Any, Any] = {}
        self.turned_ranks: set[int] = set()
        self.outputs: dict[str, Value] = {}

    def model(self, input_shapes: InputShapes) -> Model:
        inputs = [self._input(port, shape) for port, shape in self._shapes(input_shapes)]
        for operation in self.graph.operations:
            self._make(operation)
        self.outputs = {name: self._output(name) for name in self.graph.outputs}
        outputs = [self.outputs[name].tensor for name in self.graph.outputs]
        name = readable(self.graph.name, "") or "model"
        if not inputs or not outputs:
            raise ValueError(
                explain(
                    what=f"the {self.graph.library} network has no inputs or no outputs",
                    remedy="export it again: torch.onnx.export(module.eval(), images, 'model.onnx')",
                )
            )
        ends = (inputs[0] if len(inputs) == 1 else inputs, outputs[0] if len(outputs) == 1 else outputs)
        self._tell_apart(Network(*ends))
        return Model(*ends, name=name)

    def _tell_apart(self, network: Network) -> None:
        """Layers that only move axes have names of their own, which an operator may have as well: "reshape"."""
        every, taken = {layer.name for layer in network.layers}, set[str]()
        for layer in sorted(network.layers, key=lambda layer: not layer.weights):
            stem = layer.name
            while layer.name in taken:
                name = self.names.unique(stem)
                layer.name = name if name not in every else stem
            taken.add(layer.name)

    def _shapes(self, given: InputShapes) -> list[tuple[Port, tuple[int, ...]]]:
        """The inputs with the extents of an image."""
        ports = self.graph.inputs
        wanted: dict[str, Sequence[int | None]] = {}
        if isinstance(given, Mapping):
            wanted = {str(name): shape for name, shape in given.items()}
        elif given is not None:
            shapes = [given] if all(extent is None or isinstance(extent, int) for extent in given) else given
            shapes = cast("Sequence[Sequence[int | None]]", shapes)
            if len(shapes) != len(ports):
                raise ValueError(
                    explain(
                        what="input_shapes",
                        expected=f"{len(ports)} shapes",
                        received=tuple(shapes),
                        remedy="input_shapes={name: shape}, with the names of inputs whose extents are open",
                    )
                )
            wanted = {port.name: shape for port, shape in zip(ports, shapes, strict=True)}
        unknown = [name for name in wanted if name not in [port.name for port in ports]]
        if unknown:
            names = [port.name for port in ports]
            raise ValueError(
                explain(
                    what=f"there is no input {unknown[0]!r}",
                    expected=f"one of {names}",
                    remedy=f"input_shapes={{{names[0]!r}: (3, 224, 224)}}, with the extents of your images",
                )
            )
        return [(port, _extents(port, wanted.get(port.name))) for port in ports]

    def _input(self, port: Port, sizes: tuple[int, ...]) -> Any:
        """An input of the model. Images have their channels last if the model is to have them so."""
        name = self.names.unique(readable(port.name, "") or "input")
        rank = len(sizes) + 1
        order = channels_last(rank)
        if rank < 3 or not self._has_channels(port, rank):
            tensor = Input(sizes, name=name)
            self.known[port.name] = plain(tensor)
        elif self.to_last:
            tensor = Input(tuple(sizes[axis - 1] for axis in order[1:]), name=name)
            self.known[port.name] = Value(tensor, order)
            self.turned_ranks.add(rank)
        else:
            tensor = Input(sizes, name=name)
            inside = Permute(order[1:], name=self.names.unique(f"{name}_channels_last"))(tensor)
            self.known[port.name] = Value(inside, order)
        return tensor

    def _has_channels(self, port: Port, rank: int) -> bool:
        """Whether the network takes axis 1 for channels: images are unless the first thing is that they are turned, and
        images of PyTorch always."""
        reached, from_torch = {port.name}, self.graph.library == "PyTorch"
        for operation in self.graph.operations:
            if reached.isdisjoint(operation.inputs):
                continue
            if operation.kind in _ON_CHANNELS:
                return True
            if operation.kind == "Transpose" and not from_torch:
                return False
            if operation.kind in _ON_FEATURES and rank == 3:
                return False
            if operation.kind in _PASSING_ON:
                reached.update(operation.outputs)
        return rank == 4 or from_torch

    def _make(self, operation: Operation) -> None:
        inputs = tuple(self._read(name, operation) for name in operation.inputs)
        found = self._evaluated(operation, inputs)
        if found is None:
            make = OPERATORS.get(operation.kind)
            if make is None:
                raise unknown_operator(self.graph, operation)
            site = Site(operation, inputs, self.names, self.layers, self.graph.library)
            with mistakes_told(site):
                made = make(site)
            found = [made] if isinstance(made, Value | np.ndarray) else made
            check_sizes(site, found)
            found = [self._in_order(each) for each in found]
        self.known.update(zip(operation.outputs, found, strict=False))

    def _in_order(self, made: Known) -> Known:
        """Weights of PyTorch's modules go back into state dicts, so they stay in their order, and shuffled channels are
        moved instead; the order of flattened maps is known there."""
        if isinstance(made, Value) and made.rank > 2 and self.graph.library == "PyTorch":
            return unmixed(made)
        return made

    def _read(self, name: str | None, operation: Operation) -> Known | None:
        if name is None or name in self.known:
            return None if name is None else self.known[name]
        raise ValueError(
            explain(
                what=f"reads {name!r}, which planish does not compute",
                layer=f"{operation.called or operation.kind} '{operation.name}'",
                rule="of operators with several results, such as Dropout or MaxPool, planish has the first",
                remedy="a network that does not use its other results: torch.onnx.export(module.eval(), ...)",
            )
        )

    def _evaluated(self, operation: Operation, inputs: Sequence[Known | None]) -> Sequence[Known] | None:
        """What is known without an image: shapes of values, and what is computed of them."""
        first = inputs[0] if inputs else None
        if operation.kind == "Shape" and isinstance(first, Value):
            shape = as_shape(first)
            return [shape[operation.settings.get("start", 0) : operation.settings.get("end", None)]]
        if operation.kind == "Size" and isinstance(first, Value):
            return [np.array(BatchExtent(int(np.prod(first.sizes))), object)]
        if not inputs or not all(item is None or isinstance(item, np.ndarray) for item in inputs):
            return None
        return evaluated(operation, [item for item in inputs if not isinstance(item, Value)])

    def _output(self, name: str) -> Value:
        found = self.known.get(name)
        if not isinstance(found, Value):
            raise ValueError(
                explain(
                    what=f"output {name!r} does not depend on the network's input",
                    rule="a model's outputs are computed of its inputs",
                    remedy="export the network without this output",
                )
            )
        value = arranged(unmixed(found), channels_last(found.rank)) if found.rank in self.turned_ranks else given(found)
        tensor = value.tensor
        if tensor.layer.name in [readable(port.name, "") for port in self.graph.inputs] and not tensor.record.inputs:
            value = value.like(Identity(name=self.names.unique(readable(name, "") or "output"))(tensor))
        return value


def _extents(port: Port, wanted: Sequence[int | None] | None) -> tuple[int, ...]:
    """The extents behind the batch's. ValueError if some are not known, or are not the network's."""
    shape = port.shape
    if wanted is not None:
        given = tuple(wanted) if len(tuple(wanted)) == len(shape) else (None, *wanted)
        clash = [a for a, b in zip(given[1:], shape[1:], strict=False) if b is not None and a not in (None, b)]
        if len(given) != len(shape) or clash:
            raise ValueError(
                explain(
                    what=f"input {port.name!r} has another shape",
                    expected=shape,
                    received=tuple(wanted),
                    remedy=f"input_shapes={{{port.name!r}: {tuple(extent or 224 for extent in shape[1:])}}}",
                )
            )
        shape = (
            shape[0] if shape else None,
            *(b if a is None else a for a, b in zip(given[1:], shape[1:], strict=True)),
        )
    if not shape:
        raise ValueError(
            explain(
                what=f"input {port.name!r} is a number, without an axis for the batch",
                remedy="export a network that takes a batch of images: torch.onnx.export(module.eval(), images, ...)",
            )
        )
    if any(extent is None or extent < 1 for extent in shape[1:]):
        assumed = tuple(extent or 224 for extent in shape[1:])
        raise ValueError(
            explain(
                what=f"input {port.name!r} has extents that the file leaves open",
                rule="planish compiles for images of one size",
                received=shape,
                remedy=f"input_shapes={{{port.name!r}: {assumed}}}",
            )
        )
    return tuple(int(extent or 0) for extent in shape[1:])
