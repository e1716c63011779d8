"""What ranks need of whatever carries messages between them, and what they make of it: sums of all ranks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from planish.errors import explain

Array = NDArray[Any]

LEAST_BLOCKS = 8
_LEAST_TO_HALVE = 4096
"""Numbers in each of the parts: fewer take longer to begin with than to send."""

_LEAST_TO_HALVE_FOR_TWO = 1 << 17
"""Numbers in all: two ranks send no less in halves, they only add less."""


class Communicator(Protocol):
    """Messages between `size` ranks, of which this process is number `rank`.

    Every call is made by all ranks that take part in it, in the same order. None waits for ever: TimeoutError if
    another rank does not come.
    """

    rank: int
    size: int

    def swap(self, partner: int, sent: Array, received: Array) -> None:
        """Sends one array and receives another, both ways at once."""

    def send(self, partner: int, values: Array) -> None: ...
    def receive(self, partner: int, values: Array) -> None: ...

    def reduce(self, values: Array, *, largest: bool) -> None:
        """Makes of the values, in place, their sums over all ranks, in whatever order is fastest."""

    def gather(self, message: bytes) -> list[bytes]:
        """The messages of all ranks, in the order of the ranks."""

    def broadcast(self, message: bytes) -> bytes:
        """That of rank 0."""

    def begin_run(self) -> None:
        """Something begins in which all ranks take part."""

    def leave_run(self, why: str) -> None:
        """Tells the others that this rank does not go on with what was begun last: they wait for it no longer."""


class Ranks:
    """The processes that train together, seen from one of them.

    `exact`: totals are added in an order that does not depend on how many there are, if that is a power of two.
    """

    def __init__(self, communicator: Communicator, *, exact: bool = True) -> None:
        self.communicator = communicator
        self.exact = exact
        self.rank, self.size = communicator.rank, communicator.size
        self._received: dict[tuple[int, Any], Array] = {}

    @property
    def key(self) -> tuple[int, int, bool]:
        """What a program for training is made for."""
        return self.rank, self.size, self.exact

    def blocks(self, *, exact: bool) -> tuple[int, int, int]:
        """How many blocks a batch has, the first one that is this rank's, and how many are.

        Each rank has one if the sums are not to be exact; so it has if the number of ranks is not a power of two, whose
        sums are the same as those of no other number. In all cases its images are those of `rows`.
        """
        power = self.size & (self.size - 1) == 0
        count = max(LEAST_BLOCKS, self.size) if exact and power else self.size
        own = count // self.size
        return count, self.rank * own, own

    def rows(self, images: int) -> slice:
        """The rank's own of so many images of a batch."""
        return slice(self.rank * images // self.size, (self.rank + 1) * images // self.size)

    def exchange(self, bucket: Array, sums: int) -> None:
        """Makes of a rank's `sums`, and of the largest numbers behind them, in place, those of all ranks."""
        if self.size == 1:
            return
        if self.exact:
            with np.errstate(all="ignore"):  # infinities and NaN raise no warnings, as in compiled code
                self._in_pairs(bucket, sums)
            return
        for values, largest in ((bucket[:sums], False), (bucket[sums:], True)):
            if len(values):
                self.communicator.reduce(values, largest=largest)

    def _in_pairs(self, bucket: Array, sums: int) -> None:
        """By recursive doubling: the tree of additions is that over blocks, and both partners add the same two numbers.

        Ranks beyond a power of two add theirs to another's first, and get the result from it.
        """
        power = 1 << (self.size.bit_length() - 1)
        beyond = self.size - power
        if self.rank >= power:
            self.communicator.send(self.rank - power, bucket)
            self.communicator.receive(self.rank - power, bucket)
            return
        received = self._room(len(bucket), bucket.dtype)
        if self.rank < beyond:
            self.communicator.receive(self.rank + power, received)
            _combine(bucket, received, sums)
        distances = [1 << place for place in range(power.bit_length() - 1)]
        if len(bucket) < (_LEAST_TO_HALVE_FOR_TWO if power == 2 else _LEAST_TO_HALVE * power):
            for distance in distances:
                self.communicator.swap(self.rank ^ distance, bucket, received)
                _combine(bucket, received, sums)
        else:
            self._in_halves(bucket, received, sums, distances)
        if self.rank < beyond:
            self.communicator.send(self.rank + power, bucket)

    def _in_halves(self, bucket: Array, received: Array, sums: int, distances: Sequence[int]) -> None:
        """The same additions, of which each rank does a part: two partners halve what both have, and each adds the
        other's half to its own; then the ways are gone back, and the halves put together.

        A rank sends and receives less than two buckets in all, however many ranks there are.
        """
        start, stop = 0, len(bucket)
        halves = []
        for distance in distances:
            middle = (start + stop) // 2
            low, high = slice(start, middle), slice(middle, stop)
            own, other = (low, high) if not self.rank & distance else (high, low)
            self.communicator.swap(self.rank ^ distance, bucket[other], received[own])
            _combine(bucket[own], received[own], max(0, sums - own.start))
            halves.append((distance, own, other))
            start, stop = own.start, own.stop
        for distance, own, other in reversed(halves):
            self.communicator.swap(self.rank ^ distance, bucket[own], bucket[other])

    def _room(self, length: int, dtype: np.dtype[Any]) -> Array:
        key = length, dtype
        if key not in self._received:
            self._received[key] = np.empty(length, dtype)
        return self._received[key]

    # ------------------------------------------------------------------ between steps
    def any(self, flag: bool) -> bool:
        """Whether it holds on any rank."""
        return b"1" in self.communicator.gather(b"1" if flag else b"0")

    def every(self, flag: bool) -> bool:
        """Whether it holds on all ranks."""
        return not self.any(not flag)

    def united(self, own: Mapping[int, str]) -> dict[int, str]:
        """What all ranks know together."""
        known: dict[int, str] = {}
        for message in self.communicator.gather(json.dumps(list(own.items())).encode()):
            known |= dict(json.loads(message))
        return known

    def check_alike(self, what: str, own: str) -> None:
        """ValueError if another rank has another description of what it is about to do."""
        texts = [message.decode() for message in self.communicator.gather(own.encode())]
        if len(set(texts)) > 1:
            other = next(rank for rank, text in enumerate(texts) if text != texts[0])
            raise ValueError(
                explain(
                    what=f"{what} differs from rank to rank",
                    rule="all ranks call the same methods in the same order, with the same arguments and all of the"
                    " data; each then computes its own share",
                    expected=f"on all ranks as on rank 0: {texts[0]}",
                    received=f"on rank {other}: {texts[other]}",
                    remedy="give every rank all of the data: each computes its own share of every batch",
                )
            )


def _combine(own: Array, received: Array, sums: int) -> None:
    np.add(own[:sums], received[:sums], out=own[:sums])
    if sums < len(own):
        np.maximum(own[sums:], received[sums:], out=own[sums:])
