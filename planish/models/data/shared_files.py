"""The files of a folder that several ranks read: each those of its own images."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from planish.distribution.communicator import Ranks
from planish.models.data.arrays import Array
from planish.models.data.in_memory import OwnPart
from planish.utils.image_batches import ImageFolder
from planish.utils.part_of_batch import PartOfBatch


class SharedFiles:
    """One pass over a folder, in the order of its next iteration.

    Batches are made of the files that can be read, and only the rank that reads a file finds out whether it can. So
    ranks tell each other about each batch; then all leave the same files out, and go on with the rest.
    """

    def __init__(self, folder: ImageFolder, ranks: Ranks) -> None:
        self._folder, self._ranks = folder, ranks
        self._order = folder.next_order()
        self._found: dict[int, str] = {}

    def batches(self, first: int) -> Iterator[tuple[Array, PartOfBatch]]:
        """From the batch `first` on, with the numbers of its files."""
        assert self._folder.batch_size is not None
        return self._folder.shared_batches(self._order[first * self._folder.batch_size :], self._ranks.rows)

    def drops_files_of(self, part: OwnPart) -> bool:
        """Whether any rank cannot read one of a batch that comes next: it is to be made anew, with all behind it."""
        found = self._ranks.united(part.broken)
        self._folder.leave_out(found)
        self._order = self._order[~np.isin(self._order, list(found))]
        self._found |= found
        return bool(found)

    def end(self) -> None:
        """Warns of the files that were left out. ValueError if there are no others."""
        self._folder.warn_of(self._found)


def own_numbers(folder: ImageFolder, batch_size: int, ranks: Ranks | None) -> Array:
    """The numbers of the files that this process reads in the next iteration."""
    order = folder.coming_order()
    if ranks is None:
        return order
    batches = (order[start : start + batch_size] for start in range(0, len(order), batch_size))
    return np.concatenate([batch[ranks.rows(len(batch))] for batch in batches] or [order])


def order_of(folder: ImageFolder) -> str:
    """What ranks that read the same files in the same order have in common."""
    digest = hashlib.blake2b(folder.coming_order().tobytes(), digest_size=8)
    targets = folder.all_targets
    digest.update(b"" if targets is None else targets.tobytes())
    return f"{folder.count_of_files:,} in the order {digest.hexdigest()}"
