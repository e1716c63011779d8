"""Checks the shape of images against the model's input; errors say what is wrong and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from planish.errors import explain
from planish.layers.base.chain import Link, origin
from planish.layers.base.lineage import image_format
from planish.models.data.arrays import Array
from planish.models.data.expected import fits
from planish.models.data.paths import OpenShape
from planish.models.data.shape_walk import Walk, inner_layers, walk

if TYPE_CHECKING:
    from planish.models.model import Model

Shape = tuple[int, ...]


def check_images(array: Array, expected: OpenShape, model: Model, what: str = "x", input: int = 0) -> None:
    """ValueError unless `array` is [n, *expected] with n > 0; None in `expected` stands for any size.

    `input` is the place among the model's inputs.
    """
    if not fits(array.shape[1:], expected) or array.ndim == 0:
        raise ValueError(_wrong_shape(array.shape, expected, model, what, input))
    if not len(array):
        raise no_images(expected, what)


def no_images(expected: OpenShape, what: str = "x") -> ValueError:
    """The error about an empty array of images."""
    return ValueError(
        explain(
            what=f"`{what}` holds no images",
            expected=f"at least one, shape {_batched(expected)}",
            received=(0, *expected),
            remedy=f"look at what selected them: {what} = images[rows], where rows is empty or all False",
        )
    )


def _wrong_shape(received: Shape, expected: OpenShape, model: Model, what: str, input: int) -> str:
    images = received[1:]
    if len(images) != len(expected) or _is_transposed(images, expected):
        diagnosis = _wrong_axes(received, expected, what)
        if diagnosis is None:  # the last axis does not matter, so it must be the size
            return _wrong_size(_of_that_rank(images, expected), expected, model, what, input)
    else:
        found = _moved_axes(images, expected, model, what)
        if found is None:
            return _wrong_size(images, expected, model, what, input)
        diagnosis = found
    said, remedy = diagnosis
    got = walk(model, images, input=input)
    return explain(
        what=f"`{what}` {said}",
        expected=f"{_batched(expected)}, what {model.label} takes",
        received=received,
        chain=() if got.stopped_at is None else got.chain,
        remedy=remedy,
    )


def _of_that_rank(images: Shape, expected: OpenShape) -> Shape:
    """A shape of images with a last axis of 1 added or dropped, if that gives it the rank that is expected."""
    if len(images) == len(expected) - 1 and expected[-1] == 1:
        return (*images, 1)
    return images[:-1] if len(images) == len(expected) + 1 and images[-1] == 1 else images


def _wrong_axes(received: Shape, expected: OpenShape, what: str) -> tuple[str, str] | None:
    """What is wrong with data of the wrong rank, and the remedy; the likeliest mistake first. None if the rank is not
    wrong, because Keras's rule of the last axis corrects it."""
    images = received[1:]
    known = [extent for extent in expected if extent is not None]
    size = math.prod(known) if len(known) == len(expected) else None
    spelled = ", ".join(map(str, known))
    if fits(received, expected):
        several = f"\nor, if these are {received[0]:,} images, a model with Input({images})"
        return "is one image without a batch axis", f"pass {what}[None]" + several * _look_like_an_image(images)
    if expected[-1:] == (1,) and fits(received, expected[:-1]):
        return "is one image without a batch axis", f"pass {what}[None]"
    if len(expected) > 1 and fits(images, expected[:-1]):
        return (
            f"has no channel axis, but the model takes {expected[-1]} channels",
            f"repeat the grey images: np.repeat({what}[..., None], {expected[-1]}, axis=-1)",
        )
    if _is_transposed(images, expected):
        return "has its channels first; the model takes them last", f"pass np.moveaxis({what}, 1, -1)"
    if len(images) == 1 and images[0] == size:
        return "is already flattened", f"pass {what}.reshape(-1, {spelled})"
    if len(expected) == 1 and math.prod(images) == size and images:
        return "holds images, but the model takes flat vectors", (
            f"pass {what}.reshape(len({what}), -1), or let the model begin with Flatten(input_shape={images})"
        )
    if size and images and math.prod(images) == size:
        return "has the wrong number of axes", f"pass {what}.reshape(-1, {spelled})"
    if len(images) > len(expected) and fits(images[1:], expected):
        return (
            "has one axis too many at the front",
            f"join the two: pass {what}.reshape(-1, {spelled}), with a target for each",
        )
    if len(_of_that_rank(images, expected)) == len(expected):
        return None
    return "has the wrong number of axes", f"an array of {len(expected) + 1} axes; the first one counts the images"


