"""Batches by index: the base class from which Keras's programs derive theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count
from typing import Any, Protocol, runtime_checkable

from planish.errors import explain
from planish.utils.part_of_batch import Own, PartOfBatch
from planish.utils.workers import in_order


class PyDataset:
    """Derive from it, and write `__getitem__(index)`, a whole batch (x, y), and `__len__`, the number of batches.

    With `workers` above 1, `fit`, `evaluate` and `predict` make batches on so many threads, up to `max_queue_size` of
    them before they are asked for, and take them in order: results are the same for any number, as long as a batch
    depends on its index alone. With fewer, one thread beside training makes them. `use_multiprocessing` is kept and
    changes nothing: workers are threads. `fit` takes any object with the two methods, whatever it derives from.

    >>> class Zeros(keras.utils.PyDataset):
    ...     def __len__(self):
    ...         return 2
    ...     def __getitem__(self, index):
    ...         return np.zeros((4, 3)), np.zeros(4)
    >>> Zeros(workers=4).num_batches
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

    def _task(self, index: int) -> Callable[[], Any]:
        """What makes a batch, on any thread; tasks themselves are asked for in order, on one thread."""
        return partial(self.__getitem__, index)


@runtime_checkable
class Sharing(Protocol):
    """A source that can make parts of batches."""

    def shared_task(self, index: int, own: Own) -> Callable[[], PartOfBatch] | None: ...


def items(source: Any, places: Iterable[int], own: Own | None = None) -> Iterator[Any]:
    """The batches of these places, in order, on as many threads as a `PyDataset` asks for; parts of them, if only some
    images are `own`, and the source can make parts."""
    if not isinstance(source, PyDataset):
        return (source[place] for place in places)
    workers, most = (_checked(source, name) for name in ("workers", "max_queue_size"))
    part = own if isinstance(source, Sharing) else None
    if workers <= 1 and part is None:
        return (source[place] for place in places)
    tasks = map(source._task, places) if part is None else (_part_of(source, place, part) for place in places)
    return in_order(_done, tasks, max(most - workers, 0), max(workers, 1))


def _part_of(source: Any, place: int, own: Own) -> Callable[[], Any]:
    return source.shared_task(place, own) or partial(source.__getitem__, place)


def _done(task: Callable[[], Any]) -> Any:
    return task()


def _checked(source: PyDataset, name: str) -> int:
    value = getattr(source, name)
    if isinstance(value, bool) or not hasattr(value, "__index__") or value.__index__() < 0:
        raise ValueError(
            explain(
                what=f"`{name}` of {type(source).__name__} is not a whole number",
                expected="0 or more",
                received=repr(value),
            )
        )
    return int(value.__index__())
