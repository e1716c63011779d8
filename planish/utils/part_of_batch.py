"""A batch of which one of several processes makes only some images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Own = Callable[[int], slice]
"""The rows of a batch of so many images that this process makes."""


class PartOfBatch(NamedTuple):
    """A batch whose other images are zeros; labels and weights are all there.

    `whole` makes all of it. `broken`: the numbers of files that cannot be read, and why: then it is not a batch, as
    others take their places.
    """

    batch: Any
    whole: Callable[[], Any]
    broken: Mapping[int, str] = {}
