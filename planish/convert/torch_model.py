"""A PyTorch module as a model of planish, verified by numbers."""

from __future__ import annotations

import copy
import importlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.convert import building
from planish.convert.graphs.foreign_graph import ForeignGraph
from planish.convert.graphs.names import readable
from planish.convert.torch_arrays import entries
from planish.convert.torch_reading import reading, tracing
from planish.convert.torch_state import ORIGINS, Origin
from planish.convert.verifying import compared
from planish.errors import explain, kind_with_article
from planish.models import Model

Array = NDArray[Any]
Shape = tuple[int, ...]

_FIRST, _SECOND = tracing.BATCHES


def from_torch(module: Any, input_shape: Sequence[Any]) -> Model:
    """A PyTorch module as a model of planish, with its weights.

    `input_shape` is the shape of one image as PyTorch has it, without the batch axis and with the channels first:
    (3, 224, 224). For a module with several inputs it is a list of such shapes. The model takes images with the
    channels last, (224, 224, 3), and gives maps like that. It is what the module is in eval mode: dropout is left out,
    and BatchNorm uses what it has gathered. Layers have the paths of their modules as names, and do not train if no
    parameter of the module does. The module stays as it is.

    torch.fx follows the module's `forward`; where it cannot, torch.export runs it. The model is compared with the
    module on random images before it is returned.

    TypeError for what is not a module; ValueError names the layer or call that has no counterpart, or the first layer
    whose numbers differ.
    """
    if not reading.is_module(module):
        raise _no_module(module)
    if any(class_.__name__ == "ScriptModule" for class_ in type(module).__mro__):
        raise _scripted()
    shapes = _shapes(input_shape)
    ready = _computable(module)
    torch = importlib.import_module("torch")
    images = [_images(shape, _SECOND, number) for number, shape in enumerate(shapes)]
    tensors = [torch.from_numpy(each) for each in images]
    read = reading.read(ready, [[each[:_FIRST] for each in tensors], tensors])
    made = building.built(read.graph, None)
    _freeze(made.model, read.graph, ready)
    compared(made, read, images)
    ORIGINS[made.model] = _origin(made.model, read.graph, ready)
    return made.model


def _no_module(value: Any) -> TypeError:
    ways: list[tuple[type | tuple[type, ...], str]] = [
        (Mapping, "planish.convert.from_state_dict(state, like=model), with a model of the same layers"),
        (type, f"an object of the class: {getattr(value, '__name__', '')}(...)"),
        (
            (str, os.PathLike),
            "make the module, then module.load_state_dict(torch.load(path, weights_only=True))",
        ),
        (Model, "model.predict(images): it is a model of planish"),
    ]
    way = next((way for kind, way in ways if isinstance(value, kind)), "from_torch(module, input_shape)")
    return TypeError(
        explain(
            what="from_torch: this is not a PyTorch module",
            expected="a torch.nn.Module",
            received=repr(value) if isinstance(value, (str, os.PathLike)) else kind_with_article(value),
            remedy="program.module()" if hasattr(value, "graph_module") else way,
        )
    )


def _scripted() -> ValueError:
    return ValueError(
        explain(
            what="from_torch: this is a TorchScript module, which is not followed",
            expected="the module that it was made of",
            received="a ScriptModule",
            remedy="from_torch(module, input_shape), with the module that torch.jit was given\n"
            "or torch.onnx.export(module, images, 'model.onnx', dynamo=False)\n"
            "then planish.load_onnx('model.onnx')",
        )
    )


def _shapes(given: Any) -> list[Shape]:
    """The shapes of all inputs."""
    if isinstance(given, int):
        return [(given,)]
    items = list(given) if isinstance(given, (list, tuple)) else None
    if items and all(isinstance(each, (list, tuple)) for each in items):
        return [shape for each in items for shape in _shapes(each)]
    if not items or not all(isinstance(each, (int, np.integer)) and each > 0 for each in items):
        raise ValueError(
            explain(
                what="from_torch: this is not the shape of an image",
                expected="the extents without the batch axis, channels first, such as (3, 224, 224)",
                received=repr(given),
                remedy="from_torch(module, (3, 224, 224))",
            )
        )
    return [tuple(int(each) for each in items)]


def _images(shape: Shape, count: int, seed: int) -> Array:
    return np.random.default_rng(seed).standard_normal((count, *shape), np.float32)


def _computable(module: Any) -> Any:
    """The module, or a copy of it, in float32 on the CPU. ValueError for one without numbers."""
    named = [*module.named_parameters(), *module.named_buffers()]
    for name, tensor in named:
        if type(tensor).__name__.startswith("Uninitialized"):
            raise ValueError(
                explain(
                    what=f"from_torch: {name!r} does not have a shape before the module has run",
                    remedy="module(torch.zeros(1, 3, 224, 224))",
                )
            )
        if tensor.is_meta:
            raise ValueError(
                explain(
                    what=f"from_torch: {name!r} does not have numbers: it is on the device 'meta'",
                    remedy="module.to_empty(device='cpu'), and module.load_state_dict(state)",
                )
            )
    wanted = all(str(each.dtype) == "torch.float32" or not each.is_floating_point() for _, each in named)
    if wanted and all(each.device.type == "cpu" for _, each in named):
        return module
    return copy.deepcopy(module).cpu().float()


def _weights(graph: ForeignGraph) -> Iterator[tuple[str, list[str]]]:
    """For each operator that becomes a layer, the layer's name and those of its weights."""
    for operation in graph.operations:
        weights = [each for each in operation.inputs if each is not None and each in graph.constants]
        if weights:
            yield readable(operation.name, operation.kind), weights


def _freeze(model: Model, graph: ForeignGraph, module: Any) -> None:
    """Layers do not train if none of their parameters does."""
    trained = {name: parameter.requires_grad for name, parameter in module.named_parameters()}
    layers = {layer.name: layer for layer in model.layers}
    for name, weights in _weights(graph):
        own = [trained[each] for each in weights if each in trained]
        if own and not any(own) and name in layers:
            layers[name].trainable = False


def _origin(model: Model, graph: ForeignGraph, module: Any) -> Origin:
    """The names that the module has for the model's weights, where they are not those of layers, and all else that its
    state dict has."""
    whole = module.state_dict()
    state = {name: tensor.detach() for name, tensor in whole.items() if hasattr(tensor, "detach")}
    weights = dict(_weights(graph))
    names: dict[str, tuple[str, Shape]] = {}
    for entry in entries(model):
        for name in weights.get(entry.module, ()):
            if name in state and name != entry.name and _holds(entry.array(), state[name]):
                names[entry.name] = (name, tuple(state[name].shape))
    have = {names.get(entry.name, (entry.name, ()))[0] for entry in entries(model)}
    rest = {
        name: np.asarray(tensor.cpu().numpy()).copy()
        for name, tensor in state.items()
        if name not in have and ".parametrizations." not in f".{name}"
    }
    return Origin(names, rest, copy.deepcopy(getattr(whole, "_metadata", None)))


def _holds(array: Array, tensor: Any) -> bool:
    """Whether a weight is this parameter, perhaps with more axes of extent 1."""
    return array.size == tensor.numel() and bool(np.array_equal(array.reshape(-1), tensor.cpu().numpy().reshape(-1)))
