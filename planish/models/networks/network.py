"""What a model is: calls of layers, from symbolic inputs to symbolic outputs. The only walk over layers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from planish import primitives, structures
from planish.errors import explain
from planish.graph.node import Node
from planish.layers.base import shapes
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer
from planish.layers.base.traced import Traced
from planish.layers.input_layer import InputLayer
from planish.models.ends.graph_names import input_names
from planish.symbolic import LayerCall, Record, SymbolicTensor


class Network:
    """`inputs` and `outputs` are symbolic tensors, or any nesting of lists, tuples and dictionaries of them."""

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs = inputs
        self.outputs = outputs

    @cached_property
    def input_tensors(self) -> list[SymbolicTensor]:
        return structures.leaves(self.inputs)

    @cached_property
    def output_tensors(self) -> list[SymbolicTensor]:
        return structures.leaves(self.outputs)

    @cached_property
    def calls(self) -> tuple[LayerCall, ...]:
        """The calls that make the outputs from the inputs, each after those that it needs."""
        return tuple(call for call in self._walk if call.inputs)

    @cached_property
    def _walk(self) -> list[LayerCall]:
        """Every call back to the inputs, those of the input layers included."""
        given = {*self.input_tensors}
        done: dict[LayerCall, None] = {}
        for tensor in self.output_tensors:
            waiting = [(tensor.call, False)]
            while waiting:
                call, expanded = waiting.pop()
                if call in done:
                    continue
                if expanded:
                    done[call] = None
                    continue
                waiting.append((call, True))
                before = [] if all(output in given for output in call.outputs) else call.inputs
                waiting.extend((source.call, False) for source in reversed(before) if source.call not in done)
        return [*done]

    @cached_property
    def all_calls(self) -> tuple[LayerCall, ...]:
        """The calls, after those of all input layers."""
        begins = dict.fromkeys(tensor.call for tensor in self.input_tensors)
        return (*begins, *(call for call in self.calls if call not in begins))

    @property
    def is_chain(self) -> bool:
        """Whether the calls follow one another, each of another layer and on what the one before it gave."""
        calls = self.all_calls
        follow = (len(call.inputs) == 1 and call.inputs[0].call == before for before, call in itertools.pairwise(calls))
        return len(self.input_tensors) == 1 and len({call.layer for call in calls}) == len(calls) and all(follow)

    def connect(self, nodes: Sequence[Node], context: CallContext) -> Any:
        """The outputs, in their structure, as nodes made of those for the inputs (in order)."""
        values = {(each.record, each.place): node for each, node in zip(self.input_tensors, nodes, strict=True)}

        def value(leaf: Any) -> Any:
            return values[leaf.record, leaf.place] if isinstance(leaf, SymbolicTensor) else leaf

        for layer, record in self.calls:
            outputs = [(record, place) for place in range(len(structures.leaves(record.outputs)))]
            if all(output in values for output in outputs):
                continue  # an input of the model
            arguments = structures.mapped(value, record.arguments)
            keywords = structures.mapped(value, dict(record.keywords)) if record.keywords else {}
            made = structures.leaves(layer.connect_all(arguments, keywords, context))
            values.update(zip(outputs, made, strict=True))
        return structures.mapped(value, self.outputs)

    # -- layers ------------------------------------------------------------------------------------------------------

    @cached_property
    def layers(self) -> list[Layer]:
        """Every layer once, input layers included, in Keras's order: those farthest from the outputs first."""
        found: dict[Layer, int] = {}
        for call in self._in_order_of_discovery():
            found.setdefault(call.layer, len(found))
        depths = self._depths()
        for tensor in self.input_tensors:  # inputs that nothing reads
            if tensor.layer not in found:
                found[tensor.layer] = -1
                depths[tensor.layer] = 0
        return sorted(found, key=lambda layer: (-depths[layer], found[layer]))

    def _in_order_of_discovery(self) -> Iterator[LayerCall]:
        """Calls from the outputs back, each before those that it needs."""
        given = {*self.input_tensors}
        seen: set[LayerCall] = set()
        waiting = [tensor.call for tensor in reversed(self.output_tensors)]
        while waiting:
            call = waiting.pop()
            if call in seen:
                continue
            seen.add(call)
            yield call
            if not all(output in given for output in call.outputs):
                waiting.extend(source.call for source in reversed(call.inputs))

    def _depths(self) -> dict[Layer, int]:
        """How many calls are between each layer and the outputs, at most."""
        calls: dict[LayerCall, int] = {}
        layers: dict[Layer, int] = {}
        for call in reversed(self._walk):
            depth = max(calls.get(call, 0), layers.get(call.layer, 0))
            calls[call] = layers[call.layer] = depth
            for source in call.inputs:
                calls[source.call] = max(depth + 1, calls.get(source.call, 0))
        return layers

    def leaves(self) -> Iterator[Layer]:
        """The layers in order; a model among them is replaced by its layers."""
        for layer in self.layers:
            inner = getattr(layer, "network", None) if layer.holds_model_layers else None
            if inner is None:
                yield layer
            else:
                yield from inner.leaves()

    # -- copies and pickles ------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        """The calls one after another: a chain of tensors that hold each other would be too deep for pickle."""
        calls = self._walk + [tensor.call for tensor in self.input_tensors if tensor.call not in {*self._walk}]
        places = {call: place for place, call in enumerate(calls)}

        def flat(leaf: Any) -> Any:
            return _Output(places[leaf.call], leaf.place) if isinstance(leaf, SymbolicTensor) else leaf

        begins = {call for call in calls if not call.inputs or all(o in {*self.input_tensors} for o in call.outputs)}
        return {
            "calls": [
                (
                    call.layer,
                    () if call in begins else structures.mapped(flat, call.record.arguments),
                    {} if call in begins else structures.mapped(flat, dict(call.record.keywords)),
                    call.record.outputs,
                )
                for call in calls
            ],
            "inputs": structures.mapped(flat, self.inputs),
            "outputs": structures.mapped(flat, self.outputs),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        made: list[list[SymbolicTensor]] = []

        def tensor(leaf: Any) -> Any:
            return made[leaf.call][leaf.place] if isinstance(leaf, _Output) else leaf

        for layer, arguments, keywords, outputs in state["calls"]:
            record = Record(structures.mapped(tensor, arguments), structures.mapped(tensor, keywords), outputs)
            if isinstance(layer, InputLayer):
                layer.begin_with(record)
            else:
                layer._records.append(record)
            made.append(LayerCall(layer, record).outputs)
        self.inputs = structures.mapped(tensor, state["inputs"])
        self.outputs = structures.mapped(tensor, state["outputs"])


class _Output:
    """In a pickle: which output of which call a tensor is."""

    def __init__(self, call: int, place: int) -> None:
        self.call = call
        self.place = place


def between(label: str, inputs: Any, outputs: Any) -> Network:
    """The network from `inputs` to `outputs`, which may be tensors inside another model.

    ValueError if something else than symbolic tensors is given, or an output needs an input that is not given.
    """
    for what, structure in (("inputs", inputs), ("outputs", outputs)):
        _check_tensors(label, what, structure)
    network = Network(inputs, outputs)
    given = {*network.input_tensors}
    for call in network._walk:
        if not call.inputs and not all(output in given for output in call.outputs):
            raise ValueError(_disconnected(label, call, network))
    return network if all(not tensor.record.inputs for tensor in given) else _beginning_anew(network)


def _check_tensors(label: str, what: str, structure: Any) -> None:
    tensors = structures.leaves(structure)
    for tensor in tensors:
        if not isinstance(tensor, SymbolicTensor):
            raise ValueError(
                explain(
                    layer=label,
                    what=f"`{what}` contains something that is not a symbolic tensor",
                    expected="what Input(...) returns, or what layers return that were called on it",
                    received=_told(tensor),
                    remedy="x = Input(shape=...); y = layer(x); Model(x, y)",
                )
            )
    if not tensors:
        raise ValueError(explain(layer=label, what=f"`{what}` is empty", expected="at least one symbolic tensor"))
    if what == "inputs" and len({*tensors}) != len(tensors):
        raise ValueError(explain(layer=label, what="an input is given twice", received=", ".join(map(repr, tensors))))


def _told(value: Any) -> str:
    """The value, if it is not an array, of which only the shape says something."""
    shape = getattr(value, "shape", None)
    return repr(value) if shape is None else f"an array of shape {tuple(shape)}, of type {type(value).__name__}"


def _disconnected(label: str, call: LayerCall, network: Network) -> str:
    (tensor,) = call.outputs
    return explain(
        layer=label,
        what="the outputs cannot be computed from the inputs",
        rule="a model begins at its inputs: whatever its outputs are made of has to be reached from them",
        expected="inputs " + ", ".join(repr(each.name) for each in network.input_tensors),
        received=f"outputs that also need the input {tensor.name!r} {tensor.shape}",
        remedy=f"add it to the inputs: Model([..., {tensor.name}], outputs)",
    )


def _beginning_anew(network: Network) -> Network:
    """The same calls from new inputs in place of tensors inside another model."""
    new: dict[SymbolicTensor, SymbolicTensor] = {}
    for tensor in network.input_tensors:
        inside = bool(tensor.record.inputs)
        new[tensor] = InputLayer(batch_shape=tensor.shape, dtype=tensor.dtype).tensor if inside else tensor

    def replaced(leaf: Any) -> Any:
        return new.get(leaf, leaf) if isinstance(leaf, SymbolicTensor) else leaf

    for call in network.calls:
        if all(output in new for output in call.outputs):
            continue
        arguments = structures.mapped(replaced, call.record.arguments)
        record = Record(arguments, structures.mapped(replaced, dict(call.record.keywords)), call.record.outputs)
        call.layer._records.append(record)
        new.update(zip(call.outputs, LayerCall(call.layer, record).outputs, strict=True))
    return Network(structures.mapped(replaced, network.inputs), structures.mapped(replaced, network.outputs))


def traced(tensor: SymbolicTensor) -> Traced:
    """What a symbolic tensor stands for, as the one output of a model from the inputs that it needs."""
    starts = [call.outputs[0] for call in Network([], [tensor])._walk if not call.inputs]
    return shapes.with_room(lambda: _traced(starts, tensor))


def _traced(starts: list[SymbolicTensor], tensor: SymbolicTensor) -> Traced:
    context, nodes = CallContext(), input_nodes(starts)
    node: Node = Network(starts, tensor).connect(nodes, context)
    return Traced.of(tensor.layer.label, starts, nodes, [tensor], [node], context)


def input_nodes(specs: Sequence[Any], sizes: Sequence[Sequence[int]] | None = None) -> list[Node]:
    """A node for every input of a model: one is called 'x', several 'x/' and their names.

    `sizes` are the shapes of the data, without the batch axis, for inputs whose sizes come with them.
    """
    known = [shapes.per_image(spec.shape) for spec in specs] if sizes is None else sizes
    names = input_names(specs)
    return [primitives.input_(name, shape) for name, shape in zip(names, known, strict=True)]
