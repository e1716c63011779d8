"""What a layer knows of its calls on symbolic tensors."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from weakref import WeakValueDictionary

from planish.symbolic import Record

_FARTHEST = 500
"""How many calls are looked at to see whether a call leads back to its layer."""


class Records:
    """The first call and the last one; those between as long as a tensor or a model was made of them.

    A layer that kept all of them would be part of a circle as soon as it is called on what it gave itself, and only the
    garbage collector would free it. The first call is of tensors whose layers were called before, so first calls lead
    from later to earlier layers only. The last call is kept unless it leads back to the layer, or that cannot be told.
    """

    def __init__(self, first: Record | None = None) -> None:
        self.first = first
        self._last: Record | None = None
        self._later: WeakValueDictionary[int, Record] = WeakValueDictionary()
        self._numbers = itertools.count()

    def __reduce__(self) -> tuple[type[Records], tuple[Record | None]]:
        """Copies and pickles keep the first call."""
        return Records, (self.first,)

    def append(self, record: Record) -> None:
        if self.first is None:
            self.first = record
            return
        self._later[next(self._numbers)] = record
        self._last = None if self._is_behind(record) else record

    def __iter__(self) -> Iterator[Record]:
        """In order."""
        if self.first is None:
            return iter(())
        living = [reference() for reference in self._later.valuerefs()]  # other threads may add to them
        return iter([self.first, *(record for record in living if record is not None)])

    def forget_after(self, count: int) -> None:
        """Keeps the first `count`."""
        kept = [*self][:count]
        self.first = self._last = None
        self._later.clear()
        for record in kept:
            self.append(record)

    def _is_behind(self, record: Record) -> bool:
        """Whether the record, by way of its inputs and of what their layers keep and have inside, leads to this
        layer."""
        seen: set[Record] = set()
        waiting = [record]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            for tensor in current.inputs:
                inside = [getattr(layer, "_records", self) for layer in tensor.layer.flattened()]
                if self in inside or len(seen) + len(waiting) > _FARTHEST:
                    return True
                kept = (each for records in inside for each in (records.first, records._last))
                waiting += [tensor.record, *(each for each in kept if each is not None)]
        return False
