"""Batches by index: the base class from which Keras's programs derive theirs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from planish.errors import explain


class PyDataset:
    """Derive from it, and write `__getitem__(index)`, a whole batch (x, y), and `__len__`, the number of batches.

    `workers`, `use_multiprocessing` and `max_queue_size` are kept and change nothing: batches are made on one thread
    beside training, ahead of it. `fit` takes any object with the two methods, whatever it derives from.

    >>> class Zeros(keras.utils.PyDataset):
    ...     def __len__(self):
    ...         return 2
    ...     def __getitem__(self, index):
    ...         return np.zeros((4, 3)), np.zeros(4)
    >>> Zeros().num_batches
    2
    """

    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(explain(what=f"{type(self).__name__} does not define __getitem__(index)"))

    def __iter__(self) -> Iterator[Any]:
        batches = self.num_batches
        for index in count() if batches is None else range(batches):
            yield self[index]

    @property
    def num_batches(self) -> int | None:
        """The number of batches, as `__len__` gives it; None if there are infinitely many."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(
            explain(
                what=f"{type(self).__name__} does not say how many batches it has",
                remedy="def __len__(self): return math.ceil(len(self.x) / self.batch_size)",
            )
        )

    def on_epoch_begin(self) -> None:
        """Called when an epoch begins."""

    def on_epoch_end(self) -> None:
        """Called when an epoch has ended."""
