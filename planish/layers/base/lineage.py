"""The way from a model's input to one of its layers."""

from __future__ import annotations

from planish.layers.base.layer import Layer
from planish.layers.base.traced import Traced


def traced_input(layer: Layer) -> Traced:
    """The model before `layer` in the model in which it was called last. The layer must have been called."""
    from planish.models.networks.network import traced

    return traced(layer.calls[-1].inputs[0])


def image_format(layers: list[Layer]) -> str:
    """Where the channels of the images are, according to the first layer that has a data format."""
    formats = [str(layer.data_format) for layer in layers if hasattr(layer, "data_format")]
    return formats[0] if formats else "channels_last"
