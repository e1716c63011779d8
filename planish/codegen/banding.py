"""Convolutions that are computed together, band of rows by band of rows (see `planning/cascades.py`).

    for band of the rows of the convolution of each channel by itself:
        the rows of its map that the band before has left, and this one reads again, move to the front
        producer, border: the rows of its map that are missing
        the convolution itself, consumer: the rows of the band

Kernels find the rows of a map by their numbers. Of the maps between there is only a band, so what they are given is
where the first row would be if the whole map were there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from planish.codegen.addresses import Addresses
from planish.codegen.kernels import conv2d_depthwise
from planish.codegen.llvm.function import Function, Index, Pointer
from planish.codegen.pieces.boxes import Box, move
from planish.codegen.pieces.kernel import spec_of
from planish.codegen.planning.cascades import Cascade, nbytes_of
from planish.graph.node import Node
from planish.primitives.pad2d import Pad2DSettings
from planish.primitives.rewritten.conv2d_depthwise import Conv2DDepthwiseSettings

Rows = tuple[Index, Index]  # from the first on, before the second


@dataclass(frozen=True, slots=True)
class Band:
    """What is to be computed, in order, with the rows or grains of each; and where the maps between would begin."""

    work: list[tuple[Node, Rows]]
    begins: Mapping[Node, Pointer]


@contextmanager
def over_bands(f: Function, cascade: Cascade, where: Addresses, grains: Rows) -> Iterator[Band]:
    """A loop over the bands of some grains of the convolution in the middle, at least one."""
    spec = spec_of(cascade.depthwise)
    with f.loop(*grains, cascade.grains) as band:
        own = band.index, f.smaller(f.add(band.index, cascade.grains), grains[1])
        first, last = (conv2d_depthwise.first_row(f, spec, grain) for grain in own)
        work: list[tuple[Node, Rows]] = []
        begins: dict[Node, Pointer] = {}
        if cascade.producer is not None:
            source = _Source(f, cascade, where)
            start = f.multiply(first, source.stride)
            begins[source.node] = _beginning(f, where.address(f, source.node), source.node, start)
            missing = start
            if band.index is not grains[0]:  # there is more than one
                follows = f.compare("sgt", band.index, grains[0])
                before = conv2d_depthwise.first_row(f, spec, f.subtract(band.index, cascade.grains))
                source.keep(follows, f.subtract(start, f.multiply(before, source.stride)))
                missing = f.add(start, f.let(f"select i1 {follows}, i64 {cascade.kept}, i64 0"))
            end = f.add(f.multiply(f.subtract(last, 1), source.stride), source.reach)
            work += source.work(missing, end)
        work.append((cascade.depthwise, own))
        if cascade.consumer is not None:
            begins[cascade.depthwise] = _beginning(f, where.address(f, cascade.depthwise), cascade.depthwise, first)
            work.append((cascade.consumer, (first, last)))
        yield Band(work, begins)


def _beginning(f: Function, held: Pointer, node: Node, row: Index) -> Pointer:
    """Where the map would begin of which the rows from that one on are held."""
    before = f.multiply(row, -_row_nbytes(node))
    return f.let(f"getelementptr i8, ptr {held}, i64 {before}")


def _row_nbytes(node: Node) -> int:
    return nbytes_of(node) // node.shape[0]


class _Source:
    """The map that the convolution in the middle reads."""

    def __init__(self, f: Function, cascade: Cascade, where: Addresses) -> None:
        spec = spec_of(cascade.depthwise)
        settings = Conv2DDepthwiseSettings.of(spec)
        self.f, self.cascade, self.node = f, cascade, cascade.depthwise.inputs[0]
        self.stride = settings.strides[0]
        self.reach = (spec.inputs[1].shape[0] - 1) * settings.dilation[0] + 1
        self.held = where.address(f, self.node)

    def keep(self, follows: str, apart: Index) -> None:
        """Moves the rows that this band reads again to the front, from so many rows behind it."""
        if self.cascade.kept:
            f, row = self.f, _row_nbytes(self.node)
            elements = self.cascade.kept * row // f.floats.nbytes
            with f.when(follows):
                move(f, Box((elements,), (1,), (1,)), f.offset(self.held, f.multiply(apart, row)), self.held)

    def work(self, first: Index, last: Index) -> list[tuple[Node, Rows]]:
        """What makes these rows."""
        producer, border = self.cascade.producer, self.cascade.border
        assert producer is not None
        if border is None:
            return [(producer, (first, last))]
        f, ((top, _), _) = self.f, Pad2DSettings.of(border).padding
        inside = [f.smaller(f.larger(f.subtract(row, top), 0), producer.shape[0]) for row in (first, last)]
        return [(producer, (inside[0], inside[1])), (border, (first, last))]
