"""Programs by what they were made for: only those that were used last, where there may be ever more."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from planish import warned
from planish.errors import explain

MOST_PROGRAMS = 16
MOST_SIZES = 8

Program = TypeVar("Program")


class Recent(Generic[Program]):
    """Keeps the `MOST_PROGRAMS` programs that were used last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Program] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> Program | None:
        """The program of that key, if it is still there."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def keep(self, key: Hashable, program: Program) -> Program:
        """Keeps it; the one that was not used for longest goes."""
        self._kept[key] = program
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_PROGRAMS:
            self._kept.popitem(last=False)
        return program

    def found(self, key: Hashable, make: Callable[[], Program]) -> Program:
        """The program of that key; `make` is called if it is not there."""
        found = self.get(key)
        return self.keep(key, make()) if found is None else found

    def clear(self) -> None:
        self._kept.clear()


class SizesSeen:
    """The sizes of data for which programs of a model were made; it warns once when there are many."""

    def __init__(self) -> None:
        self._seen: set[Hashable] = set()

    def note(self, sizes: Hashable) -> None:
        if sizes in self._seen or len(self._seen) > MOST_SIZES:
            return
        self._seen.add(sizes)
        if len(self._seen) > MOST_SIZES:
            warned.warn(
                explain(
                    what=f"images of more than {MOST_SIZES} sizes: each size is compiled anew, which takes time, and "
                    "only the programs that were used last are kept",
                    remedy="resize the images to one size, or to a few: planish.ops.image.resize, load_img(path, "
                    "target_size=...)\nor sort them, so that images of equal sizes come in batches one after another",
                )
            )
