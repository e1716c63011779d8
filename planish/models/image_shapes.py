"""Checks the shape of images against the model's input, and says what is wrong and what to do about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from planish.errors import explain
from planish.models.arrays import Array

Shape = tuple[int, ...]
OpenShape = tuple[int | None, ...]


def check_images(array: Array, expected: OpenShape, model: Any, what: str = "x") -> None:
    """ValueError unless `array` is [n, *expected] with n > 0; None in `expected` stands for any size."""
    if not fits(array.shape[1:], expected) or array.ndim == 0:
        raise ValueError(_wrong_shape(array.shape, expected, model, what))
    if not len(array):
        raise no_images(expected, what)


def no_images(expected: OpenShape, what: str = "x") -> ValueError:
    """The error of an empty array of images."""
    return ValueError(
        explain(
            what=f"`{what}` holds no images",
            expected=f"at least one, shape {_batched(expected)}",
            received=(0, *expected),
        )
    )


def fits(shape: Sequence[int], expected: OpenShape) -> bool:
    return len(shape) == len(expected) and all(e in (None, s) for s, e in zip(shape, expected, strict=True))


def _wrong_shape(received: Shape, expected: OpenShape, model: Any, what: str) -> str:
    wanted = _batched(expected)
    images = received[1:]
    if len(images) == len(expected) and not _is_transposed(images, expected):
        return _wrong_size(images, expected, model, what)
    said, remedy = _diagnosis(received, expected, what)
    return explain(what=f"`{what}` {said}", expected=wanted, received=received, remedy=remedy)


def _diagnosis(received: Shape, expected: OpenShape, what: str) -> tuple[str, str | None]:
    """What is wrong with data of the wrong rank, and its remedy; the likeliest mistake first."""
    images = received[1:]
    known = [extent for extent in expected if extent is not None]
    size = math.prod(known) if len(known) == len(expected) else None
    spelled = ", ".join(map(str, known))
    if fits(received, expected):
        return "is one image without a batch axis", f"pass {what}[None]"
    if len(expected) > 1 and fits(images, expected[:-1]):
        if expected[-1] in (1, None):
            return "has no channel axis", f"pass {what}[..., None]"
        return (
            f"has no channel axis, and the model takes {expected[-1]} channels",
            f"repeat the grey images: np.repeat({what}[..., None], {expected[-1]}, axis=-1)",
        )
    if images[-1:] == (1,) and fits(images[:-1], expected):
        return "has a channel axis that the model does not take", f"pass {what}[..., 0]"
    if _is_transposed(images, expected):
        return "has its channels first; the model takes them last", f"pass np.moveaxis({what}, 1, -1)"
    if len(images) == 1 and images[0] == size:
        return "is already flattened", f"pass {what}.reshape(-1, {spelled})"
    if len(expected) == 1 and math.prod(images) == size and images:
        return "holds images, and the model takes flat vectors", (
            f"pass {what}.reshape(len({what}), -1), or let the model begin with Flatten(input_shape={images})"
        )
    return "has the wrong number of axes", None


def _is_transposed(images: Shape, expected: OpenShape) -> bool:
    return len(images) == 3 and len(expected) == 3 and images != expected and fits((*images[1:], images[0]), expected)


def _wrong_size(images: Shape, expected: OpenShape, model: Any, what: str) -> str:
    """The size is wrong at every place from the input on; what a user meets is the flatten length that it gives."""
    spatial = len(images) == 3 and images[2] == expected[2]
    width = "x".join("?" if extent is None else str(extent) for extent in (expected[:2] if spatial else expected))
    built, got = _chain(model, expected), _chain(model, images)
    remedy = None
    if spatial:
        remedy = f"resize the images to {width}, or build a new model for {images[0]}x{images[1]}"
        if built is not None and got is not None and built[1] is not None:
            remedy += ", or replace Flatten by GlobalAveragePooling2D"
    elif len(images) == 3:
        remedy = f"convert the images to {expected[2]} channel" + ("s" if expected[2] != 1 else "")
    rule = None
    if built is not None and got is not None and built[1] is not None:
        rule = (
            f"{built[2]} was built for {built[1]:,} features (Flatten of {built[0]}, from {_times(expected)} images) "
            f"but would get {got[1]:,} (Flatten of {got[0]}, from {_times(images)} images)"
        )
    said = f"`{what}` holds images of {_times(images)}, and the model takes {_times(expected)}"
    return explain(what=said, rule=rule, expected=_batched(expected), received=_batched(images), remedy=remedy)


def _chain(model: Any, shape: Sequence[int | None]) -> tuple[str, int | None, str] | None:
    """(map, features, layer after it) at the first Flatten that images of `shape` reach; None if they reach none."""
    current: tuple[int | None, ...] = (None, *shape)
    layers = list(getattr(model, "layers", ()))
    for place, layer in enumerate(layers):
        try:
            following = tuple(layer.compute_output_shape(current))
        except (ValueError, TypeError):  # the map became too small for this layer
            return None
        if type(layer).__name__ == "Flatten":
            user = next((other for other in layers[place + 1 :] if type(other).__name__ == "Dense"), None)
            named = "the model" if user is None else f"Dense '{user.name}'"
            return _times(current[1:]), following[-1], named
        current = following
    return None


def _times(shape: Sequence[int | None]) -> str:
    return "x".join("?" if extent is None else str(extent) for extent in shape)


def _batched(shape: Sequence[int | None]) -> str:
    return f"({', '.join(map(str, ('n', *shape)))})"
