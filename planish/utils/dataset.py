"""Data sets that are chained as tf.data's are: `folder.map(scaled).cache().shuffle(100).prefetch(1)`.

Nothing is computed before iteration begins, and each iteration starts again. An element is an array, or a tuple or a
dictionary of elements; batches are elements whose arrays have one more axis in front.
"""

from __future__ import annotations

import itertools
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from planish import random_seed
from planish.errors import explain
from planish.tensor import Int64, tensor

INFINITE, UNKNOWN = -1, -2
"""What `cardinality` says where there is no number: tf.data's constants."""

Element = Any
Start = Callable[[], Iterator[Element]]


class ArraySpec(NamedTuple):
    """What an array of an element looks like; None is an axis of any length."""

    shape: tuple[int | None, ...]
    dtype: np.dtype[Any]


class Dataset(ABC):
    """Elements that each iteration makes anew; methods make further data sets from it.

    `class_names` is handed on from link to link. `batched` says that the first axis may be shorter in the last element.
    """

    def __init__(self, *, class_names: Sequence[str] | None = None, batched: bool = False) -> None:
        self.class_names = None if class_names is None else list(class_names)
        self._batched = batched
        self._runs = 0  # iterations so far, where each has an order of its own
        self._sources: tuple[Dataset, ...] = ()

    @abstractmethod
    def _elements(self) -> Iterator[Element]:
        """The elements, from the first one on."""

    @abstractmethod
    def _count(self) -> int:
        """How many there are, or INFINITE or UNKNOWN."""

    def __iter__(self) -> Iterator[Element]:
        return (nested(tensor, element) for element in self._elements())

    def __len__(self) -> int:
        """How many elements there are. TypeError if that is not known, or if there are infinitely many."""
        count = self._count()
        if count < 0:
            raise TypeError(
                explain(
                    what="the data set has no length",
                    received="elements without end" if count == INFINITE else "as many as a function lets through",
                    remedy="take(n) gives the first n; steps_per_epoch=n tells fit how many make an epoch",
                )
            )
        return count

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        count = self._count()
        told = {INFINITE: "without end", UNKNOWN: "of unknown length"}.get(count, f"of {count:,}")
        return f"<{type(self).__name__} {told}>"

    def cardinality(self) -> Int64:
        """How many elements there are; -1 if there are infinitely many, -2 if it is not known."""
        return Int64(self._count())

    def position(self) -> list[int]:
        """Which iteration of it, and of what it is made of, comes next: what `go_to` takes."""
        return [self._runs, *(number for source in self._sources for number in source.position())]

    def go_to(self, position: Iterable[Any], batches: int = 0) -> None:
        """The next iteration is that one; `batches` of it will be passed over. ValueError if it is not a position."""
        numbers = iter(position)
        self._go_to(numbers)
        if next(numbers, None) is not None:
            raise ValueError("a position of another data set")

    def _go_to(self, numbers: Iterator[Any]) -> None:
        runs = next(numbers, None)
        if type(runs) is not int or runs < 0:
            raise ValueError(f"{runs!r:.80} is not a number of iterations")
        self._runs = runs
        for source in self._sources:
            source._go_to(numbers)

    @property
    def element_spec(self) -> Any:
        """Shapes and types of an element, in the form of an element. The first element is made for it."""
        for element in self:
            return nested(lambda array: _spec(array, self._batched), element)
        raise ValueError(explain(what="the data set has no elements", expected="at least one"))

    def as_numpy_iterator(self) -> Iterator[Element]:
        """The elements as plain arrays."""
        return (nested(lambda array: np.asarray(array)[()], element) for element in self)

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """What `map_func` makes of each element; it gets the parts of a tuple one by one: `lambda images, labels: ...`.

        It is called in order, on one thread, whatever `num_parallel_calls` and `deterministic` say: results do not
        depend on the number of threads.
        """
        return self._link(lambda: (_arrays(_called(map_func, element)) for element in self), self._count)

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements for which `predicate` is true."""
        return self._link(lambda: (element for element in self if bool(_called(predicate, element))), lambda: UNKNOWN)

    def take(self, count: int, name: str | None = None) -> Dataset:
        """The first `count` elements; all for -1."""
        most = _whole("take", "count", count, least=-1)
        if most < 0:
            return self._link(lambda: iter(self), self._count)
        return self._link(
            lambda: itertools.islice(iter(self), most),
            lambda: _counted(self._count(), lambda own: min(own, most), endless=most),
        )

    def skip(self, count: int, name: str | None = None) -> Dataset:
        """All but the first `count` elements; none for -1."""
        least = _whole("skip", "count", count, least=-1)
        if least < 0:
            return self.take(0)
        return self._link(
            lambda: itertools.islice(iter(self), least, None),
            lambda: _counted(self._count(), lambda own: max(own - least, 0)),
        )

    def repeat(self, count: int | None = None, name: str | None = None) -> Dataset:
        """The elements `count` times over; without end for None or -1."""
        times = -1 if count is None else _whole("repeat", "count", count, least=-1)

        def start() -> Iterator[Element]:
            for _ in itertools.count() if times < 0 else range(times):
                came = False
                for element in self:
                    came = True
                    yield element
                if not came:
                    return

        def length() -> int:
            own = self._count()
            return own if not own or (own < 0 and times) else (INFINITE if times < 0 else own * times)

        return self._link(start, length)

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """The elements, and then those of another data set."""

        def length() -> int:
            counts = [self._count(), dataset._count()]
            return sum(counts) if min(counts) >= 0 else (INFINITE if INFINITE in counts else UNKNOWN)

        link = self._link(lambda: itertools.chain(self, dataset), length)
        link._sources = (self, dataset)
        return link

    def enumerate(self, start: int = 0, name: str | None = None) -> Dataset:
        """Pairs of a number and an element."""
        first = _whole("enumerate", "start", start, least=0)
        return self._link(lambda: zip(map(np.int64, itertools.count(first)), self, strict=False), self._count)

    def shuffle(
        self,
        buffer_size: int,
        seed: int | None = None,
        reshuffle_each_iteration: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """The elements in random order: each is drawn from the `buffer_size` that come next.

        The order is another one in each iteration, unless `reshuffle_each_iteration` is False.
        """
        size = _whole("shuffle", "buffer_size", buffer_size, least=1)
        drawn = random_seed.next_seed() if seed is None else _whole("shuffle", "seed", seed, least=0)

        def start() -> Iterator[Element]:
            run = link._runs
            link._runs += reshuffle_each_iteration in (None, True)
            return _shuffled(self, size, np.random.default_rng([drawn, run]))

        link = self._link(start, self._count)
        return link

    def batch(
        self,
        batch_size: int,
        drop_remainder: bool = False,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """`batch_size` elements as one; the last one has what is left, unless `drop_remainder`."""
        size = _whole("batch", "batch_size", batch_size, least=1)

        def start() -> Iterator[Element]:
            elements = iter(self)
            while together := list(itertools.islice(elements, size)):
                if len(together) == size or not drop_remainder:
                    yield stacked(together)

        def length() -> int:
            return _counted(self._count(), lambda own: own // size if drop_remainder else -(-own // size))

        return self._link(start, length, batched=not drop_remainder)

    def unbatch(self, name: str | None = None) -> Dataset:
        """The rows of all elements, one by one."""
        return self._link(
            lambda: (row for element in self for row in rows_of(element)),
            lambda: self._count() if self._count() in (0, INFINITE) else UNKNOWN,
            batched=False,
        )

    def cache(self, filename: str = "", name: str | None = None) -> Dataset:
        """Keeps the elements in memory: the first whole iteration makes them, later ones have copies."""
        if filename:
            raise ValueError(
                explain(
                    what="cache keeps elements in memory, not in a file", received=f"{filename!r}", remedy="cache()"
                )
            )
        kept: list[list[Element]] = []

        def start() -> Iterator[Element]:
            if not kept:
                made = []
                for element in self:
                    made.append(nested(np.copy, element))
                    yield element
                kept.append(made)
            else:
                yield from (nested(np.copy, element) for element in kept[0])

        return self._link(start, self._count)

    def prefetch(self, buffer_size: int, name: str | None = None) -> Dataset:
        """Makes elements on another thread, up to `buffer_size` of them before they are asked for (-1: as many as are
        good)."""
        most = _whole("prefetch", "buffer_size", buffer_size, least=-1)
        return self if most == 0 else self._link(lambda: _read_ahead(self, most), self._count, same=True)

    def _link(self, start: Start, count: Callable[[], int], batched: bool | None = None, same: bool = False) -> Dataset:
        batched = self._batched if batched is None else batched
        link = Chained(start, count, class_names=self.class_names, batched=batched)
        link._sources = (self,)
        link.same = self if same else None
        return link


class Chained(Dataset):
    """What a method of a data set gives: `start` gives an iterator, `count` the number of its elements."""

    def __init__(self, start: Start, count: Callable[[], int], **settings: Any) -> None:
        super().__init__(**settings)
        self._start = start
        self._counted = count
        self.same: Dataset | None = None
        """The data set that has the same elements."""

    def _elements(self) -> Iterator[Element]:
        return self._start()

    def _count(self) -> int:
        return self._counted()


def nested(function: Callable[[Any], Any], element: Element) -> Element:
    """`function` of all arrays of an element, in the form of the element."""
    if isinstance(element, tuple):
        return tuple(nested(function, part) for part in element)
    if isinstance(element, dict):
        return {name: nested(function, part) for name, part in element.items()}
    return function(element)


def stacked(elements: Sequence[Element]) -> Element:
    """Elements as one, with one more axis in front. ValueError if their shapes differ."""
    first = elements[0]
    if isinstance(first, tuple):
        return tuple(map(stacked, zip(*elements, strict=True)))
    if isinstance(first, dict):
        return {name: stacked([element[name] for element in elements]) for name in first}
    shapes = sorted({np.shape(element) for element in elements})
    if len(shapes) > 1:
        raise ValueError(
            explain(
                what="elements of one batch differ in shape",
                expected=f"{len(elements):,} elements of one shape",
                received=" and ".join(map(str, shapes[:2])),
                remedy="bring them to one shape in map, before batch",
            )
        )
    return np.stack(elements)


def _called(function: Callable[..., Any], element: Element) -> Any:
    return function(*element) if isinstance(element, tuple) else function(element)


def _arrays(result: Any) -> Element:
    """What a function of the user's returned, with arrays in it."""
    if isinstance(result, tuple | dict):
        return nested(_arrays, result)
    return result if isinstance(result, np.ndarray | np.generic) else np.asarray(result)


