"""The one micro-kernel: a block of pixels times a panel of channels, summed over a contiguous run of inputs.

    for k in range(depth):
        for p in pixels:                                   # a broadcast each
            for v in range(vectors):                       # a vector of weights each, shared by all pixels
                sums[p][v] += x[offset[p] + k] * w[k][v]

Convolutions, Winograd's products and dense layers differ in the offsets only. All sums stay in registers:
pixels * vectors + vectors + 1 of them are in use. Every sum adds its terms in the order of k, whatever the block, so a
result does not depend on which block it was computed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from planish.codegen.llvm.function import Function, Index, Pointer, Value

# Values of k between two branches: few sums need more of them to fill the time of a branch, many sums need less code.
UNROLL_FEW, UNROLL_MANY, MANY_SUMS = 4, 2, 12

FMA_LATENCY = 8  # FMAs in flight that keep two ports busy


def cycles_of_step(pixels: int, vectors: int, registers: int) -> float:
    """For each k, by counting FMAs, loads and latency.

    Where FMAs do not broadcast by themselves (fewer than 32 registers) and all share one vector of weights, LLVM
    broadcasts many pixels ahead and spills them: half as fast, measured.
    """
    spilled = max(0, pixels * vectors + vectors + 1 - registers)
    each = 1.0 if vectors == 1 and registers < 32 else 0.5
    return max(each * pixels * vectors, (pixels + vectors) / 2, FMA_LATENCY / 2) + 0.5 + 2 * spilled


class Panel(NamedTuple):
    """Where a panel of weights is: for each k, `vectors` vectors; `tail` is the mask of the last of them."""

    pointer: Pointer
    vectors: int
    step_nbytes: int
    tail: str | None = None

    def at(self, f: Function, k: Index) -> Panel:
        """The same panel from this k on."""
        return self._replace(pointer=f.offset(self.pointer, f.multiply(k, self.step_nbytes)))


class Ahead(NamedTuple):
    """What is fetched on the way, so many bytes for each k: into L1. Asked for in L2, weights from memory come too late
    on Zen 4: Winograd's products take 1.3 times as long."""

    pointer: Pointer
    nbytes: int

    def at(self, f: Function, k: Index) -> Ahead:
        return self._replace(pointer=f.offset(self.pointer, f.multiply(k, self.nbytes)))


def packed(f: Function, pointer: Pointer, vectors: int) -> Panel:
    """A panel whose vectors follow one another."""
    return Panel(pointer, vectors, vectors * f.vector_nbytes)


def accumulate(
    f: Function,
    sums: Sequence[Value],
    x: Pointer,
    offsets: Sequence[int],
    panel: Panel,
    depth: int,
    ahead: Ahead | None = None,
) -> list[Value]:
    """`sums` are pixel-major; `offsets` are in bytes from `x`."""
    unroll = UNROLL_MANY if len(sums) >= MANY_SUMS else UNROLL_FEW
    if depth <= UNROLL_FEW:
        return _steps(f, list(sums), x, offsets, panel, range(depth))
    full = depth // unroll * unroll
    with f.loop(0, full, unroll, carried=sums) as k:
        moved = f.offset(x, f.nbytes(k.index))
        if ahead is not None:
            f.prefetch(ahead.at(f, k.index).pointer)
        k.next(*_steps(f, list(k.carried), moved, offsets, panel.at(f, k.index), range(unroll)))
    return _steps(f, list(k.results), x, offsets, panel, range(full, depth))


def _steps(
    f: Function, sums: list[Value], x: Pointer, offsets: Sequence[int], panel: Panel, depths: range
) -> list[Value]:
    w, vectors, step, tail = panel
    masks = [None] * (vectors - 1) + [tail]
    for k in depths:
        weights = [f.load(w, k * step + v * f.vector_nbytes, mask) for v, mask in enumerate(masks)]
        for p, offset in enumerate(offsets):
            seen = f.broadcast(x, offset + f.floats.nbytes * k)
            for v in range(vectors):
                sums[p * vectors + v] = f.fma(seen, weights[v], sums[p * vectors + v])
    return sums
