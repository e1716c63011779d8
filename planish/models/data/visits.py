"""How many batches a run has, and in which order the images of an epoch are visited."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import warned
from planish.errors import explain, number_of
from planish.models.data.run_arguments import DEFAULT_BATCH_SIZE

Order = NDArray[np.int64]


def batch_size_for(given: int | None, count: int, steps: int | None) -> int:
    """The size of the batches of `count` rows: as given; else one that makes `steps` batches of them; else 32."""
    if given is not None:
        return given
    return DEFAULT_BATCH_SIZE if steps is None else max(1, -(-count // steps))


def warn_of_too_few(wanted: int | None, came: int, what: str, remedy: str) -> None:
    """Warns that there were fewer batches than asked for; `what` says what follows from that."""
    warned.warn(
        explain(
            what=what,
            expected=number_of(wanted, "batch", "batches") if wanted else "at least one batch",
            received=number_of(came, "batch", "batches"),
            remedy=remedy,
        )
    )


def warn_of_few_rows(wanted: int | None, count: int, batch_size: int, argument: str) -> None:
    """Warns if `argument` asks for more batches than `count` rows make."""
    there = -(-count // batch_size)
    if wanted is not None and wanted > there:
        warn_of_too_few(
            wanted,
            there,
            f"`{argument}` asks for more batches than the data have: the run ends with the data",
            f"{argument}={there}, or leave {argument} out",
        )


class Visits:
    """Rows 0..count in a new random order on every pass, or in sequence if `random` is None.

    `within_batches`: only the rows of each batch change places, as with Keras's shuffle="batch".

    `steps`: batches an epoch; None for one pass. Otherwise an epoch continues where the last one stopped, and ends
    with the pass even if fewer than `steps` batches were left; the next one begins a new pass, as in Keras.
    """

    def __init__(
        self,
        count: int,
        batch_size: int,
        random: np.random.Generator | None,
        steps: int | None,
        *,
        within_batches: bool = False,
    ) -> None:
        self._count = count
        self._mixed = batch_size if within_batches else count
        self._rows = count if steps is None else steps * batch_size
        self._random = random
        self._left: Order = np.empty(0, np.int64)
        self._state: Any = None  # that of `random` when the pass began
        self._first = count

    def position(self, within_epoch: bool) -> tuple[Any, int]:
        """What `resume` takes to go to the beginning of the next epoch, or of the last one."""
        return self._state, self._first if within_epoch else self._count - len(self._left)

    def resume(self, state: Any, first: int) -> None:
        """Goes on in the pass that began with this state of `random`, at its row `first`. `random` is left anywhere."""
        if not isinstance(first, int) or not 0 <= first <= self._count:
            raise ValueError(f"there is no row {first!r:.80}")
        if self._random is not None and state is not None:
            self._random.bit_generator.state = state
        self._state = state
        self._left = self._pass()[first:]

    def epoch(self) -> Order:
        """The rows of the next epoch; only the last batch may be smaller than the others."""
        if not len(self._left):
            self._state = None if self._random is None else self._random.bit_generator.state
            self._left = self._pass()
        self._first = self._count - len(self._left)
        order, self._left = np.split(self._left, [self._rows])
        return order

    def _pass(self) -> Order:
        if self._random is None:
            return np.arange(self._count, dtype=np.int64)
        if self._mixed >= self._count:
            return self._random.permutation(self._count)
        starts = range(0, self._count, self._mixed)
        sizes = [min(self._mixed, self._count - start) for start in starts]
        return np.concatenate(
            [start + self._random.permutation(size) for start, size in zip(starts, sizes, strict=True)]
        )
