"""Steps and evaluations that several ranks do together: which rows are whose, and how every rank gets all results."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planish import random_seed, settings, warned
from planish.distribution.communicator import Ranks
from planish.distribution.data_parallel import current_ranks, is_first
from planish.errors import explain
from planish.graph.graph import Graph
from planish.models.data.arrays import Array
from planish.models.ends.compile_settings import CompileSettings
from planish.primitives.of_the_batch import MIXING
from planish.variable import Variable

if TYPE_CHECKING:
    from planish.models.model import Model
    from planish.runtime.share import Share

Places = NDArray[np.int64] | slice


class SharedSteps:
    """How a training program's steps are divided.

    `own_statistics`: the step has sums that each rank takes over its own images alone, so that its results depend on
    the number of ranks in any case.
    """

    def __init__(self, ranks: Ranks, *, own_statistics: bool) -> None:
        self.ranks = ranks
        self._count, self._first, self._own = ranks.blocks(exact=ranks.exact and not own_statistics)

    @property
    def blocks(self) -> tuple[int, int]:
        """How many a batch has, and how many of them are this rank's."""
        return self._count, self._own

    def share(self, batch_size: int, total: int) -> Share:
        """This rank's part in steps on so many rows."""
        from planish.runtime.share import Share

        return Share(self._count, self._first, self._own, batch_size, total, self.ranks.exchange)

    def places(self, share: Share) -> list[NDArray[np.int64]]:
        """Where the rows of each rank are among all rows of the steps."""
        size = self.ranks.size
        firsts = [rank * self._count // size for rank in range(size + 1)]
        return [share._replace(first=first, own=behind - first).places() for first, behind in pairwise(firsts)]


def sharing_ranks() -> Ranks | None:
    """The ranks that share steps of compiled programs; None if the interpreter is to see whole steps."""
    return None if settings.value("PLANISH_COMPARE") else current_ranks()


def can_be_shared(graph: Graph) -> bool:
    """Whether no operation of a step needs all images of the batch themselves; rank 0 is warned of one that does."""
    found = [node for node in graph.nodes if node.op in MIXING]
    if found and is_first():
        layers = ", ".join(dict.fromkeys(layer for node in found for layer in node.layers))
        warned.warn(
            explain(
                layer=f"layer {layers}" if layers else "the loss",
                what="it needs all images of a batch, so every rank computes whole steps, and takes as long as one",
                rule="ranks exchange sums over the batch, not images",
                remedy="for a layer: mix the images before fit, in the data: dataset.map(...)\n"
                "or train in one process, without mpiexec",
            ),
        )
    return not found


def gather_rows(ranks: Ranks, own: Mapping[str, Array], whole: Mapping[str, Array], places: Sequence[Places]) -> None:
    """Writes what each rank has computed, arrays with a row for each of its images, to its places in the `whole`."""
    names = sorted(own)
    message = b"".join(np.ascontiguousarray(own[name]).tobytes() for name in names)
    row_nbytes = sum(array.nbytes // max(1, len(array)) for array in whole.values())
    for rank, received in enumerate(ranks.communicator.gather(message)):
        left = memoryview(received)
        rows = _count(places[rank])
        if len(left) != rows * row_nbytes:
            raise _out_of_step(rank, len(left), rows * row_nbytes)
        for name in names:
            target = whole[name]
            shape = (rows, *target.shape[1:])
            nbytes = int(np.prod(shape)) * target.itemsize
            target[places[rank]] = np.frombuffer(left[:nbytes], target.dtype).reshape(shape)
            left = left[nbytes:]


def _count(places: Places) -> int:
    return places.stop - places.start if isinstance(places, slice) else len(places)


def _out_of_step(rank: int, received: int, expected: int) -> RuntimeError:
    return RuntimeError(
        explain(
            what=f"rank {rank} does something else than this one",
            rule="all ranks call fit, evaluate and train_on_batch in the same order, with the same arguments and data",
            expected=f"{expected:,} bytes of results from it",
            received=f"{received:,}",
            remedy="call them on all ranks alike; let only what is done with results depend on the rank",
        )
    )


def evaluated_places(ranks: Ranks, count: int) -> list[slice]:
    """The rows of each rank among `count` that are evaluated."""
    borders = [rank * count // ranks.size for rank in range(ranks.size + 1)]
    return [slice(start, stop) for start, stop in pairwise(borders)]


# ------------------------------------------------------------------ the same everywhere
def begin_together(model: Model, compiled: CompileSettings, what: str, facts: Mapping[str, object]) -> None:
    """Gives all ranks the weights, the optimizer's state and the random numbers of rank 0.

    ValueError if they are about to do different things.
    """
    ranks = current_ranks()
    if ranks is None:
        return
    variables = _variables(model, compiled)
    shapes = [(variable.shape, variable.value.dtype.name) for variable in variables]
    facts = {**facts, "variables": len(shapes), "shapes": _digest([repr(shapes).encode()])}
    ranks.check_alike(what, ", ".join(f"{name}: {value}" for name, value in facts.items()))
    own = _digest([random_seed.state().to_bytes(8, "little"), *(variable.value.tobytes() for variable in variables)])
    if len(set(ranks.communicator.gather(own.encode()))) > 1:
        _take_from_first(ranks, variables)


@contextmanager
def run_together() -> Iterator[None]:
    """Something that all ranks do: those that wait for this one are told if it raises something."""
    ranks = current_ranks()
    if ranks is None:
        yield
        return
    ranks.communicator.begin_run()
    try:
        yield
    except BaseException as error:
        ranks.communicator.leave_run(f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")
        raise


def agree_to_stop(model: Model) -> None:
    """Where a callback of one rank wants training to end, it ends on all."""
    ranks = current_ranks()
    if ranks is not None:
        model.stop_training = ranks.any(bool(model.stop_training))


def _variables(model: Model, compiled: CompileSettings) -> list[Variable]:
    optimizer = compiled.optimizer
    optimizer.build(model.trainable_weights, model.non_trainable_weights)
    return [*model.weights, *optimizer.variables]


def _take_from_first(ranks: Ranks, variables: Sequence[Variable]) -> None:
    state = ranks.communicator.broadcast(random_seed.state().to_bytes(8, "little"))
    random_seed.set_seed(int.from_bytes(state, "little"))
    for variable in variables:
        received = ranks.communicator.broadcast(variable.value.tobytes())
        if ranks.rank:
            variable.assign(np.frombuffer(received, variable.value.dtype).reshape(variable.shape))


def _digest(parts: Sequence[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
