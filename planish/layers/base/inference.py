"""What a layer's call gives for symbolic tensors: found by tracing it.

Sizes that come with the data (None) are stood in for by numbers, as large as the layer needs. Two traces with different
numbers show which sizes of the result depend on them, and whether weights would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from planish import primitives, structures
from planish.graph.node import Node
from planish.layers.base import calling, chain, misfits, shapes
from planish.layers.base.context import CallContext
from planish.symbolic import BatchShape, Spec, SymbolicTensor

if TYPE_CHECKING:
    from planish.layers.base.layer import Layer

Shapes = Mapping[SymbolicTensor, BatchShape]


def specs_of(layer: Layer, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
    """A structure of `Spec`s: what the layer returns for these arguments. Builds the layer if it is not built."""
    tensors = [leaf for leaf in structures.leaves((arguments, keywords)) if isinstance(leaf, SymbolicTensor)]
    shapes_of = {tensor: tensor.shape for tensor in tensors}
    aligned = dict(zip(tensors, shapes.aligned([tensor.shape for tensor in tensors]), strict=True))
    if not _is_open(shapes_of):
        return _specs(layer, arguments, keywords, shapes_of)
    if aligned == shapes_of:
        return shapes.with_room(lambda: _specs(layer, arguments, keywords, shapes_of))
    try:
        return shapes.with_room(lambda: _specs(layer, arguments, keywords, shapes_of))
    except ValueError:  # a size that comes with the data may have to be that of another tensor
        return shapes.with_room(lambda: _specs(layer, arguments, keywords, aligned))


def _is_open(shapes_of: Shapes) -> bool:
    return any(None in shape[tensor.batched :] for tensor, shape in shapes_of.items())


def _specs(layer: Layer, arguments: tuple[Any, ...], keywords: Mapping[str, Any], shapes_of: Shapes) -> Any:
    tensors = [*shapes_of]
    given, named = calling.without_training(type(layer), arguments, keywords)
    named.pop("training", None)

    def shape(leaf: Any) -> BatchShape:
        return shapes_of[leaf] if isinstance(leaf, SymbolicTensor) else ()

    sizes = shapes.stand_ins() if _is_open(shapes_of) else shapes.stand_ins()[:1]
    layer.make_ready(
        calling.shapes_by_name(type(layer), given, named, shape), *_with_nodes(given, named, shapes_of, sizes[0])
    )
    known = layer.known_outputs(tensors)
    if known is not None:
        return known
    results = [
        layer.connect_all(*_with_nodes(arguments, keywords, shapes_of, size), CallContext(None)) for size in sizes
    ]
    batch = next((tensor.shape[0] for tensor in tensors if tensor.batched and tensor.shape[0] is not None), None)
    every = [structures.leaves(result) for result in results]
    return structures.packed(results[0], [_spec(layer, nodes, batch) for nodes in zip(*every, strict=True)])


def _with_nodes(
    arguments: tuple[Any, ...], keywords: Mapping[str, Any], shapes_of: Shapes, size: int
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call with nodes in place of symbolic tensors, `size` in place of sizes that come with the
    data."""
    nodes: dict[SymbolicTensor, Node] = {}

    def node_for(leaf: Any) -> Any:
        if not isinstance(leaf, SymbolicTensor):
            return leaf
        if leaf not in nodes:
            extents = [size if extent is None else extent for extent in shapes_of[leaf][leaf.batched :]]
            make = primitives.input_ if leaf.batched else primitives.parameter
            nodes[leaf] = make(f"x{len(nodes)}", extents)
        return nodes[leaf]

    given, named = structures.mapped(node_for, (arguments, dict(keywords)))
    return given, named


def _spec(layer: Layer, nodes: tuple[Node, ...], batch: int | None) -> Spec:
    """From the results of all traces: sizes in which they differ come with the data."""
    sizes = [[*extents] for extents in zip(*(node.shape for node in nodes), strict=True)]
    extents = [each[0] if len(set(each)) == 1 else None for each in sizes]
    batched = nodes[0].batched
    return Spec((batch, *extents) if batched else tuple(extents), nodes[0].dtype, layer.name, batched)


def refuse_open_weights(layer: Layer, input_shape: Any) -> None:
    """ValueError if the layer, which was built with numbers in place of unknown sizes, has weights whose shapes depend
    on them."""
    other = layer.unbuilt_copy()
    other.build(shapes.mapped(lambda shape: (shape[0], *shapes.per_image(shape, shapes.stand_ins()[1])), input_shape))
    if [variable.shape for variable in other.weights] == [variable.shape for variable in layer.weights]:
        return
    layer.forget_build()
    raise layer.mistake(
        "the layer's weights depend on a size that comes with the data",
        shapes.per_image(shapes.every(input_shape)[0]),
        rule="only sizes on which no weight depends may be left open",
        remedy=misfits.open_remedy(layer, chain.recorded()),
    )
