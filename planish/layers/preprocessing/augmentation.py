"""What layers share that change images, most of them at random and in training only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, Unpack

import numpy as np

from planish import primitives, structures
from planish.errors import explain
from planish.graph.node import Node
from planish.layers.base import arguments, draws
from planish.layers.base.common_arguments import LayerOptions, RegularizedOptions
from planish.layers.base.context import CallContext
from planish.layers.base.image import axes_of, from_channels_last, last_shape, to_channels_last
from planish.layers.base.in_pipelines import is_later
from planish.layers.base.layer import Layer, Shape
from planish.symbolic import SymbolicTensor, any_symbolic

Range = tuple[float, float]


class BoxOptions(LayerOptions, total=False):
    """For layers whose signature has `data_format` itself."""

    bounding_box_format: str | None


class UnnamedBoxOptions(RegularizedOptions, total=False):
    """For layers whose signature has `data_format` and `name` itself."""

    bounding_box_format: str | None


class AugmentationOptions(BoxOptions, total=False):
    """For all other layers that change images."""

    data_format: str | None


class ImageLayer(Layer):
    """A layer that changes images: one [height, width, channels], a batch of them, or {"images": ..., "labels": ...}.

    `data_format`: 'channels_last' or 'channels_first'. `bounding_box_format` is kept for files; there are no boxes.
    """

    always_built = True

    def __init__(
        self, *, data_format: str | None = None, bounding_box_format: str | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**options)
        self.data_format = arguments.data_format(self.label, data_format)
        self.bounding_box_format = bounding_box_format

    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        """The changed images; a single image gives a single image, a dictionary gives one, with its labels."""
        first = inputs[0] if inputs else None
        if isinstance(first, Mapping):
            return {**first, "images": self(self._images_of(first), *inputs[1:], **keywords)}
        if is_one_image(first):
            return super().__call__(alone(first), *inputs[1:], **keywords)[0]
        return super().__call__(*inputs, **keywords)

    def _images_of(self, data: Mapping[str, Any]) -> Any:
        if "images" in data and not {*data} - {"images", "labels"}:
            return data["images"]
        raise ValueError(
            explain(
                layer=self.label,
                what="the dictionary has what the layer does not change, or has no images",
                rule="images are changed, and labels are kept",
                expected='{"images": ..., "labels": ...}',
                received=", ".join(map(repr, data)) or "nothing",
                remedy='layer({"images": images, "labels": labels}), and the rest beside it',
            )
        )

    def check_input(self, shape: Shape) -> None:
        self.require_rank(shape, 3, axes_of(self.data_format))
        self.check_map(last_shape(shape, self.data_format))

    def check_map(self, shape: Shape) -> None:
        """Raises ValueError if the layer cannot take maps of the shape (height, width, channels)."""

    def call(self, x: Node, context: CallContext) -> Node:
        y = self.changed(to_channels_last(x, self.data_format), context)
        return from_channels_last(y, self.data_format)

    def changed(self, x: Node, context: CallContext) -> Node:
        """What becomes of maps (height, width, channels)."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "data_format": self.data_format}
        boxes = self.bounding_box_format
        return config if boxes is None else {**config, "bounding_box_format": boxes}


