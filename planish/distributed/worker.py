"""What a worker does with its part of the images."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import structures
from planish.distributed import room
from planish.distributed.model_copy import ModelCopy
from planish.distributed.parts import Array, Part
from planish.distributed.room import Room
from planish.errors import explain
from planish.models.data.expected import alone
from planish_runtime import forking, threads

if TYPE_CHECKING:
    from planish.models.model import Model

MORE_MEMORY = "workers with more memory: dask worker --memory-limit, or fewer of them on a machine"

_SURELY = 4
"""How often the memory that is counted has to be there."""

_turn = forking.Lock()
"""A program does one computation at a time, on all threads of the worker; other tasks read their images meanwhile."""


def answers(*inputs: Any, copy: ModelCopy) -> list[Array]:
    """An array for each of the model's outputs. `inputs` has images for each of the model's inputs: an array, or a
    `Part` of files, which is read as far as there is room for it."""
    return _in_pieces(_unpacked(copy), inputs)


def one_answer(*blocks: Any, copy: ModelCopy) -> Array:
    """The same for a model of one output, and for blocks as Dask gives them."""
    return answers(*map(_alone, blocks), copy=copy)[0]


def packed_answers(*blocks: Any, copy: ModelCopy) -> Array:
    """All outputs as the only element of an array, which is what a block of a Dask array can be."""
    held = np.empty(1, object)
    held[0] = answers(*map(_alone, blocks), copy=copy)
    return held


def _alone(block: Any) -> Any:
    """The only block in nested lists, one for each axis that the outputs lack."""
    while isinstance(block, list):
        (block,) = block
    return block if isinstance(block, Part) else np.asarray(block)


def picked(packed: Any, place: int) -> Array:
    """Output number `place` of what `packed_answers` gave."""
    outputs: list[Array] = packed[0]
    return outputs[place]


# ------------------------------------------------------------------ memory
class PartTooLargeError(MemoryError):
    """The outputs of a part do not fit into the memory of a worker; those of a smaller part may."""


def _unpacked(copy: ModelCopy) -> Model:
    """The model. MemoryError where there is no room for it: unpacking it would have the worker killed."""
    found = room.here()
    if found is not None and not copy.is_unpacked and (room.MODEL_COPIES - 1) * copy.nbytes > found.usual:
        raise MemoryError(
            explain(
                what=f"{address()} does not have the memory for the model",
                expected=f"room for {copy.nbytes / 2**20:,.0f} MiB of weights, {room.MODEL_COPIES} times",
                received=str(found),
                remedy=MORE_MEMORY,
            )
        )
    return copy.model()


def _in_pieces(model: Model, inputs: Sequence[Any]) -> list[Array]:
    """The outputs, of as many images at once as there is room for. PartTooLargeError if all of them do not fit."""
    count = _rows(inputs[0])
    found = room.here()
    if found is None or count < 2:
        return _in_halves(model, _read(inputs, 0, count))
    of_outputs = sum(_nbytes_of_image(spec.shape, 4) for spec in model.output_specs)
    of_image = of_outputs + sum(_needed(each) for each in inputs)
    if count * of_outputs > found.usual:
        raise PartTooLargeError(_too_large(model, count, count * of_outputs, found))
    size = _next_piece(count, 0, of_outputs, of_image)
    piece = _in_halves(model, _read(inputs, 0, size))
    if size == count:
        return piece
    whole = [np.empty((count, *of_output.shape[1:]), of_output.dtype) for of_output in piece]
    done = 0
    while True:
        for array, of_output in zip(whole, piece, strict=True):
            array[done : done + size] = of_output
        done += size
        if done == count:
            return whole
        size = _next_piece(count, done, of_outputs, of_image)
        piece = _in_halves(model, _read(inputs, done, done + size))


def _next_piece(count: int, done: int, of_outputs: int, of_image: int) -> int:
    """How many images come next. Where not all of them surely fit, a single one comes first: after it the worker has
    compiled the model, and what is left is known. What a program needs besides images and outputs is not."""
    found = room.here()
    assert found is not None
    left = count - done
    fitting = max(1, (found.usual - left * of_outputs) // (_SURELY * of_image))
    return left if fitting >= left else fitting if done else 1


def _needed(images: Any) -> int:
    """Bytes of an image that is read and converted; one that is there already is only converted."""
    shape, dtype = images.image_type if isinstance(images, Part) else (images.shape[1:], np.dtype(np.uint8))
    return _nbytes_of_image((None, *shape), 4 + dtype.itemsize)


def _nbytes_of_image(shape: Sequence[int | None], itemsize: int) -> int:
    return itemsize * int(np.prod([extent or 1 for extent in shape[1:]], dtype=np.int64))


def _rows(images: Any) -> int:
    return images.rows if isinstance(images, Part) else len(images)


def _read(inputs: Sequence[Any], start: int, stop: int) -> list[Array]:
    """Images `start` to `stop` of each input."""
    return [each.some(start, stop)() if isinstance(each, Part) else each[start:stop] for each in inputs]


def _in_halves(model: Model, inputs: Sequence[Array]) -> list[Array]:
    """The outputs; where the memory does not suffice, those of the first images before those of the others."""
    try:
        with _turn.lock, threads_of_the_worker():
            return _outputs(model, inputs)
    except MemoryError as error:
        count = len(inputs[0])
        if count == 1:
            raise MemoryError(_too_little(model, inputs)) from error
    middle = count // 2
    halves = [_in_halves(model, [x[part] for x in inputs]) for part in (slice(0, middle), slice(middle, count))]
    return [np.concatenate(of_output) for of_output in zip(*halves, strict=True)]


def _outputs(model: Model, inputs: Sequence[Array]) -> list[Array]:
    given = inputs[0] if alone(model.input_form) else structures.packed(model.input_form, [*inputs])
    return structures.leaves(model.predict(given, verbose=0))


def _too_large(model: Model, count: int, nbytes: int, found: Room) -> str:
    fewer = max(1, count * max(1, found.usual) // (2 * nbytes))
    return explain(
        layer=model.label,
        what=f"{address()} does not have the memory for the outputs of {count:,} images",
        expected=f"room for {nbytes / 2**20:,.0f} MiB",
        received=str(found),
        remedy=f"fewer images in a task: batch_size={fewer}\n{MORE_MEMORY}",
    )


def _too_little(model: Model, inputs: Sequence[Array]) -> str:
    nbytes = sum(weight.size * np.dtype(weight.dtype).itemsize for weight in model.weights)
    shapes = ", ".join(str(x.shape[1:]) for x in inputs)
    return explain(
        layer=model.label,
        what=f"{address()} does not have the memory for a single image",
        received=f"images of {shapes}, and {nbytes / 2**20:,.0f} MiB of weights",
        remedy=MORE_MEMORY,
    )


# ------------------------------------------------------------------ where this runs
def address() -> str:
    """Where this runs, for messages."""
    worker = room.this_worker()
    return "this process" if worker is None else f"the worker {worker.address}"


def threads_of_the_worker() -> AbstractContextManager[None]:
    """While it is open, planish computes on as many threads as Dask has given to the worker."""
    worker = room.this_worker()
    return threads.unless_chosen(None if worker is None else worker.state.nthreads)
