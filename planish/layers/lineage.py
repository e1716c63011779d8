"""The path from a model's input to one of its layers, traced through the layers in between."""

from __future__ import annotations

from planish import primitives
from planish.graph.node import Node
from planish.layers.context import CallContext
from planish.layers.layer import Layer
from planish.layers.symbolic import SymbolicTensor


def layers_before(layer: Layer) -> list[Layer]:
    """The layers before `layer`, in order, in the model that was built with it last, without the input layer."""
    found: list[Layer] = []
    tensor = layer.input
    while tensor is not None and tensor.source is not None:
        found.append(tensor.layer)
        tensor = tensor.source
    return found[::-1]


def traced_input(layer: Layer) -> Node:
    """The input of `layer`, as a node, in the model that was built with it last. `layer.input` must exist."""
    start = layer.input
    while start is not None and start.source is not None:
        start = start.source
    assert start is not None
    x = primitives.input_("x", _image_shape(start))
    for each in layers_before(layer):
        x = each.connect(x, CallContext())
    return x


def image_format(layers: list[Layer]) -> str:
    """Where the channels of the images are, according to the first layer that has a data format."""
    formats = [str(layer.data_format) for layer in layers if hasattr(layer, "data_format")]
    return formats[0] if formats else "channels_last"


def _image_shape(tensor: SymbolicTensor) -> tuple[int, ...]:
    return tuple(extent for extent in tensor.shape[1:] if extent is not None)