def _spec(array: Any, batched: bool) -> ArraySpec:
    shape = np.shape(array)
    return ArraySpec((None, *shape[1:]) if batched and shape else shape, np.asarray(array).dtype)


def _counted(own: int, change: Callable[[int], int], endless: int = INFINITE) -> int:
    if own == INFINITE:
        return endless
    return own if own < 0 else change(own)


def rows_of(element: Element) -> Iterator[Element]:
    """The rows of a batch. ValueError if its arrays differ in length."""
    shapes: list[tuple[int, ...]] = []
    nested(lambda array: shapes.append(np.shape(array)), element)
    if () in shapes or len({shape[0] for shape in shapes}) > 1:
        raise ValueError(
            explain(
                what="unbatch: the arrays of an element differ in length, or have none",
                expected="batches: arrays with as many rows as each other",
                received=" and ".join(map(str, shapes)),
            )
        )
    for row in range(shapes[0][0]):
        yield nested(operator.itemgetter(row), element)


def _shuffled(elements: Iterator[Element] | Dataset, size: int, random: np.random.Generator) -> Iterator[Element]:
    held: list[Element] = []
    for element in elements:
        if len(held) < size:
            held.append(element)
            continue
        place = int(random.integers(size))
        drawn, held[place] = held[place], element
        yield drawn
    order = random.permutation(len(held)).tolist()
    yield from (held[place] for place in order)


class _Ready(NamedTuple):
    element: Element

    @property
    def nbytes(self) -> int:
        sizes: list[int] = []
        nested(lambda array: sizes.append(np.asarray(array).nbytes), self.element)
        return sum(sizes)


def _read_ahead(elements: Dataset, most: int) -> Iterator[Element]:
    from planish.models.data.read_ahead import MOST_AHEAD, ReadAhead

    ready: Iterator[_Ready] = (_Ready(element) for element in elements)
    with ReadAhead(ready, most=MOST_AHEAD if most < 0 else most) as reader:
        for item in reader:
            yield item.element


def _whole(method: str, argument: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or value.__index__() < least:
        raise ValueError(
            explain(
                what=f"{method}: {argument} is a whole number",
                expected=f"{least} or more",
                received=f"{value!r}",
            )
        )
    return int(value.__index__())
