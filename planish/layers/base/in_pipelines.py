"""Layers and models in TensorFlow's pipelines: `dataset.map(lambda x, y: (layer(x), y))`.

TensorFlow calls such a function once, with tensors that have no values yet. A layer that is called on one becomes a
step of the pipeline, and computes whenever values come.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from planish import structures
from planish.errors import explain
from planish.graph.node import dtype_of_numbers
from planish.layers.base import inference
from planish.symbolic import BatchShape, Record, Spec, SymbolicTensor

if TYPE_CHECKING:
    from planish.layers.base.layer import Layer


def is_later(value: Any) -> bool:
    """Whether it is a tensor of TensorFlow that has no value yet."""
    if type(value).__module__.partition(".")[0] != "tensorflow":
        return False
    return bool(sys.modules["tensorflow"].is_symbolic_tensor(value))


def any_later(given: Any) -> bool:
    """Whether there is one in a structure of arguments."""
    return any(map(is_later, structures.leaves(given)))


def computed_later(layer: Layer, inputs: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
    """What the layer will give for tensors that have no values yet: TensorFlow's tensors, in the layer's structure.

    The layer is built, if it was not. ValueError if it cannot take tensors of these shapes.
    """
    given = (inputs, dict(keywords))
    tensors = [leaf for leaf in structures.leaves(given) if is_later(leaf)]
    specs = _specs(layer, *given)
    shapes, dtype = [spec.shape for spec in structures.leaves(specs)], dtype_of_numbers()

    def compute(*arrays: NDArray[Any]) -> list[NDArray[Any]]:
        values = iter(arrays)
        now, named = structures.mapped(lambda leaf: next(values) if is_later(leaf) else leaf, given)
        return [np.asarray(leaf, dtype) for leaf in structures.leaves(layer(*now, **named))]

    results = sys.modules["tensorflow"].numpy_function(compute, tensors, [dtype] * len(shapes))
    for result, shape in zip(results, shapes, strict=True):
        result.set_shape(shape)
    return structures.packed(specs, results)


def changed_later(function: Callable[[NDArray[Any]], NDArray[Any]], tensor: Any) -> Any:
    """What the function, which keeps shapes, will give for a tensor that has no value yet: a tensor of float32."""
    result = sys.modules["tensorflow"].numpy_function(
        lambda values: np.asarray(function(values), np.float32), [tensor], "float32"
    )
    result.set_shape(tensor.shape)
    return result


def _specs(layer: Layer, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A structure of what is known of the results: a `Spec` each."""
    places, nowhere = itertools.count(), Record((), {}, None)

    def stand_in(leaf: Any) -> Any:
        if not is_later(leaf):
            return leaf
        spec = Spec(_shape(layer, leaf), layer.compute_dtype, "x")
        return SymbolicTensor(spec, layer, nowhere, next(places))

    return inference.specs_of(layer, *structures.mapped(stand_in, (inputs, keywords)))


def _shape(layer: Layer, tensor: Any) -> BatchShape:
    if tensor.shape.rank is not None:
        return tuple(tensor.shape)
    raise ValueError(
        explain(
            layer=layer.label,
            what="the number of axes of the tensor is not known",
            rule="a layer in a pipeline is made ready before there are values",
            expected="a shape such as (None, None, None, 3), in which sizes may be unknown",
            remedy="x.set_shape((None, None, None, 3)) before the layer",
        )
    )
