"""How a 3x3 convolution by Winograd's method is cut: the size of its tiles, panels of filters, how many tiles at once.

Larger tiles take fewer products (36 for 16 outputs instead of 64; with a stride of 2, 49 for nine instead of 56), but
their transforms cost more, they have more weights, and they lose more where a tile reaches beyond the map: so cycles
are counted, in the unit of the other kernels of convolutions (`cycles_of_step`). The constants were measured on Zen 4,
with AVX-512, for 16 to 256 channels, and on Zen 3, with AVX2, for maps of 4x4 to 32x32 and 3 to 300 channels: there the
method that they put first is the fastest, or within 20% of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.loops import counted, cut, vectors_of
from planish.codegen.llvm.target import CACHE_LINE_NBYTES, Target
from planish.codegen.pieces.accumulate import cycles_of_step
from planish.codegen.pieces.kernel import Spec
from planish.primitives.conv2d import Conv2DSettings
from planish.primitives.rewritten.conv2d_winograd import Conv2DWinogradSettings
from planish.primitives.winograd import Method, method

TILES = ((2, 1), (4, 1), (2, 2), (3, 2))
"""Outputs of a tile along an axis, and strides."""

# Cycles of the transforms of a tile, by its outputs and stride: a vector of its channels, a vector of its filters. A
# tile of 36 values does not stay in 16 registers. With 32 of them, those for a stride of 2 follow from what is loaded,
# computed and stored: they are not measured. Cycles of a block of products besides its steps; bytes of weights a cycle
# from the L3 cache.
TRANSFORM_CYCLES: Mapping[tuple[int, int], tuple[int, int]] = {
    (2, 1): (45, 15), (4, 1): (235, 85), (2, 2): (50, 12), (3, 2): (115, 35),
}  # fmt: skip
TRANSFORM_CYCLES_IN_REGISTERS: Mapping[tuple[int, int], tuple[int, int]] = {
    (2, 1): (40, 40), (4, 1): (110, 110), (2, 2): (50, 25), (3, 2): (95, 60),
}  # fmt: skip
BLOCK_CYCLES = 4
WEIGHT_NBYTES_A_CYCLE = 48

# Bytes a cycle from memory, where all processors want some at the same time.
MEMORY_NBYTES_A_CYCLE = 3

# Six tiles at once fill blocks of products, or a multiple of six that fits, with its products, in half of the L1 cache:
# every weight that is read from L2 serves so many products. Seven or eight take up to 15% longer, with AVX2. Weights of
# more than twice the size of L2 are heavy: they are read from L3 for as many tiles as L2 has room for, or L3, whichever
# is less to read. Threads that share an image take so many tiles for one reading, or some of the panels if there are
# few tiles: to transform all inputs once more costs less than to read all weights. Other weights are read for half of
# the tiles at once, if there are so few that threads would have unequal shares of them; of very few, threads take
# panels.
WORK_NBYTES, AT_ONCE = 2**14, 6
KEPT_OF_L2, WORK_OF_L2, WORK_OF_L3, FEWEST_SHARED = 2, 1 / 2, 1 / 16, 16
FEWEST_BY_TILE, FEWEST_BY_TILE_IF_HEAVY, FEWEST_TURNS = 4, 64, 16
NARROWER = 0.95  # of the cycles: then narrower panels of filters pay


@dataclass(frozen=True, slots=True)
class Cut:
    """`rows` x `columns` tiles; the last ones have `last` (rows, columns) of outputs.

    `at_once` tiles are transformed, multiplied and transformed back together, a number of grains of `grain` tiles each.
    `heavy`: the weights do not stay in L2.
    """

    method: Method
    rows: int
    columns: int
    last: tuple[int, int]
    at_once: int
    grain: int
    heavy: bool

    @property
    def tiles(self) -> int:
        return self.rows * self.columns

    @property
    def by_panel(self) -> bool:
        """Whether threads that share an image share the panels of filters, and each transforms all inputs."""
        return self.tiles < (FEWEST_BY_TILE_IF_HEAVY if self.heavy else FEWEST_BY_TILE)

    @property
    def counts(self) -> list[int]:
        """How many tiles can be at once: fewer at the end of a thread's share, and at the end of all."""
        whole, rest = range(self.grain, self.at_once + 1, self.grain), self.tiles % self.grain
        ends = range(rest, self.at_once + 1, self.grain) if rest else ()
        return sorted({*whole, *ends, self.at_once}, reverse=True)

    @property
    def fetches(self) -> bool:
        """Whether the next panel is fetched while this one is used: fewer tiles leave no time for so many lines."""
        return self.heavy and self.at_once >= FEWEST_SHARED

    @property
    def products(self) -> int:
        """Products a tile, for each channel and filter."""
        return self.method.products**2

    @property
    def sums(self) -> int:
        """Sums a tile that its products are terms of, for each filter."""
        return self.method.sums**2


