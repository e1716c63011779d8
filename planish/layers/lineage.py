"""The way from a model's input to one of its layers."""

from __future__ import annotations

from planish.graph.node import Node
from planish.layers.layer import Layer
from planish.symbolic import SymbolicTensor


def layers_before(layer: Layer) -> list[Layer]:
    """The layers before `layer` on the way of first inputs, in order, in the model in which it was called last."""
    found: list[Layer] = []
    tensor = _input_of(layer)
    while tensor is not None and tensor.record.inputs:
        found.append(tensor.layer)
        tensor = tensor.record.inputs[0]
    return found[::-1]


def traced_input(layer: Layer) -> Node:
    """The input of `layer`, as a node, in the model in which it was called last. The layer must have been called."""
    from planish.models.network import traced

    tensor = _input_of(layer)
    assert tensor is not None
    return traced(tensor)


def _input_of(layer: Layer) -> SymbolicTensor | None:
    return layer.calls[-1].inputs[0] if layer.calls and layer.calls[-1].inputs else None


def image_format(layers: list[Layer]) -> str:
    """Where the channels of the images are, according to the first layer that has a data format."""
    formats = [str(layer.data_format) for layer in layers if hasattr(layer, "data_format")]
    return formats[0] if formats else "channels_last"
