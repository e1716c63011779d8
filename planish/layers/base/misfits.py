"""What to do about an input that a layer cannot take: remedies, and where numbers come from.

Functions take the chain of shapes up to the layer, as `chain.recorded` gives it: empty outside a model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from planish.errors import number_of
from planish.layers.base import chain
from planish.layers.base.chain import Link, origin

if TYPE_CHECKING:
    from planish.layers.base.layer import Layer

_CHANNELS = (1, 3, 4)
_SPACE = {
    2: ("sequences", "(steps, channels)"),
    3: ("images", "(height, width, channels)"),
    4: ("volumes", "(depth, height, width, channels)"),
}
_LEAST_SIZE = 8
"""Images have at least so many rows and columns; a shorter axis may be channels."""


def counted(count: int, unit: str, links: Sequence[Link]) -> str:
    """ "5,408 features (Flatten of 13x13x32, from 28x28x1 images)"."""
    source = origin(links)
    number = number_of(count, unit.removesuffix("s"))
    return f"{number} ({source})" if source else number


def reuse_remedy(label: str, fresh: str, built: Sequence[Link], links: Sequence[Link]) -> str:
    """What to do about a layer that was built in one model and is used in another."""
    new = f"a new layer in place of {label}: {fresh}"
    if built and links and built[0].shape != links[0].shape:
        return f"{new}\nor images like those that it was built for: Input({_images(built[0].shape)})"
    return new


def rank_remedy(layer: Layer, shape: tuple[int, ...], rank: int, links: Sequence[Link]) -> str | None:
    """What to do where `layer` needs maps of another rank than that of `shape` (without the batch axis)."""
    if rank not in _SPACE:
        return None
    flattened = _flattened_at(links)
    if flattened is not None:
        return _after_flattening(layer, shape, links, flattened)
    if rank != 3:
        return _other_space(layer, shape, rank)
    at_the_start = len(links) <= 1
    if len(shape) == 2:
        first = getattr(layer, "data_format", "") == "channels_first"
        added, indexed = ((1, *shape), "x[:, None]") if first else ((*shape, 1), "x[..., None]")
        if not links:
            return f"add the channel axis: {indexed}"
        return f"{_spelled(layer, added)}, and {indexed} for the images" if at_the_start else f"Reshape({added})"
    if len(shape) == 4 and at_the_start:
        return (
            f"leave the {_first_axis(links)} out: {_spelled(layer, shape[1:])}"
            if links
            else "x.reshape(-1, *x.shape[-3:])"
        )
    side = math.isqrt(shape[0]) if len(shape) == 1 else 0
    if side > 1 and side * side == shape[0]:
        return f"turn the vectors into images first: Reshape({(side, side, 1)})"
    return "an image has three axes: Reshape((height, width, channels)) in front of the layer makes them"


def _other_space(layer: Layer, shape: tuple[int, ...], rank: int) -> str:
    """What to do about a layer on sequences or volumes that gets something else."""
    if len(shape) == rank - 1:
        first = getattr(layer, "data_format", "") == "channels_first"
        return f"add the channel axis: Reshape({(1, *shape) if first else (*shape, 1)})"
    kind = type(layer).__name__
    if len(shape) in _SPACE and kind.endswith(("1D", "3D")):
        return f"{kind[:-2]}{len(shape) - 1}D for {_SPACE[len(shape)][0]}"
    many, axes = _SPACE[rank]
    return f"{many} have {rank} axes: Reshape({axes}) in front of the layer makes them"


def open_remedy(layer: Layer, links: Sequence[Link]) -> str:
    """What to do where a weight depends on a size that comes with the data."""
    shape = links[0].shape[1:] if links else ()
    if len(shape) in (3, 4) and shape[0] is None and None not in shape[1:]:
        return f"leave the batch axis out: {_spelled(layer, _images(shape))}"
    if _flattened_at(links):
        return (
            "GlobalAveragePooling2D() in place of Flatten(): it gives as many features for every size\n"
            "or an Input with all sizes: Input((224, 224, 3))"
        )
    return "an Input with all sizes, such as Input((28, 28, 1))"


def _first_axis(links: Sequence[Link]) -> str:
    return "batch axis" if links[0].shape[1] is None else "number of images"


def _flattened_at(links: Sequence[Link]) -> int | None:
    """The index of the last link that made vectors from maps."""
    places = [place for place in range(1, len(links)) if len(links[place].shape) == 2 < len(links[place - 1].shape)]
    return places[-1] if places else None


def _after_flattening(layer: Layer, shape: tuple[int, ...], links: Sequence[Link], place: int) -> str:
    link, maps = links[place], _images(links[place - 1].shape)
    if type(layer).__name__.startswith("Global"):
        return f"leave {link.label} out: {type(layer).__name__}() takes its place"
    moved = f"put {layer.label} in front of {link.label}"
    same_numbers = link.kind == "Flatten" and math.prod(maps) == shape[0] and len(maps) in _SPACE
    return f"{moved}\nor turn the vectors back into maps after it: Reshape({maps})" if same_numbers else moved


def _spelled(layer: Layer, shape: tuple[int, ...]) -> str:
    """The shape of images as the user writes it."""
    return f"input_shape={shape}" if layer.declared_shape is not None else f"Input({shape})"


def too_small(data_format: str, shape: tuple[int, ...], remedy: str) -> dict[str, Any]:
    """Rule and remedy for a map that is too small, which may mean that its channels are on the wrong axis."""
    links = chain.recorded()
    images = _images(links[0].shape) if links else shape
    if len(images) != 3:
        return {"remedy": remedy}
    if data_format == "channels_last" and images[0] in _CHANNELS and min(images[1:]) >= _LEAST_SIZE:
        return {
            "rule": f"images are (height, width, channels): {images} are "
            f"{number_of(images[0], 'row')} of {number_of(images[1], 'pixel')}",
            "remedy": f"Input({(*images[1:], images[0])}), and np.moveaxis(x, 1, -1) for the images\n"
            "or data_format='channels_first' in every layer that has it",
        }
    if data_format == "channels_first" and images[2] in _CHANNELS and min(images[:2]) >= _LEAST_SIZE:
        return {
            "rule": f"with data_format='channels_first', images are (channels, height, width): {images} are "
            f"{number_of(images[1], 'row')} of {number_of(images[2], 'pixel')}",
            "remedy": "leave data_format='channels_first' out\n"
            f"or Input({(images[2], *images[:2])}), and np.moveaxis(x, -1, 1) for the images",
        }
    return {"remedy": remedy}


def reshape_remedy(shape: tuple[int, ...], target: tuple[int, ...]) -> str:
    """What to write instead of Reshape(target), for images of `shape`."""
    size = math.prod(shape)
    if len(target) == 1:
        return f"Flatten(), or Reshape({(size,)})"
    for place in reversed(range(len(target))):
        others = math.prod(extent for at, extent in enumerate(target) if at != place and extent != -1)
        if -1 not in target and size % others == 0 and size // others > 1:
            fitting = (*target[:place], size // others, *target[place + 1 :])
            return f"Reshape({fitting})"
    return f"Flatten(), or a shape of {size:,} numbers"


def _images(shape: Sequence[int | None]) -> tuple[int, ...]:
    return tuple(extent for extent in shape[1:] if extent is not None)