def cut_map(
    shape: Sequence[int], window: tuple[int, int], method: Method, channels: tuple[int, int], target: Target
) -> Cut:
    """For `shape` (rows, columns) of results, each the maximum of a window; `channels` in and out."""
    extents = [extent * size for extent, size in zip(shape, window, strict=True)]
    rows, columns = (-(-extent // method.tile) for extent in extents)
    last = extents[0] - (rows - 1) * method.tile, extents[1] - (columns - 1) * method.tile
    in_nbytes, out_nbytes = (row_nbytes(extent, target.lanes) for extent in channels)
    each = method.products**2 * in_nbytes + method.sums**2 * out_nbytes
    tiles, fitting = rows * columns, AT_ONCE * max(1, WORK_NBYTES // (AT_ONCE * each))
    weights = method.weights**2 * channels[0] * out_nbytes
    if weights <= KEPT_OF_L2 * target.caches.l2_nbytes:
        at_once = min(tiles, fitting)
        grain = -(-at_once // 2) if FEWEST_BY_TILE <= tiles < FEWEST_TURNS * at_once else at_once
        return Cut(method, rows, columns, last, at_once, grain, False)
    grain = max(cut(tiles, max(fitting, FEWEST_SHARED)))
    room = WORK_OF_L2 * target.caches.l2_nbytes, WORK_OF_L3 * target.caches.l3_nbytes
    in_l2, in_l3 = (grain * max(1, int(nbytes) // (each * grain)) for nbytes in room)
    apart = weights * (-(-tiles // in_l2) - -(-tiles // in_l3))  # what is read of them once more, or written and read
    at_once = in_l3 if apart > 2 * tiles * each else in_l2
    return Cut(method, rows, columns, last, min(at_once, tiles), grain, True)


def cut_of(spec: Spec, target: Target) -> Cut:
    settings = Conv2DWinogradSettings.of(spec)
    own, (channels, filters) = method(settings.tile, settings.stride), settings.kernel_shape[2:]
    return cut_map(spec.shape[:2], settings.window, own, (channels, filters), target)


def row_nbytes(extent: int, lanes: int) -> int:
    """A tile's values of one matrix: of all channels, or all filters."""
    return vectors_of(extent, lanes) * lanes * F32.nbytes


def matrix_nbytes(whole: Cut, extent: int, lanes: int) -> int:
    """A matrix [tiles, extent], and a line that keeps one tile's values from sharing a set of the cache."""
    return whole.at_once * row_nbytes(extent, lanes) + CACHE_LINE_NBYTES


def scratch_nbytes(spec: Spec, target: Target) -> int:
    whole = cut_of(spec, target)
    channels, filters = Conv2DWinogradSettings.of(spec).kernel_shape[2:]
    factors = whole.products * matrix_nbytes(whole, channels, target.lanes)
    return factors + whole.sums * matrix_nbytes(whole, filters, target.lanes)


def cycles(whole: Cut, channels: int, filters: int, target: Target, *, from_memory: bool = False) -> float:
    """Products, or the weights' way from the cache or from memory if that takes longer, and transforms."""
    full, left = divmod(whole.tiles, whole.at_once)
    panels = Counter(panels_of(filters, whole.at_once, target))
    products = full * _product_cycles(whole.at_once, channels, panels, target)
    products += _product_cycles(left, channels, panels, target) if left else 0
    weights = whole.method.weights**2 * channels * row_nbytes(filters, target.lanes)
    read = (full + bool(left)) * weights / WEIGHT_NBYTES_A_CYCLE
    read = max(read, weights / MEMORY_NBYTES_A_CYCLE) if from_memory else read
    transforms = whole.tiles * _transform_cycles(whole, channels, filters, target)
    return max(whole.products * products, read) + transforms


def _transform_cycles(whole: Cut, channels: int, filters: int, target: Target) -> int:
    """Of a tile."""
    costs = TRANSFORM_CYCLES if target.registers < 32 else TRANSFORM_CYCLES_IN_REGISTERS
    into, out_of = costs[whole.method.tile, whole.method.stride]
    return vectors_of(channels, target.lanes) * into + vectors_of(filters, target.lanes) * out_of


def _product_cycles(tiles: int, channels: int, panels: Mapping[int, int], target: Target) -> float:
    """Of so many tiles with one of the matrices, by panels of each width."""
    return sum(
        count * (channels * _step_cycles(tiles, vectors, target) + BLOCK_CYCLES * _blocks(tiles, vectors, target))
        for vectors, count in panels.items()
    )


def _blocks(tiles: int, vectors: int, target: Target) -> int:
    """In which so many tiles are multiplied."""
    return -(-tiles // tiles_in_block(vectors, target.registers))


def why_not(
    kernel_shape: Sequence[int],
    settings: Conv2DSettings,
    window: tuple[int, int],
    tile: int,
    stride: int,
) -> str | None:
    """Why the method does not fit with tiles of this size; None if it does."""
    rows, columns = kernel_shape[:2]
    if (rows, columns) != (3, 3):
        return f"it is for 3x3, this is {rows}x{columns}"
    if settings.strides != (stride, stride):
        return f"it is for strides of {stride}"
    if settings.dilation != (1, 1):
        return "it is for dilation of 1"
    if settings.groups != 1:
        return "it is for one group"
    if tile % window[0] or tile % window[1]:
        return f"its tiles are cut by pools that divide them, this is {window[0]}x{window[1]}"
    return None


def panels_of(filters: int, at_once: int, target: Target) -> list[int]:
    """Vectors of filters in each panel: as many as the registers have room for, unless blocks of so many tiles at once
    take clearly fewer cycles with narrower ones."""
    most = 4 if target.registers >= 32 else 3
    cycles = {vectors: _step_cycles(at_once, vectors, target) / vectors for vectors in range(1, most + 1)}
    best = min(cycles, key=lambda vectors: cycles[vectors])
    return cut(vectors_of(filters, target.lanes), best if cycles[best] < NARROWER * cycles[most] else most)


def _step_cycles(tiles: int, vectors: int, target: Target) -> float:
    """Of so many tiles and vectors of filters, for each channel."""
    most = tiles_in_block(vectors, target.registers)
    return sum(times * cycles_of_step(block, vectors, target.registers) for block, times in counted(tiles, most))


def tiles_in_block(vectors: int, registers: int) -> int:
    """Tiles whose sums stay in registers, beside the weights and a broadcast."""
    return max(1, (registers - 2 - vectors) // vectors)