def _look_like_an_image(shape: Shape) -> bool:
    return len(shape) in (2, 3) and shape[0] == shape[1] and (len(shape) == 2 or shape[2] in (1, 3, 4))


def _is_transposed(images: Shape, expected: OpenShape) -> bool:
    return len(images) == 3 and len(expected) == 3 and images != expected and fits((*images[1:], images[0]), expected)


def _moved_axes(images: Shape, expected: OpenShape, model: Model, what: str) -> tuple[str, str] | None:
    """What is wrong with images of the right rank whose axes are in another order; None if that is not the mistake."""
    if len(images) != 3:
        return None
    if fits((images[2], *images[:2]), expected):
        moved = f"pass np.moveaxis({what}, -1, 1)"
        if image_format(list(inner_layers(model))) == "channels_first":
            return "has its channels last; the model takes them first", moved
        return "has its channels last; the model was built for them first", f"build it with Input({images}), or {moved}"
    if fits((images[1], images[0], images[2]), expected):
        return "has rows and columns exchanged", f"pass np.swapaxes({what}, 1, 2)"
    return None


def _wrong_size(images: Shape, expected: OpenShape, model: Model, what: str, input: int) -> str:
    """The error about a wrong size. It is wrong from the input on; a user meets it as the length after Flatten."""
    built, got = walk(model, expected, input=input), walk(model, images, input=input)
    return explain(
        what=f"`{what}` holds images of {_times(images)}, but the model takes {_times(expected)}",
        rule=_reason(built, got),
        expected=f"{_batched(expected)}, what {model.label} takes",
        received=f"{_batched(images)}",
        chain=got.chain,
        remedy=_size_remedy(images, expected, got),
    )


def _reason(built: Walk, got: Walk) -> str | None:
    """Why images of another size get no further than they do."""
    if got.stopped_at is None:
        return "a model is compiled for images of one size"
    count = len(got.links)
    if type(got.stopped_at).__name__ != "Dense":
        return got.reason.splitlines()[0]
    links = built.links[:count]
    return (
        f"{got.stopped_at.label} was built for {_with_origin(f'{links[-1].shape[-1]:,} features', links)}\n"
        f"but would get {_with_origin(f'{got.links[-1].shape[-1]:,}', got.links)}"
    )


def _with_origin(number: str, links: Sequence[Link]) -> str:
    """Where a number comes from behind it, if there is more to say than that it is that of the input."""
    found = origin(links)
    return f"{number} ({found})" if found else number


def _size_remedy(images: Shape, expected: OpenShape, got: Walk) -> str:
    fresh = f"Input({images if len(images) > 1 else f'({images[0]},)'})"
    if len(images) == 3 and images[2] == expected[2]:
        size = f"({expected[0]}, {expected[1]})"
        if got.stopped_at is None:
            return f"a second model with {fresh}, and the same weights: other.set_weights(model.get_weights())"
        return f"read the images in the model's size: load_img(path, target_size={size})\nor a new model: {fresh}"
    if len(images) == 3 and images[:2] == expected[:2]:
        grey = "x.mean(axis=-1, keepdims=True)" if expected[2] == 1 else ""
        return _channels_remedy(images[2], expected[2], grey) + f"\nor a new model: {fresh}"
    return f"a new model: {fresh}"


def _channels_remedy(got: int, expected: int | None, grey: str) -> str:
    if got == 4 and expected == 3:
        return "leave out the transparency: x[..., :3]"
    if got == 1:
        return f"repeat the grey images: np.repeat(x, {expected}, axis=-1)"
    return f"turn the images grey: {grey}" if grey else f"convert the images to {expected} channels"


def _times(shape: Sequence[int | None]) -> str:
    return "x".join("?" if extent is None else str(extent) for extent in shape)


def _batched(shape: Sequence[int | None]) -> str:
    return f"({', '.join(map(str, ('n', *shape)))})"
