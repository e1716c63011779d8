"""What a rank does of steps that several do together: its rows of every batch, and the exchange of totals."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

Exchange = Callable[[Array, int], None]
"""Makes of a rank's sums - so many of an array - and of the largest numbers behind them, in place, those of all ranks.
"""

_TYPES: Mapping[int, Any] = {4: ctypes.c_float, 8: ctypes.c_double}
_FUNCTION = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)


class Share(NamedTuple):
    """A rank's part in a run over `total` images in batches of `batch_size`, all ranks together.

    A batch has `blocks` blocks, block i from its image i * images // blocks on; `own` of them, from `first` on, are the
    rank's. `exchange` is called once for each of the program's buckets in every step, on any thread.
    """

    blocks: int
    first: int
    own: int
    batch_size: int
    total: int
    exchange: Exchange

    @property
    def steps(self) -> int:
        return -(-self.total // self.batch_size)

    @property
    def step_rows(self) -> int:
        """The rank's rows of a whole batch."""
        start, stop = self.of_batch(self.batch_size)
        return stop - start

    def of_batch(self, images: int) -> tuple[int, int]:
        """The rank's first image of a batch of so many, and the one behind its last."""
        return self.first * images // self.blocks, (self.first + self.own) * images // self.blocks

    def images(self, step: int) -> int:
        """Those of a step, all ranks together."""
        return min(self.batch_size, self.total - step * self.batch_size)

    def rows(self, step: int) -> slice:
        """The rows of a step among all that are the rank's."""
        start, stop = self.of_batch(self.images(step))
        return slice(step * self.step_rows, step * self.step_rows + stop - start)

    def places(self) -> NDArray[np.int64]:
        """Where the rank's rows are among those of all ranks."""
        whole, rest = divmod(self.total, self.batch_size)
        start, stop = self.of_batch(self.batch_size)
        full = np.arange(whole)[:, None] * self.batch_size + np.arange(start, stop)
        start, stop = self.of_batch(rest)
        return np.concatenate([full.reshape(-1), whole * self.batch_size + np.arange(start, stop)])

    def single(self, step: int) -> Share:
        """The same for one of the steps."""
        images = self.images(step)
        return self._replace(batch_size=images, total=images)


class NativeExchange:
    """An exchange that native code can call at `address`. What it raises ends the run (`alarm`), and is kept."""

    def __init__(self, exchange: Exchange, alarm: Callable[[], None]) -> None:
        self._exchange, self._alarm = exchange, alarm
        self._failure: BaseException | None = None
        self._function = _FUNCTION(self._called)
        self._views: dict[tuple[int, int, int], Array] = {}

    @property
    def address(self) -> int:
        return ctypes.cast(self._function, ctypes.c_void_p).value or 0

    def _called(self, address: int, sums: int, largest: int, nbytes: int) -> None:
        try:
            key = address, sums + largest, nbytes
            if key not in self._views:  # made once in a run: it takes as long as a message
                self._views[key] = np.ctypeslib.as_array((_TYPES[nbytes] * key[1]).from_address(address))
            self._exchange(self._views[key], sums)
        except BaseException as error:  # raised where the run was started
            self._failure = error
            self._alarm()

    def raise_failure(self) -> None:
        """What the exchange raised, if it did."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
