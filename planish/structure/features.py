"""The number that everybody needs: how many features the first Dense, or Linear, gets."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from planish.layers import Flatten
from planish.structure.sources import built, layers_from, name_of
from planish.structure.steps import Shape, Step, chain, steps_of
from planish.tracebacks import short_in_notebooks


class FlatFeatures(int):
    """The number of flat features: an int in every respect, which also knows where it comes from.

    `shape` is the map's that is flattened, `input_shape` the image's (both without the batch axis), and `steps` has the
    layers in between. It is pickled and written to JSON as the plain number.

    >>> count = keras.flat_features(keras.Sequential([keras.Input((5, 5, 2)), keras.layers.Flatten()]))
    >>> count + 1
    51
    """

    input_shape: Shape
    shape: Shape
    steps: tuple[Step, ...]

    def __new__(cls, input_shape: Shape, steps: Sequence[Step]) -> FlatFeatures:
        shape = steps[-1].output_shape if steps else tuple(input_shape)
        features = super().__new__(cls, math.prod(shape))
        features.input_shape, features.shape, features.steps = tuple(input_shape), shape, tuple(steps)
        return features

    @property
    def chain(self) -> str:
        """The way of the shapes: "(28, 28, 1) -> Conv2D 'conv2d' (26, 26, 32) -> 26 * 26 * 32 = 21632"."""
        product = " * ".join(map(str, self.shape))
        total = f"{product} = {int(self)}" if len(self.shape) > 1 else str(int(self))
        return f"{chain(self.input_shape, self.steps)} -> {total}"

    def __repr__(self) -> str:
        return f"<FlatFeatures {int(self)}: {self.chain}>"

    def __str__(self) -> str:
        return str(int(self))

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        return int, (int(self),)


@short_in_notebooks
def flat_features(layers: Any, input_shape: Sequence[int] | int | None = None) -> FlatFeatures:
    """How many features the model's Flatten gives for images of the shape: `in_features` of the Linear after it.

    `layers` is a model or a list of layers, of planish, Keras or PyTorch, or the path of a file; nothing in it
    is changed. What comes after the first Flatten is ignored, so it does not have to fit; without a Flatten, it is the
    number of all outputs of the last layer. `input_shape` is without the batch axis, with the channels first for
    PyTorch. TypeError for what is not a model, ValueError if the layers before the Flatten do not fit.

    >>> int(keras.flat_features(keras.Sequential([keras.Input((5, 5, 2)), keras.layers.Flatten()])))
    50
    """
    every, shape = layers_from(layers, input_shape)
    before = list(itertools.takewhile(lambda layer: not isinstance(layer, Flatten), every))
    return FlatFeatures(shape, steps_of(built(before, shape, name_of(layers))) if before else ())
