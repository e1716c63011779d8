"""Data that comes in batches: generators, iterators, and objects with a length and items (`PyDataset`, `Sequence`)."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from planish.distribution.communicator import Ranks
from planish.errors import explain
from planish.models.data.arrays import Array, is_array_like, is_sparse, told_at
from planish.models.data.class_weights import ClassWeights
from planish.models.data.expected import Expected, input_parts, output_parts
from planish.models.data.in_memory import Arrays, OwnPart, as_arrays
from planish.models.data.read_ahead import ReadAhead
from planish.models.data.shared_files import SharedFiles, order_of, own_numbers
from planish.models.data.stream_length import length_of
from planish.utils.dataset import Chained
from planish.utils.image_batches import ImageFolder
from planish.utils.part_of_batch import PartOfBatch
from planish.utils.py_dataset import items

_ENDLESS = -1
"""The `cardinality` of an endless data set, in tf.data and here."""


_DATA = (str, bytes, bytearray, memoryview, Mapping, type)
"""Types that can be iterated over but do not supply batches."""


def is_stream(x: Any) -> bool:
    """Whether `x` supplies batches, as opposed to being the data itself."""
    if is_array_like(x) or is_sparse(x) or isinstance(x, _DATA):
        return False
    return hasattr(x, "__next__") or hasattr(x, "__iter__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


def check_end(source: Any, steps: int | None, argument: str) -> None:
    """ValueError for a data set that says it is endless, if `argument` does not say when to stop."""
    cardinality = getattr(source, "cardinality", None)
    if steps is None and callable(cardinality) and int(cardinality()) == _ENDLESS:
        raise ValueError(
            explain(
                what=f"the {type(source).__name__} gives batches without end",
                expected="a number of batches to stop after",
                remedy=f"{argument}=100",
            )
        )


class Item(NamedTuple):
    """What a source gave, the name of its place in messages, and the numbers of a folder's files."""

    given: Any
    place: str
    numbers: Array | None = None

    @property
    def batch(self) -> Any:
        return self.given.batch if isinstance(self.given, PartOfBatch) else self.given


class Knowing(Protocol):
    """What is known of the images with some numbers."""

    def knows(self, numbers: Array) -> bool: ...


@runtime_checkable
class Placed(Protocol):
    """A source that knows which pass comes next, so that a run in another process can go on there."""

    def position(self) -> Any: ...
    def go_to(self, position: Any, batches: int) -> None: ...


