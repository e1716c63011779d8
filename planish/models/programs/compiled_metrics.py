"""Metrics that are functions of the user's own, as parts of programs.

A function is run once on symbolic tensors, which have Keras's operators and operations. What it made of them becomes a
part of the program. A function that needs arrays - for NumPy, for `if`, for `==` - gets arrays: batch by batch, from
the outputs that the program leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from planish import naming, primitives
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.layers import InputLayer
from planish.layers.base.context import CallContext
from planish.losses.reduction import same_rank
from planish.models.data.arrays import Array
from planish.models.networks.network import Network
from planish.symbolic import SymbolicTensor, in_place_of_arrays

Shape = tuple[int, ...]


class CompiledMetric(NamedTuple):
    """Metric number `number` of a model, for the output at `place`, whose arrays have names that end in `ending`.

    `network` leads from targets and outputs, one image of which has the shapes `targets` and `outputs`, to the values.
    These are one for each image (`batched`), or for the batch, where they count as `rows` values. `alone`: an image's
    value does not depend on the other images of its batch.
    """

    number: int
    place: int
    ending: str
    targets: Shape
    outputs: Shape
    network: Network
    batched: bool
    alone: bool
    rows: int

    @property
    def name(self) -> str:
        """In graphs, that of the values."""
        return f"metric/{self.number}"

    @property
    def target_name(self) -> str:
        """In graphs, that of the targets as the metrics of the output see them."""
        return f"seen{self.ending}"

    def value(self, y: Node) -> Node:
        """The mean of the values of each image, or of the batch, given the output: shape ()."""
        y_true = primitives.input_(self.target_name, self.targets)
        y_pred = y if y.shape == self.outputs else primitives.reshape(y, self.outputs)
        values: Node = self.network.connect([y_true, y_pred], CallContext())
        return primitives.reduce_mean(values, range(len(values.shape))) if values.shape else values

    def counted(self, values: Array, places: slice, steps: slice) -> Array:
        """Of the values of a program, those of the images at `places`, or of the `steps`, as often as they count."""
        return values[places] if self.batched else np.repeat(values[steps], self.rows)


def aligned(targets: Sequence[int], outputs: Sequence[int]) -> tuple[Shape, Shape]:
    """How a function sees targets and outputs of these shapes, all without the batch axis: of one rank, if possible."""
    seen = same_rank(np.empty((2, *targets), np.bool_), np.empty((2, *outputs), np.bool_))
    return seen[0].shape[1:], seen[1].shape[1:]


def compiled(
    function: Callable[..., Any], number: int, place: int, ending: str, targets: Shape, outputs: Shape, weighted: bool
) -> CompiledMetric | None:
    """The function for targets and outputs of one image that have these shapes; None if it needs arrays.

    `weighted`: its values are multiplied by those of images, so there has to be one for each image.
    """
    from planish.models.programs.step_graph import depends_on_batch

    targets, outputs = aligned(targets, outputs)
    try:
        with naming.apart(), in_place_of_arrays():
            network = _network(function, targets, outputs)
            found = CompiledMetric(
                number=number,
                place=place,
                ending=ending,
                targets=targets,
                outputs=outputs,
                network=network,
                batched=True,
                alone=True,
                rows=1,
            )
            values = network.connect(
                [primitives.input_("y_true", targets), primitives.input_("y_pred", outputs)], CallContext()
            )
            graph = Graph.build({"value": found.value(primitives.input_("y", outputs))})
    except Exception:  # whatever a function cannot do with symbolic tensors, it may do with arrays, or says why not
        return None
    if graph.leaves("scalar") or (weighted and not values.batched):
        return None
    alone = values.batched and not depends_on_batch(graph)
    return found._replace(batched=values.batched, alone=alone, rows=1 if values.batched else [*values.shape, 1][0])


def _network(function: Callable[..., Any], targets: Shape, outputs: Shape) -> Network:
    """TypeError if what the function gives is not a symbolic tensor."""
    ends = [InputLayer(shape=shape, name=name).tensor for name, shape in (("y_true", targets), ("y_pred", outputs))]
    values = function(*ends)
    if not isinstance(values, SymbolicTensor):
        raise TypeError(f"{type(values).__name__} instead of a symbolic tensor")
    return Network(ends, values)
