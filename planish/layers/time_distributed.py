"""A layer, or a whole model, on each step of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives, structures
from planish.errors import explain
from planish.graph.node import Node
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer, Shape
from planish.layers.base.wrapper import Wrapper
from planish.layers.dense import Dense
from planish.symbolic import Spec, SymbolicTensor


class TimeDistributed(Wrapper):
    """What `layer` makes of each step: [n, steps, *shape] -> [n, steps, *what the layer gives for shape].

    All steps share the layer's weights. As in Keras, they are taken one after the other: dropout draws for each, and
    batch normalization sees one step of all images at a time. ValueError for inputs without an axis of steps.

    >>> image_model = keras.Sequential([keras.layers.Conv2D(4, 3), keras.layers.Flatten()])
    >>> keras.layers.TimeDistributed(image_model)(np.ones((2, 5, 8, 8, 1))).shape
    (2, 5, 144)
    """

    def __init__(self, layer: Layer, **options: Unpack[LayerOptions]) -> None:
        super().__init__(layer, **options)

    def check_input(self, shape: Shape) -> None:
        if len(shape) < 2:
            raise self.mistake(
                "the input has no axis of steps",
                shape,
                expected="rank 3 or more: (batch, steps, ...)",
                received=f"rank {len(shape) + 1}",
                remedy=f"{type(self.layer).__name__}(...) without TimeDistributed",
            )

    def inner_shape(self, shape: Shape) -> Shape:
        return shape[1:]

    def call(self, x: Node, context: CallContext) -> Node:
        if type(self.layer) is Dense:  # which takes all steps at once
            return self._one(self.layer(x))
        steps = [primitives.reshape(step, x.shape[1:]) for step in primitives.split(x, x.shape[0], 0)]
        return primitives.stack([self._one(self.layer(step)) for step in steps], 0)

    def _one(self, y: Any) -> Node:
        if isinstance(y, Node):
            return y
        raise TypeError(
            explain(
                layer=self.label,
                what="the layer inside gives several outputs",
                expected=f"one tensor of {self.layer.label}",
                received=f"{len(structures.leaves(y))} tensors",
                remedy="a TimeDistributed for each of them",
            )
        )

    def known_outputs(self, tensors: Sequence[SymbolicTensor]) -> Any:
        """Those of one step, so that a long sequence need not be traced."""
        if len(tensors) != 1 or not tensors[0].batched or self.activity_regularizer is not None:
            return None
        batch, steps, *rest = tensors[0].shape
        inner = self.layer.compute_output_shape((batch, *rest))
        if not isinstance(inner, tuple) or not all(each is None or isinstance(each, int) for each in inner):
            return None
        return Spec((inner[0], steps, *inner[1:]), self.compute_dtype, self.name)
