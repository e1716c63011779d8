"""A model's layers and weights as PyTorch modules, for `planish bench`: the layers of common classifiers."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from planish.errors import explain
from planish.layers import AveragePooling2D, Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Rescaling

if TYPE_CHECKING:
    from planish.models.model import Model

_ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid"}


def torch_model(model: Model) -> Any:
    """An `nn.Sequential` of logits. ValueError names a layer that has no counterpart here."""
    nn = importlib.import_module("torch").nn
    return nn.Sequential(
        *(module for layer in model.layers for module in _modules(nn, layer, layer is model.layers[-1]))
    )


def _modules(nn: Any, layer: Any, is_last: bool) -> Iterator[Any]:
    config = layer.get_config()
    make = _MAKERS.get(type(layer))
    if make is None or config.get("data_format", "channels_last") != "channels_last":
        raise _unknown(layer, "a convolution, pooling, Flatten, Dense, Dropout or Rescaling layer, channels last")
    yield make(nn, layer, config)
    activation = config.get("activation", "linear")
    if activation in _ACTIVATIONS:
        yield getattr(nn, _ACTIVATIONS[activation])()
    elif activation != "linear" and not (activation == "softmax" and is_last):
        raise _unknown(layer, f"activation linear, {', '.join(_ACTIVATIONS)}, or softmax at the end")


def _unknown(layer: Any, expected: str) -> ValueError:
    return ValueError(
        explain(
            what="planish knows no counterpart in PyTorch",
            layer=f"{type(layer).__name__} '{layer.name}'",
            expected=expected,
        )
    )


def _conv(nn: Any, layer: Any, config: dict[str, Any]) -> Any:
    if config["padding"] == "same" and max(config["strides"]) > 1:
        raise _unknown(layer, "padding 'same' with strides of 1: PyTorch pads other sides")
    kernel = layer.get_weights()[0]
    module = nn.Conv2d(
        kernel.shape[2] * config["groups"],
        kernel.shape[3],
        tuple(config["kernel_size"]),
        tuple(config["strides"]),
        config["padding"],
        tuple(config["dilation_rate"]),
        config["groups"],
        config["use_bias"],
    )
    return _filled(module, [kernel.transpose(3, 2, 0, 1), *layer.get_weights()[1:]])


def _dense(nn: Any, layer: Any, config: dict[str, Any]) -> Any:
    kernel = layer.get_weights()[0]
    return _filled(nn.Linear(*kernel.shape, bias=config["use_bias"]), [kernel.T, *layer.get_weights()[1:]])


def _filled(module: Any, values: list[Any]) -> Any:
    torch = importlib.import_module("torch")
    with torch.no_grad():
        for parameter, value in zip(module.parameters(), values, strict=True):
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))
    return module


def _pool(kind: str) -> Callable[[Any, Any, dict[str, Any]], Any]:
    def make(nn: Any, layer: Any, config: dict[str, Any]) -> Any:
        if config["padding"] != "valid":
            raise _unknown(layer, "padding 'valid'")
        return getattr(nn, kind)(tuple(config["pool_size"]), tuple(config["strides"]))

    return make


def _flatten(nn: Any, layer: Any, config: dict[str, Any]) -> Any:
    """In Keras's order, rows and columns before channels, so that dense kernels fit as they are."""

    class ChannelsLast(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return (x.permute(0, 2, 3, 1) if x.ndim == 4 else x).flatten(1)

    return ChannelsLast()


def _rescaling(nn: Any, layer: Any, config: dict[str, Any]) -> Any:
    class Scaled(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x * layer.scale + layer.offset

    return Scaled()


_MAKERS: dict[type, Callable[[Any, Any, dict[str, Any]], Any]] = {
    Conv2D: _conv,
    Dense: _dense,
    MaxPooling2D: _pool("MaxPool2d"),
    AveragePooling2D: _pool("AvgPool2d"),
    Flatten: _flatten,
    Rescaling: _rescaling,
    Dropout: lambda nn, layer, config: nn.Dropout(config["rate"]),
}