class Stream:
    """A supply of batches. `steps` is how many make an epoch, None if nobody knows.

    `expected` is what the model takes; `name` is for messages. Where `ranks` share the batches, only the images of this
    one are made, if the source is planish's own (`PartOfBatch`); other sources make whole batches.

    An iterator continues from epoch to epoch; an object with items or an iterable starts again with each epoch. Every
    batch is copied, so that a source may fill the same arrays again and again.
    """

    def __init__(
        self,
        source: Any,
        expected: Expected,
        class_weight: Any = None,
        steps: int | None = None,
        name: str = "",
        ranks: Ranks | None = None,
    ) -> None:
        self.source = source
        self.expected = expected
        self.name = name or type(source).__name__.replace("generator", "the generator")
        self.class_weight = None if class_weight is None else ClassWeights(class_weight)
        self.length = length_of(source)
        self.steps = steps if steps is not None else self.length
        self.asked = steps
        self._open: Iterator[Item] | None = None
        self._peeked = False
        self._reader: ReadAhead[Arrays] | None = None
        self._state: Any = None  # that of the random numbers when the pass began
        self._source_state: Any = None  # that of the source
        self._handed_out = 0  # batches of the pass
        self._ranks = ranks if ranks is not None and ranks.size > 1 else None
        self._files: SharedFiles | None = None  # of the pass

    @property
    def ready(self) -> bool:
        """Whether the next batch of the epoch is there already."""
        return self._reader is not None and self._reader.ready

    def restart(self) -> None:
        """The next epoch begins a new pass, if the source can be gone through again."""
        if self._open is not None and not self.is_iterator and not self._peeked:
            self._end_pass()

    def position(self, unused: int = 0) -> tuple[Any, int, Any]:
        """What `resume` takes to go on here, as if the last `unused` batches had not been handed out."""
        handed_out = 0 if self._open is None and not unused else self._handed_out - unused
        return self._state, handed_out, self._source_state if handed_out else self._position_of_source()

    def _position_of_source(self) -> Any:
        return self.source.position() if isinstance(self.source, Placed) else None

    def resume(self, state: Any, handed_out: int, of_source: Any, shuffle: np.random.Generator | None = None) -> None:
        """Begins the pass that began with this state of `shuffle` and of the source, and passes over so many batches of
        it."""
        if not isinstance(handed_out, int) or handed_out < 0:
            raise ValueError(f"{handed_out!r:.80} is not a number of batches")
        self._source_state = of_source
        if isinstance(self.source, Placed) and of_source is not None:
            self.source.go_to(of_source, handed_out)
        if not handed_out:
            self._open = None
            return
        if shuffle is not None and state is not None:
            shuffle.bit_generator.state = state
        self._open, self._state, self._peeked = self._pass(shuffle, handed_out), state, False
        self._handed_out = handed_out

    def epoch(self, shuffle: np.random.Generator | None = None, done: int = 0) -> Generator[Arrays, None, None]:
        """The batches of one epoch, of which `done` were there before; in random order if `shuffle` is given and the
        source has items.

        They are made on another thread, some of them before they are asked for (`read_ahead`), but never beyond the
        last one of an epoch whose steps are known. Closing the generator ends that thread.
        """
        left = None if self.steps is None else self.steps - done
        self._peeked = False
        while left is None or left:
            fresh = self._open is None
            if self._open is None:
                self._begin_pass(shuffle)
            assert self._open is not None
            batches = self._open
            came = 0
            with ReadAhead(map(self._batch, batches), left) as reader:
                self._reader = reader
                for batch in reader:
                    if self._files is not None and batch.part is not None and self._files.drops_files_of(batch.part):
                        self._open = self._of_files(self._files, self._handed_out)
                        break
                    came += 1
                    self._handed_out += 1
                    yield batch
            left = None if left is None else left - came
            if self._open is batches and reader.exhausted:
                self._end_pass()
                if self.asked is None or self.is_iterator or fresh or came or done:
                    break  # an epoch ends with the pass, as in Keras; only one that would be empty begins another
        if self.asked is None and self._open is not None:
            next(self._open, None)  # lets the pass end
            self._end_pass()

    def peek(self) -> Any:
        """The images of the first batch, as they come; it will be handed out again. ValueError if there is none."""
        if self._open is None:
            self._begin_pass(None)
        assert self._open is not None
        item = next(self._open, None)
        if item is None:
            raise ValueError(
                explain(
                    what=f"{self.name} gave no batches",
                    expected="at least one",
                    remedy="make a new iterator: this one may be used up",
                )
            )
        self._open = itertools.chain([item], self._open)
        self._peeked = True
        return _in_parts(item)[0]

    @property
    def folder(self) -> ImageFolder | None:
        """The source, if it is a folder of images as it is: each image is the same in all passes."""
        source = self.source
        while self._ranks is not None and isinstance(source, Chained) and source.same is not None:
            source = source.same  # batches are read ahead in any case
        return source if isinstance(source, ImageFolder) and source.batch_size is not None else None

    @property
    def is_fresh(self) -> bool:
        """Whether no pass is going on."""
        return self._open is None

    def all_of(self, folder: ImageFolder) -> Arrays:
        """All files of the folder, in the order of their numbers, but for images zeros that take no memory."""
        shape = (folder.count_of_files, *folder.image_shape)
        images = np.broadcast_to(np.zeros((), np.float32), shape)
        return as_arrays(
            images, folder.all_targets, None, self.class_weight, expected=self.expected, place=self.name, whole=False
        )

    @property
    def kind(self) -> str | None:
        """Which images come, and in which order, where a rank can tell that to others."""
        if self._ranks is None:
            return None
        if self.folder is not None:
            return order_of(self.folder)
        position = self._position_of_source()
        digest = hashlib.blake2b(repr(position).encode(), digest_size=8)
        return None if position is None else f"in the order {digest.hexdigest()}"

    def knows(self, kept: Knowing, folder: ImageFolder, batch_size: int) -> bool:
        """Whether each rank knows already what it would read in the next pass."""
        known = kept.knows(own_numbers(folder, batch_size, self._ranks))
        return known if self._ranks is None else self._ranks.every(known)

    def pass_over(self, folder: ImageFolder, batch_size: int) -> Array:
        """The numbers of the files of a pass, whose images nobody needs to see, in order."""
        self._source_state = folder.position()
        order = folder.next_order()
        self._handed_out = -(-len(order) // batch_size)
        return order

    @property
    def is_iterator(self) -> bool:
        return hasattr(self.source, "__next__") and not self._has_items

    @property
    def _has_items(self) -> bool:
        return hasattr(self.source, "__getitem__") and self.length is not None

    def _begin_pass(self, shuffle: np.random.Generator | None) -> None:
        self._state = None if shuffle is None else shuffle.bit_generator.state
        self._source_state = self._position_of_source()
        self._handed_out = 0
        self._open = self._pass(shuffle)

    def _pass(self, shuffle: np.random.Generator | None, first: int = 0) -> Iterator[Item]:
        """All batches of the source, once, from the batch `first` on."""
        _call(self.source, "on_epoch_begin")
        if self._has_items:
            assert self.length is not None
            places = np.arange(self.length) if shuffle is None else shuffle.permutation(self.length)
            order = places[first:].tolist()
            own = None if self._ranks is None else self._ranks.rows
            named = zip(order, items(self.source, order, own), strict=True)
            return (Item(batch, f"item {place} of {self.name}") for place, batch in named)
        if self.folder is not None and self._ranks is not None:
            self._files = SharedFiles(self.folder, self._ranks)
            return self._of_files(self._files, first)
        if self.folder is not None:
            numbered = itertools.islice(enumerate(self.folder.numbered_batches(), 1), first, None)
            return (Item(batch, f"batch {place} of {self.name}", files) for place, (files, batch) in numbered)
        batches = itertools.islice(enumerate(iter(self.source), 1), first, None)
        return (Item(batch, f"batch {number} of {self.name}") for number, batch in batches)

    def _of_files(self, files: SharedFiles, first: int) -> Iterator[Item]:
        batches = enumerate(files.batches(first), first + 1)
        return (Item(part, f"batch {place} of {self.name}", numbers) for place, (numbers, part) in batches)

    def _end_pass(self) -> None:
        self._open = None
        if self._files is not None:
            self._files.end()
            self._files = None
        _call(self.source, "on_epoch_end")

    def _batch(self, item: Item) -> Arrays:
        place, expected = item.place, self.expected
        x, y, weight = _in_parts(item)
        if len(expected.inputs) == 1:
            with told_at(place):
                taken_x, taken_y = input_parts(x, expected)[0].value, output_parts(y, "y", expected)[0].value
            self._refuse_one(taken_x, taken_y, place)
        arrays = as_arrays(x, y, weight, self.class_weight, expected=expected, place=place, whole=False)
        return replace(arrays, numbers=item.numbers, part=self._part(item)).copied()

    def _part(self, item: Item) -> OwnPart | None:
        part = item.given
        if not isinstance(part, PartOfBatch):
            return None
        return OwnPart(lambda: self._batch(item._replace(given=part.whole())), part.broken)

    def _refuse_one(self, x: Any, y: Any, place: str) -> None:
        """ValueError if this is a single image."""
        image = self.expected.inputs[0].shape
        shapes = {name: tuple(np.shape(part)) for name, part in (("x", x), ("y", y)) if part is not None}
        if shapes.get("y") == () or (image and shapes.get("x") == tuple(image)):
            raise ValueError(
                explain(
                    what=f"{place} is one image, not a batch of images",
                    expected="arrays whose first axis counts images",
                    received=" and ".join(f"{name} of shape {shape}" for name, shape in shapes.items()),
                    remedy="data.batch(32)" if hasattr(self.source, "batch") else "x[None] and np.array([y])",
                )
            )


def _in_parts(item: Item) -> tuple[Any, Any, Any]:
    """(x, y, sample_weight) of a batch, with None for what it does not have."""
    batch = item.batch
    if isinstance(batch, tuple | list) and not 1 <= len(batch) <= 3:
        raise ValueError(
            explain(
                what=f"{item.place} has {len(batch)} parts",
                expected="x, (x, y) or (x, y, sample_weight)",
                remedy="a list of images is joined first: np.stack(images)",
            )
        )
    parts = tuple(batch) if isinstance(batch, tuple | list) else (batch,)
    x, y, weight = (*parts, None, None)[:3]
    return x, y, weight


def _call(source: Any, hook: str) -> None:
    method = getattr(source, hook, None)
    if callable(method):
        method()
