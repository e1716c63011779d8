"""What a worker does with its part of the images."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import structures
from planish.distributed.model_copy import ModelCopy
from planish.distributed.parts import Array
from planish.errors import explain
from planish.models.data.expected import alone
from planish_runtime import forking, threads

if TYPE_CHECKING:
    from planish.models.model import Model

_turn = forking.Lock()
"""A program does one computation at a time, on all threads of the worker; other tasks read their images meanwhile."""


def answers(*inputs: Array, copy: ModelCopy) -> list[Array]:
    """An array for each of the model's outputs, for one of images for each of its inputs."""
    model = copy.model()
    with _turn.lock, threads_of_the_worker():
        return _in_halves(model, inputs)


def one_answer(*blocks: Any, copy: ModelCopy) -> Array:
    """The same for a model of one output, and for blocks as Dask gives them."""
    return answers(*map(_whole, blocks), copy=copy)[0]


def packed_answers(*blocks: Any, copy: ModelCopy) -> Array:
    """All outputs as the only element of an array, which is what a block of a Dask array can be."""
    held = np.empty(1, object)
    held[0] = answers(*map(_whole, blocks), copy=copy)
    return held


def _whole(block: Any) -> Array:
    """The images of a part of files; or the only block in nested lists, one for each axis that the outputs lack."""
    while isinstance(block, list):
        (block,) = block
    return np.asarray(block() if callable(block) else block)


def picked(packed: Any, place: int) -> Array:
    """Output number `place` of what `packed_answers` gave."""
    outputs: list[Array] = packed[0]
    return outputs[place]


def _in_halves(model: Model, inputs: Sequence[Array]) -> list[Array]:
    """The outputs; where the memory does not suffice, those of the first images before those of the others."""
    try:
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


def _too_little(model: Model, inputs: Sequence[Array]) -> str:
    nbytes = sum(weight.size * np.dtype(weight.dtype).itemsize for weight in model.weights)
    shapes = ", ".join(str(x.shape[1:]) for x in inputs)
    return explain(
        layer=model.label,
        what=f"{address()} does not have the memory for a single image",
        received=f"images of {shapes}, and {nbytes / 2**20:,.0f} MiB of weights",
        remedy="workers with more memory: dask worker --memory-limit, or fewer of them on a machine",
    )


def address() -> str:
    """Where this runs, for messages."""
    worker = _worker()
    return "this process" if worker is None else f"the worker {worker.address}"


def threads_of_the_worker() -> AbstractContextManager[None]:
    """While it is open, planish computes on as many threads as Dask has given to the worker."""
    worker = _worker()
    return threads.unless_chosen(None if worker is None else worker.state.nthreads)


def _worker() -> Any:
    """Dask's worker that runs the present task; None with a scheduler within the process."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.get_worker()
    except ValueError:
        return None