class Augmentation(ImageLayer):
    """A layer that changes images at random: in training, and as in Keras, if nobody says what it is called for."""

    if_untold = True
    numbers_drawn = 1
    """How many numbers it draws for each image."""

    def __init__(self, seed: int | None = None, **options: Unpack[AugmentationOptions]) -> None:
        super().__init__(**options)
        self.seed = draws.checked_seed(self.label, seed)

    def call(self, x: Node, context: CallContext) -> Node:
        return super().call(x, context) if context.training else x

    def changed(self, x: Node, context: CallContext) -> Node:
        return self.transformed(x, self.draws(context))

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        """What becomes of maps (height, width, channels), given the numbers that were drawn for their images."""
        raise NotImplementedError

    def draws(self, context: CallContext) -> list[Node]:
        """`numbers_drawn` numbers in [0, 1) for each image. To be asked for once in a call."""
        return primitives.unstack(draws.uniform(context, (self.numbers_drawn,), self.seed), 0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


_Part = TypeVar("_Part", bound=Augmentation)


def alone(image: Any) -> Any:
    """A batch that consists of one image."""
    return (image if is_later(image) else np.asarray(image))[None]


def is_one_image(value: Any) -> bool:
    """Whether it is [height, width, channels]: numbers, or a tensor in a pipeline of TensorFlow."""
    if isinstance(value, Node | SymbolicTensor) or any_symbolic((value,), {}):
        return False
    if isinstance(value, list | tuple) and any(np.ndim(leaf) for leaf in structures.leaves(value)):
        return False
    return bool(np.ndim(value) == 3)


def _numbers(layer: str, name: str, value: Any, expected: str) -> Range:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise arguments.wrong_argument(layer, name, expected, value)
    try:
        low, high = sorted(arguments.number(layer, name, each) for each in value)
    except ValueError:
        raise arguments.wrong_argument(layer, name, expected, value) from None
    return low, high


def factor_range(
    layer: str,
    name: str,
    value: Any,
    least: float,
    most: float,
    *,
    strict: bool = True,
    remedy: Callable[[float], str] | None = None,
) -> Range:
    """`value`, a pair, or a number that stands for (-number, number), between `least` and `most`.

    As Keras has it for some layers, a pair that is not `strict` only overlaps with these bounds. `remedy` says what to
    write in place of a number that is beyond them.
    """
    expected = f"a number from {least:g} to {most:g}, or two of them"
    if isinstance(value, list | tuple):
        low, high = _numbers(layer, name, value, expected)
        fits = least <= low and high <= most if strict else low <= most and high >= least
    else:
        try:
            number = arguments.number(layer, name, value)
        except ValueError:
            raise arguments.wrong_argument(layer, name, expected, value) from None
        fits = least <= number <= most
        low, high = max(-abs(number), least), abs(number)
    if not fits:
        raise arguments.wrong_argument(layer, name, expected, value, remedy(high) if remedy else None)
    return low, high


def value_range(layer: str, value: Any) -> Range:
    """The least and the greatest value of a pixel."""
    return _numbers(layer, "value_range", value, "two numbers: the least and the greatest value of a pixel")


def clipped(x: Node, bounds: Range) -> Node:
    return primitives.minimum(primitives.maximum(x, bounds[0]), bounds[1])


def moved_range(x: Node, source: Range, target: Range) -> Node:
    """Pixels between the two numbers of `source` as pixels between those of `target`."""
    if source == target:
        return x
    share = primitives.divide(primitives.subtract(x, source[0]), source[1] - source[0])
    return primitives.add(primitives.multiply(share, target[1] - target[0]), target[0])


def by_chance(draw: Node, chance: Node, factor: Range) -> Node:
    """Whether something happens to an image, with a probability that is drawn between the two numbers of `factor`."""
    return primitives.less(draw, draws.between(chance, *factor))


def require_colors(layer: Layer, shape: Shape) -> None:
    """ValueError unless maps of the shape (height, width, channels) are in color."""
    if shape[2] != 3:
        remedy = "x = Concatenate()([x, x, x]) before it, if images are gray; or a model without the layer"
        raise layer.mistake(
            "the images are not in color", shape, expected="3 channels", received=f"{shape[2]}", remedy=remedy
        )


def shared_out(parts: Sequence[_Part], drawn: Sequence[Node]) -> Iterator[tuple[_Part, Sequence[Node]]]:
    """Each layer with the numbers that are for it, of those that were drawn for all."""
    start = 0
    for part in parts:
        yield part, drawn[start : start + part.numbers_drawn]
        start += part.numbers_drawn
