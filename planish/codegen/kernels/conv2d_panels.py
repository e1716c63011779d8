"""Convolution without padding, direct, with the maximum over windows that do not overlap, on packed weights.

    for group, block of output rows, panel:        # output channels
        for output row:
            for tile of `windows` output columns:  # pixels = windows * pool height * pool width
                for kernel row (and column, if dilated or grouped):
                    for k in a contiguous run of the kernel row:
                        sums[pixel][v] += x[pixel + k] * w[k][v]
                y[window] = epilogue(max over the window's pixels)      # and which pixel it is, if somebody asks

x [h, w, c], y [rows, columns, cout], both contiguous. In channels-last order a kernel row (kw * cin values) is
contiguous. Rows and columns that no window reads are not computed. Registers: pixels * vectors sums + vectors weights +
1 broadcast; a kernel of few values stays in registers as a whole, and what is read of x then serves every weight that
it meets. 2 * rows * columns * pool * kh * kw * cin * cout FLOP, at 90% of the FMA limit from 8 input channels up. The
last vector of channels is masked when it is stored; packed weights are zero there.

A large map is cut into blocks of rows, so that all panels find what they read and write in the second level of the
cache. While a panel of many weights is used, the next one is fetched. A 1x1 kernel of more weights than there is of the
map takes all pixels for one row, so that no tile is cut short at the end of a row of seven.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import cut, numbered_runs, over_run, panel_runs, vectors_of
from planish.codegen.llvm.target import ASSUMED, Caches, Target
from planish.codegen.pieces.accumulate import FMA_LATENCY, Ahead, accumulate, cycles_of_step, packed
from planish.codegen.pieces.element import Element
from planish.codegen.pieces.expression import Epilogue
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, epilogue_of, first_and_extra
from planish.codegen.pieces.maxima import first_maximum, largest_of
from planish.codegen.pieces.pixels import Pixels
from planish.codegen.pieces.places import store_places
from planish.primitives.rewritten.conv2d_panels import Conv2DPanelsSettings

SUMS_BESIDE_WEIGHTS = 12  # at most: more do not hide more latency, and values of x that are read early need room
KEPT_OF_L2 = 1 / 2  # maps or weights of so many bytes stay in the second level of the cache
BLOCK_NBYTES = 2**16  # of what a block of rows reads and writes
FETCHED_NBYTES = 2**16  # of weights, at least, of which other layers have left nothing there


@dataclass(frozen=True, slots=True)
class Tile:
    """Vectors in each panel of channels, and output columns in a tile."""

    panels: tuple[int, ...]
    windows: int


@lru_cache(maxsize=1000)
def plan(channels: int, columns: int, pool_pixels: int, lanes: int, registers: int) -> Tile:
    """The tile that needs the fewest cycles for a row of outputs, by counting FMAs, loads and latency.

    A step of k takes pixels * vectors FMAs and pixels + vectors loads at two a cycle each, and no less than the
    latency allows.
    """
    needed = vectors_of(channels, lanes)
    best: tuple[float, int, Tile] | None = None
    for largest in range(1, min(needed, 6) + 1):
        panels = cut(needed, largest)
        for windows in range(1, min(columns, registers) + 1):
            pixels = windows * pool_pixels
            if pixels * panels[0] + panels[0] + 1 >= registers and windows > 1:
                break
            tile = Tile(tuple(panels), windows)
            cost = _row_cycles(tile, columns, pool_pixels, registers)
            if best is None or (cost, windows) < best[:2]:
                best = (cost, windows, tile)
    assert best is not None
    return best[2]


def windows_beside_weights(depth: int, vectors: int, pool_pixels: int, registers: int) -> int:
    """Windows of a tile if all weights of a panel, `depth` for each channel, stay in registers.

    0 if that leaves too little room for the sums that hide the latency.
    """
    room = (registers - 3 - depth * vectors) // (pool_pixels * vectors)
    windows = min(room, max(1, SUMS_BESIDE_WEIGHTS // (pool_pixels * vectors)))
    return windows if windows * pool_pixels * vectors >= FMA_LATENCY else 0


def windows_of(vectors: int, columns: int, registers: int) -> int:
    """Those of a tile of so many vectors that need the fewest cycles for a row of outputs that are not pooled."""
    most = max(1, min(columns, (registers - 2 - vectors) // vectors))
    return min(range(1, most + 1), key=lambda windows: _row_cycles(Tile((vectors,), windows), columns, 1, registers))


def row_cycles(channels: int, columns: int, pool_pixels: int, lanes: int, registers: int) -> float:
    """For a row of outputs, for each k."""
    tile = plan(channels, columns, pool_pixels, lanes, registers)
    return _row_cycles(tile, columns, pool_pixels, registers)


def _row_cycles(tile: Tile, columns: int, pool_pixels: int, registers: int) -> float:
    whole, rest = divmod(columns, tile.windows)
    tiles = [(tile.windows, whole), (rest, 1 if rest else 0)]
    return sum(
        panels * count * cycles_of_step(windows * pool_pixels, vectors, registers)
        for vectors, panels in Counter(tile.panels).items()
        for windows, count in tiles
        if count
    )


@dataclass(frozen=True, slots=True)
class _Geometry:
    """Byte distances in the input, and the extents that the loops run over."""

    pixel: int
    row: int
    stride: tuple[int, int]
    window: tuple[int, int]
    kernel: tuple[int, int, int]
    dilation: tuple[int, int]
    contiguous: bool


class _Panel(NamedTuple):
    """A group's map and the weights of so many vectors; at least `left` of its channels begin at `channel`.

    The rows are those from the first of `rows` on, before the second. `fetched`: whether the next panel is fetched.
    """

    x: Pointer
    weights: Pointer
    vectors: int
    channel: Index
    left: int
    rows: tuple[Index, Index]
    fetched: bool


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    settings = Conv2DPanelsSettings.of(spec)
    channels = spec.inputs[0].shape[2]
    kernel_rows, kernel_columns, depth, filters = settings.kernel_shape
    groups, dilation = settings.groups, settings.dilation
    contiguous = (dilation[1] == 1 and groups == 1) or kernel_columns == 1
    row, pixel, _ = spec.strides_of_input(0)
    contiguous = contiguous and (pixel == channels or kernel_columns == 1)
    geometry = _Geometry(
        f.floats.nbytes * pixel, f.floats.nbytes * row, settings.strides, settings.window,
        (kernel_rows, kernel_columns, depth), dilation, contiguous,
    )  # fmt: skip
    panels = settings.panels
    matrix = kernel_rows * kernel_columns * depth * f.vector_nbytes
    each = filters // groups
    block = rows_in_block(spec, matrix * sum(panels), f.module.target.caches)
    fetched = matrix * sum(panels) >= FETCHED_NBYTES
    by_panel, rows = is_cut_by_panel(spec), extents(spec)[0]
    start, end = (0, rows) if by_panel else operands.over(rows)
    with f.loop(0, groups) as group, f.loop(start, end, block) as first:
        x = f.offset(operands.inputs[0], f.nbytes(group.index, depth))
        packed = f.offset(operands.inputs[1], f.multiply(group.index, matrix * sum(panels)))
        stop = f.smaller(f.add(first.index, block), end)
        for before, run in numbered_runs(panel_runs(panels, each, f.lanes)):
            with over_run(f, run, before, operands.grains if by_panel else None) as panel:
                vector = f.add(f.multiply(panel.index, run.vectors), run.start)
                channel = f.add(f.multiply(group.index, each), f.multiply(vector, f.lanes))
                left = each - run.start * f.lanes if run.masked else run.vectors * f.lanes
                weights = f.offset(packed, f.multiply(vector, matrix))
                own = _Panel(x, weights, run.vectors, channel, left, (first.index, stop), fetched)
                _emit_panel(f, spec, operands, geometry, own)


def extents(spec: Spec) -> tuple[int, int]:
    """Rows and columns of outputs: all pixels are one row where that makes no difference."""
    rows, columns, _ = spec.shape
    settings = Conv2DPanelsSettings.of(spec)
    single = settings.kernel_shape[:2] == settings.window == settings.strides == (1, 1)
    maps = [spec.strides_of_input(0), spec.result_strides, *filter(None, spec.extra_strides)]
    together = single and is_cut_by_panel(spec) and all(own[0] == columns * own[1] for own in maps if len(own) == 3)
    return (1, rows * columns) if together else (rows, columns)


def rows_in_block(spec: Spec, weights_nbytes: int, caches: Caches = ASSUMED) -> int:
    """Output rows of a block: all, unless the map is large, and reading weights again costs less than the map would.

    Each panel reads the map, and writes and reads its part of every pixel.
    """
    rows, panels = spec.shape[0], len(Conv2DPanelsSettings.of(spec).panels)
    results = 1 + sum(extra.shape == spec.shape for extra in spec.extra)
    elements = spec.strides_of_input(0)[0] * spec.inputs[0].shape[0] + results * spec.result_strides[0] * rows
    nbytes = spec.floats.nbytes * elements
    block = max(1, BLOCK_NBYTES * rows // nbytes)
    again = weights_nbytes * (-(-rows // block) - 1)
    kept = KEPT_OF_L2 * caches.l2_nbytes
    small = nbytes <= kept or weights_nbytes > kept
    return rows if small or 2 * again > (panels - 1) * nbytes else block


def _emit_panel(f: Function, spec: Spec, operands: Operands, geometry: _Geometry, panel: _Panel) -> None:
    """One panel of output channels over its rows."""
    rows, columns = extents(spec)
    pixels, vectors = Pixels(f, spec), panel.vectors
    pool_rows, pool_columns = geometry.window
    store = _Store(f, epilogue_of(f, spec, operands), operands, pixels, panel)
    settings = Conv2DPanelsSettings.of(spec)
    channels, registers = settings.kernel_shape[3] // settings.groups, f.module.target.registers
    windows = plan(channels, columns, pool_rows * pool_columns, f.lanes, registers).windows
    if columns != spec.shape[1]:
        windows = windows_of(vectors, columns, registers)
    kernel_rows, kernel_columns, depth = geometry.kernel
    depth = kernel_rows * kernel_columns * depth
    beside = windows_beside_weights(depth, vectors, pool_rows * pool_columns, registers)
    held: list[Value] = []
    if beside and geometry.contiguous:
        windows = min(beside, columns)
        held = [f.load(panel.weights, number * f.vector_nbytes) for number in range(depth * vectors)]
    across = pool_columns * geometry.stride[1] * geometry.pixel

    def weights(row: Index, column: Index) -> _Weights:
        fetched = panel.fetched and not held
        number = f.add(f.multiply(row, columns), column) if fetched else 0
        ahead = _next_panel(f, panel, depth, number, (rows * columns, windows)) if fetched else None
        return _Weights(panel.weights, held, ahead)

    with f.loop(*panel.rows) as row:
        source = f.offset(panel.x, f.multiply(row.index, pool_rows * geometry.stride[0] * geometry.row))
        first = pixels.at(row.index, 0, panel.channel)
        whole = columns // windows * windows
        if whole:
            with f.loop(0, whole, windows) as column:
                at = f.offset(source, f.multiply(column.index, across))
                seen = _tile(f, geometry, at, weights(row.index, column.index), windows, vectors)
                store.windows(seen, pixels.beyond(first, 0, column.index, 0))
        if columns > whole:
            at = f.offset(source, whole * across)
            seen = _tile(f, geometry, at, weights(row.index, whole), columns - whole, vectors)
            store.windows(seen, pixels.beyond(first, 0, whole, 0))


def _next_panel(f: Function, panel: _Panel, depth: int, number: Index, outputs: tuple[int, int]) -> Ahead:
    """The share of the panel behind this one that a tile fetches which begins with that output; `outputs`: of the map,
    and of a tile."""
    nbytes = depth * panel.vectors * f.vector_nbytes
    all_, tile = outputs
    share = -(-nbytes // all_)
    start = f.offset(f.offset(panel.weights, nbytes), f.multiply(number, share))
    return Ahead(start, -(-share * tile // depth))


class _Weights(NamedTuple):
    """Of a panel: in memory, all that are in registers, and what is fetched while they are used."""

    pointer: Pointer
    held: Sequence[Value]
    ahead: Ahead | None


def _tile(
    f: Function, geometry: _Geometry, x: Pointer, weights: _Weights, windows: int, vectors: int
) -> list[list[Value]]:
    """The pixels of each window, window-major: `windows` * `vectors` lists of vectors."""
    pool_rows, pool_columns = geometry.window
    stride_rows, stride_columns = geometry.stride
    offsets = [
        down * stride_rows * geometry.row + (window * pool_columns + across) * stride_columns * geometry.pixel
        for window, down, across in product(range(windows), range(pool_rows), range(pool_columns))
    ]
    if weights.held:
        sums = _convolve_held(f, geometry, x, weights.held, offsets, vectors)
    else:
        sums = _convolve(f, geometry, x, weights, offsets, vectors)
    pixels = pool_rows * pool_columns
    return [
        [sums[(window * pixels + pixel) * vectors + v] for pixel in range(pixels)]
        for window, v in product(range(windows), range(vectors))
    ]


def _convolve(
    f: Function, geometry: _Geometry, x: Pointer, used: _Weights, offsets: Sequence[int], vectors: int
) -> list[Value]:
    kernel_rows, kernel_columns, depth = geometry.kernel
    step = vectors * f.vector_nbytes
    with f.loop(0, kernel_rows, carried=[ZERO] * (len(offsets) * vectors)) as down:
        source = f.offset(x, f.multiply(down.index, geometry.dilation[0] * geometry.row))
        run_length = kernel_columns * depth
        weights = f.offset(used.pointer, f.multiply(down.index, run_length * step))
        if geometry.contiguous:
            ahead = used.ahead and used.ahead.at(f, f.multiply(down.index, run_length))
            own = packed(f, weights, vectors)
            down.next(*accumulate(f, down.carried, source, offsets, own, run_length, ahead))
        else:
            with f.loop(0, kernel_columns, carried=down.carried) as across:
                pixel = f.offset(source, f.multiply(across.index, geometry.dilation[1] * geometry.pixel))
                run = f.offset(weights, f.multiply(across.index, depth * step))
                across.next(*accumulate(f, across.carried, pixel, offsets, packed(f, run, vectors), depth))
            down.next(*across.results)
    return down.results


def _convolve_held(
    f: Function, geometry: _Geometry, x: Pointer, held: Sequence[Value], offsets: Sequence[int], vectors: int
) -> list[Value]:
    """The same with all weights in registers: a value of x is read once for all weights that it meets.

    Values come in the order of their addresses, which for each sum is the order of its terms.
    """
    kernel_rows, kernel_columns, depth = geometry.kernel
    run = kernel_columns * depth
    meets: dict[int, list[tuple[int, int]]] = {}  # what is read: sums, and the weights that it meets for them
    for (pixel, offset), down, k in product(enumerate(offsets), range(kernel_rows), range(run)):
        nbytes = offset + down * geometry.dilation[0] * geometry.row + f.floats.nbytes * k
        meets.setdefault(nbytes, []).append((pixel * vectors, (down * run + k) * vectors))
    sums = [ZERO] * (len(offsets) * vectors)
    for nbytes in sorted(meets):
        seen = f.broadcast(x, nbytes)
        for (first, weight), v in product(meets[nbytes], range(vectors)):
            sums[first + v] = f.fma(seen, held[weight + v], sums[first + v])
    return sums


@dataclass(frozen=True, slots=True)
class _Store:
    """Writes the results of a panel."""

    f: Function
    epilogue: Epilogue
    operands: Operands
    pixels: Pixels
    panel: _Panel

    def windows(self, seen: list[list[Value]], element: Element) -> None:
        """Windows beside each other, each of so many vectors, from `element` on."""
        for number, values in enumerate(seen):
            window, v = divmod(number, self.panel.vectors)
            self._vector(values, self.pixels.beyond(element, 0, window, v * self.f.lanes), v)

    def _vector(self, values: list[Value], place: Element, v: int) -> None:
        f, operands = self.f, self.operands
        mask = f.tail_mask(self.panel.left - v * f.lanes)
        largest, first = (largest_of(f, values), None) if operands.beside is None else first_maximum(f, values)
        result = self.epilogue.apply(largest, f.add(self.panel.channel, v * f.lanes), place, mask)
        f.store(result, operands.output, f.nbytes(self.pixels.stored(place)), mask)
        if first is not None:
            store_places(f, operands, first, result, place.number, mask)


def grains(spec: Spec, target: Target) -> int:
    return len(Conv2DPanelsSettings.of(spec).panels) if is_cut_by_panel(spec) else spec.shape[0]


def is_cut_by_panel(spec: Spec) -> bool:
    """Whether the parts of an image are panels and not rows: where the weights are more than the map."""
    settings = Conv2DPanelsSettings.of(spec)
    weights = math.prod(settings.kernel_shape[:3]) * sum(settings.panels) * settings.lanes
    return settings.groups == 1 and weights > spec.inputs[0].size + spec.result.size


KERNEL = Kernel("image", emit, grains=grains, writes_apart=True, reads_apart=first_and_extra)
