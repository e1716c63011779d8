"""Memory that ranks of one machine share (MPI's own): a rank reads there what another one has written.

It saves a copy by the system, which takes longer than all the rest of an exchange of a small model's gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_LEAST_NBYTES, _MOST_NBYTES = 1 << 12, 1 << 21
"""Less is sent as quickly as it is written; more would need much memory, of which a container has little."""


class SameMachine:
    """The partners on this machine, and rooms for what is swapped with them: two for each, in turns, since a partner
    may still read from one when the next swap begins."""

    def __init__(self, mpi: Any, world: Any) -> None:
        self._mpi = mpi
        self._rank, self._size = world.Get_rank(), world.Get_size()
        self._comm = world.Split_type(mpi.COMM_TYPE_SHARED)
        found = mpi.Group.Translate_ranks(world.Get_group(), list(range(self._size)), self._comm.Get_group())
        self._numbers = {rank: number for rank, number in enumerate(found) if number != mpi.UNDEFINED}
        self._room_nbytes = 0
        self._window: Any = None
        self._memory: dict[int, Array] = {}
        self._turns: dict[int, int] = {}

    def prepare(self, nbytes: int) -> None:
        """Makes rooms of at least so many bytes, if that is not too much. All ranks call it."""
        if len(self._numbers) == 1 or not _LEAST_NBYTES <= nbytes <= _MOST_NBYTES or nbytes <= self._room_nbytes:
            return
        self._room_nbytes = -(-nbytes // _LEAST_NBYTES) * _LEAST_NBYTES
        rooms = 2 * (self._size - 1).bit_length()
        self._window = self._mpi.Win.Allocate_shared(rooms * self._room_nbytes, 1, comm=self._comm)
        self._window.Lock_all()
        memory = {rank: self._window.Shared_query(number)[0] for rank, number in self._numbers.items()}
        self._memory = {rank: np.frombuffer(each, np.uint8) for rank, each in memory.items()}
        self._turns = dict.fromkeys(memory, 0)

    def has_room(self, partner: int, nbytes: int) -> bool:
        return partner in self._memory and _LEAST_NBYTES <= nbytes <= self._room_nbytes

    def swap(self, partner: int, sent: Array, received: Array, meet: Callable[[], None]) -> Array:
        """What the partner has written, in its memory. `meet` returns when both have come there."""
        distance = (self._rank ^ partner).bit_length() - 1
        start = (2 * distance + self._turns[partner]) * self._room_nbytes
        self._turns[partner] ^= 1
        np.copyto(self._memory[self._rank][start : start + sent.nbytes].view(sent.dtype), sent)
        self._window.Sync()
        meet()
        self._window.Sync()
        return self._memory[partner][start : start + received.nbytes].view(received.dtype)
