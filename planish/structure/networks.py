"""A model of planish as a chain: its layers, and where ways part and meet again, what lies between as one layer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from planish import structures
from planish.errors import explain, number_of
from planish.graph.node import Node
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer
from planish.layers.base.weight_owner import WeightOwner
from planish.models import Model
from planish.models.networks.network import Network
from planish.structure.mirrored import Mirrored
from planish.symbolic import SymbolicTensor
from planish.variable import Variable


@dataclass(frozen=True)
class _Value:
    """Something that a layer gives."""

    number: int


@dataclass(frozen=True, slots=True)
class _Use:
    """One use of a layer, whose arguments hold values where the layer takes them."""

    layer: Layer
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    outputs: tuple[_Value, ...]

    @property
    def inputs(self) -> list[_Value]:
        every = structures.leaves([*self.arguments, *self.keywords.values()])
        return [leaf for leaf in every if isinstance(leaf, _Value)]


class Branches(Mirrored):
    """Uses of layers that lead from one value to another."""

    def __init__(self, start: _Value, uses: Sequence[_Use]) -> None:
        last = uses[-1].layer
        super().__init__(f"{last.class_name} block", last.name)
        self.start, self.uses = start, tuple(uses)
        formats = [str(use.layer.data_format) for use in uses if hasattr(use.layer, "data_format")]
        if formats:
            self.data_format = formats[0]

    @property
    def _right_inside(self) -> list[WeightOwner | Variable]:
        return [*dict.fromkeys(use.layer for use in self.uses)]

    def call(self, x: Node, context: CallContext) -> Node:
        values = {self.start: x}

        def value(leaf: Any) -> Any:
            return values[leaf] if isinstance(leaf, _Value) else leaf

        for use in self.uses:
            given, named = structures.mapped(value, (use.arguments, dict(use.keywords)))
            values.update(
                zip(use.outputs, structures.leaves(use.layer.connect_all(given, named, context)), strict=True)
            )
        return values[self.uses[-1].outputs[0]]

    def unbuilt_copy(self) -> Branches:
        other = super().unbuilt_copy()
        copies = {layer: layer.unbuilt_copy() for layer in self.sublayers if isinstance(layer, Layer)}
        other.uses = tuple(replace(use, layer=copies[use.layer]) for use in self.uses)
        return other


def chain_of(model: Model) -> list[Layer]:
    """The layers of a model one after another. ValueError if it has several inputs or outputs, or none that are known
    before it runs."""
    network = model.network
    if network is None or len(network.input_tensors) != 1 or len(network.output_tensors) != 1:
        raise _refused(model)
    numbers = map(_Value, itertools.count())
    start = next(numbers)
    uses, (end,) = _uses(network, [start], numbers)
    return [*_links(start, end, _needed(uses, end))]


def _refused(model: Model) -> ValueError:
    network = model.network
    if network is None:
        received = "a class that writes `call` itself"
    else:
        inputs, outputs = len(network.input_tensors), len(network.output_tensors)
        received = f"{number_of(inputs, 'input')} and {number_of(outputs, 'output')}"
    return ValueError(
        explain(
            layer=model.label,
            what="the structure of the model is not one way from an image to an output",
            expected="a model with one input and one output",
            received=received,
            remedy="a part of it: Model(model.inputs[0], layer.output); model.summary() shows the whole",
        )
    )


def _uses(network: Network, given: Sequence[_Value], numbers: Iterator[_Value]) -> tuple[list[_Use], list[_Value]]:
    """The uses of all layers in order, those inside models in place of the models; and the outputs."""
    values = dict(zip(network.input_tensors, given, strict=True))

    def value(leaf: Any) -> Any:
        return values[leaf] if isinstance(leaf, SymbolicTensor) else leaf

    found: list[_Use] = []
    for call in network.calls:
        if all(output in values for output in call.outputs):
            continue
        layer = call.layer
        if isinstance(layer, Model) and layer.network is not None:
            inside, made = _uses(layer.network, [values[each] for each in layer.given_in(call)], numbers)
            found += inside
        else:
            made = [next(numbers) for _ in call.outputs]
            arguments, keywords = structures.mapped(value, (call.record.arguments, dict(call.record.keywords)))
            found.append(_Use(layer, arguments, keywords, tuple(made)))
        values.update(zip(call.outputs, made, strict=True))
    return found, [values[tensor] for tensor in network.output_tensors]


def _needed(uses: Sequence[_Use], end: _Value) -> list[_Use]:
    wanted, found = {end}, []
    for use in reversed(uses):
        if wanted & {*use.outputs}:
            found.append(use)
            wanted.update(use.inputs)
    return found[::-1]


def _links(start: _Value, end: _Value, uses: Sequence[_Use]) -> Iterator[Layer]:
    """A link ends where every way passes one value, and where no layer in it is used again later."""
    last_read = {value: place for place, use in enumerate(uses) for value in use.inputs} | {end: len(uses)}
    last_used = {use.layer: place for place, use in enumerate(uses)}
    link: list[_Use] = []
    waiting = {start}
    for place, use in enumerate(uses):
        link.append(use)
        done = all(last_read.get(value, 0) <= place for value in waiting)
        if done and len(use.outputs) == 1 and all(last_used[each.layer] <= place for each in link):
            simple = len(link) == 1 and use.arguments == (start,) and not use.keywords
            yield use.layer if simple else Branches(start, link)
            (start,) = use.outputs
            link, waiting = [], {start}
        else:
            waiting.update(use.outputs)
    if link:  # the end is one of several outputs of the last layer
        raise _open(link[-1].layer)


def _open(layer: Layer) -> ValueError:
    return ValueError(
        explain(
            layer=layer.label,
            what="the structure of the model is not one way from an image to an output",
            received="a last layer that gives several outputs",
        )
    )
