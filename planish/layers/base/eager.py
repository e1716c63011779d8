"""Layers called on arrays: traced, and computed at once by the interpreter, or in a pipeline when there are arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from planish import primitives, structures
from planish.errors import explain
from planish.graph.graph import Graph
from planish.graph.node import dtype_of_numbers
from planish.layers.base.calling import without_training
from planish.layers.base.context import CallContext
from planish.layers.base.in_pipelines import any_later, computed_later
from planish.layers.base.paths import make_unique
from planish.layers.base.weight_owner import WeightOwner
from planish.tensor import tensor

if TYPE_CHECKING:
    from planish.layers.base.layer import Layer

Array = NDArray[Any]


def computed(layer: Layer, inputs: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
    """The layer's output for arrays [images, ...], in the structure that it returns."""
    if any_later((inputs, keywords)):
        return computed_later(layer, inputs, keywords)
    from planish.primitives.interpreter import interpret

    inputs, named = without_training(type(layer), inputs, keywords)
    context = CallContext(named.pop("training", None), sets_variables=True)
    arrays: dict[str, Array] = {}

    def node_for(leaf: Any) -> Any:
        if leaf is None or isinstance(leaf, bool | str):
            return leaf
        array = _checked(layer, np.asarray(leaf))
        name = f"x{len(arrays)}" if arrays else "x"
        arrays[name] = array.astype(dtype_of_numbers())
        return primitives.input_(name, array.shape[1:])

    def taken(place: int, argument: Any) -> Any:
        is_setting = place > 0 and isinstance(argument, int | float | str | None)
        return argument if is_setting else structures.mapped(node_for, _as_structure(argument))

    given = [taken(place, argument) for place, argument in enumerate(inputs)]
    named = {name: structures.mapped(lambda leaf: _setting(leaf, node_for), value) for name, value in named.items()}
    count = _count(layer, arrays)
    make_unique(layer.weights)
    y = layer.connect_all(tuple(given), named, context)
    nodes = {f"y{place}": node for place, node in enumerate(structures.leaves(y))}
    penalties = {f"loss{place}": node for place, node in enumerate(context.losses)}
    graph = Graph.build(nodes | penalties, {variable.path: value for variable, value in context.updates.items()})
    bindings: dict[str, Array] = {variable.path: variable.value for variable in layer.weights}
    bindings |= {name: np.asarray(value, np.int32) for name, value in layer.random_scalars().items()}
    results = interpret(graph, bindings | arrays, batch_size=count)
    for variable in context.updates:
        variable.assign(results.updates[variable.path])
    layer.note_losses([tensor(results.outputs[name]) for name in penalties])
    return structures.packed(y, [tensor(results.outputs[name]) for name in nodes])


def _setting(leaf: Any, node_for: Callable[[Any], Any]) -> Any:
    """A keyword's value: single numbers, and what is not an array at all, are settings."""
    return node_for(leaf) if hasattr(leaf, "shape") and leaf.shape != () else leaf


def _as_structure(argument: Any) -> Any:
    """Lists and tuples of arrays are several inputs; other lists are one array."""
    if isinstance(argument, Mapping):
        return argument
    if isinstance(argument, list | tuple):
        leaves = structures.leaves(argument)
        if leaves and all(hasattr(leaf, "shape") and leaf.shape != () for leaf in leaves):
            return argument
    return np.asarray(argument)


def _checked(layer: Layer, array: Array) -> Array:
    if array.dtype == object and any(isinstance(item, WeightOwner) for item in array.flat):
        raise TypeError(
            explain(
                layer=layer.label,
                what="a layer was called on a layer",
                rule="layers are called on what Input(...) or another layer's call gave",
                expected="a symbolic tensor or an array",
                received=repr(array.flat[0]),
                remedy="x = Input(shape=...); y = layer(x), and then the next one on y",
            )
        )
    if array.ndim == 0:
        raise ValueError(
            explain(
                layer=layer.label,
                what="the input is a single number",
                expected="an array [images, ...]",
                remedy="x[None, None]",
            )
        )
    return array


def _count(layer: Layer, arrays: Mapping[str, Array]) -> int:
    counts = {len(array) for array in arrays.values()}
    if len(counts) == 1:
        return counts.pop()
    raise ValueError(
        explain(
            layer=layer.label,
            what="the inputs have different numbers of images" if counts else "there is no input",
            expected="arrays of the same length",
            received=", ".join(str(array.shape) for array in arrays.values()) or "none",
        )
    )
