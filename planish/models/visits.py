"""In which order the images of an epoch are visited."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Order = NDArray[np.int64]


class Visits:
    """Rows 0..count in a new random order on every pass, or in sequence if `random` is None.

    `steps`: batches per epoch; None for one pass. Otherwise epochs go on where the last one stopped, and start over
    when all rows were visited, so that an epoch may be a part of a pass or several.
    """

    def __init__(self, count: int, batch_size: int, random: np.random.Generator | None, steps: int | None) -> None:
        self._count = count
        self._batch_size = batch_size
        self._random = random
        self._asked = steps
        self._left: Order = np.empty(0, np.int64)
        self.steps = steps if steps is not None else -(-count // batch_size)

    def epoch(self) -> list[Order]:
        """Stretches of rows; only the last batch of each may be smaller than the others."""
        if self._asked is None:
            return [self._pass()]
        wanted, stretches = self._asked, []
        while wanted:
            if not len(self._left):
                self._left = self._pass()
            stretch, self._left = np.split(self._left, [wanted * self._batch_size])
            wanted -= -(-len(stretch) // self._batch_size)
            stretches.append(stretch)
        return stretches

    def _pass(self) -> Order:
        if self._random is None:
            return np.arange(self._count, dtype=np.int64)
        return self._random.permutation(self._count)
