"""Memory is fetched before it is read: the processor cannot foresee which row is drawn next."""

from __future__ import annotations

from planish.codegen.addresses import Addresses
from planish.codegen.llvm.function import Function, Index
from planish.codegen.llvm.target import CACHE_LINE_NBYTES
from planish.graph.node import Node

_IMAGES_AHEAD = 2
_FEWEST_NBYTES_TO_FETCH = 256


def fetch_ahead(f: Function, where: Addresses, source: Node, image: Index) -> None:
    """Prefetches the row of `source`, the user's array, that belongs to an image which comes soon."""
    nbytes = where.row_nbytes(source)
    if nbytes < _FEWEST_NBYTES_TO_FETCH:
        return
    soon = f.smaller(f.add(image, _IMAGES_AHEAD), f.subtract("%count", 1))
    row = where.address(f, source, soon)
    with f.loop(0, nbytes, CACHE_LINE_NBYTES) as line:
        f.prefetch(row, line.index)
