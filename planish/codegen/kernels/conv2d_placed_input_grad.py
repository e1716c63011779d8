"""Gradient of a convolution's map from the places of a pool's maxima.

    for window, place: list the channels whose maximum is there and whose gradient is not zero
    dx = 0
    for panel of input channels, part of the kernel:
        for window:
            sums = dx[pixels that the window's outputs see]       # in registers
            for place in window, (channel o, g) in lists[window][place]:
                for (a, b) of the part: sums[place + (a, b)] += g * w[panel][o][a][b]
            dx[pixels] = sums

places and g [windows, cout], w panels of [cout * kh * kw, cin], dx [h, w, cin]. Since a loop serves one place, the
pixel of each product is known when the code is generated. A part of the kernel is as many of its rows (and columns) as
leave the pixels of a window in registers. Needs work space for the lists. 2 * kh * kw * cin FLOP a window and channel
that has a gradient: a quarter of the full product's or less, at half of the FMA limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from planish.codegen.llvm.element_type import F32, I32
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.loops import cut, panel_runs, vectors_of
from planish.codegen.pieces.boxes import fill
from planish.codegen.pieces.channel_lists import ChannelLists, emit_lists, lists_nbytes
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.rewritten.conv2d_placed_input_grad import Conv2DPlacedInputGradSettings

Pixel = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tile:
    """Vectors in each panel of input channels, and the kernel's parts: each a list of its (row, column)s."""

    panels: tuple[int, ...]
    parts: tuple[tuple[Pixel, ...], ...]


def plan(
    kernel: Pixel, window: Pixel, strides: Pixel, dilation: Pixel, channels: int, lanes: int, registers: int
) -> Tile:
    """The widest panel of the fewest parts; registers hold the pixels of a window, a weight and a gradient."""
    free = registers - 3
    parts = _parts(kernel, window, strides, dilation, free)
    pixels = max(len(seen(part, window, strides, dilation)) for part in parts)
    return Tile(tuple(cut(vectors_of(channels, lanes), max(1, free // pixels))), parts)


def _parts(kernel: Pixel, window: Pixel, strides: Pixel, dilation: Pixel, free: int) -> tuple[tuple[Pixel, ...], ...]:
    rows, columns = kernel
    sizes = [(count, columns) for count in range(rows, 0, -1)] + [(1, count) for count in range(columns - 1, 0, -1)]
    for down, across in sizes:
        parts = tuple(
            tuple(product(range(top, min(top + down, rows)), range(left, min(left + across, columns))))
            for top in range(0, rows, down)
            for left in range(0, columns, across)
        )
        if max(len(seen(part, window, strides, dilation)) for part in parts) <= free:
            break
    return parts


def seen(part: Sequence[Pixel], window: Pixel, strides: Pixel, dilation: Pixel) -> list[Pixel]:
    """The pixels of the map that a part of the kernel sees from any pixel of a window."""
    return sorted({_pixel(place, tap, strides, dilation) for place in _places_of(window) for tap in part})


def _places_of(window: Pixel) -> list[Pixel]:
    return list(product(range(window[0]), range(window[1])))


def _pixel(place: Pixel, tap: Pixel, strides: Pixel, dilation: Pixel) -> Pixel:
    return place[0] * strides[0] + tap[0] * dilation[0], place[1] * strides[1] + tap[1] * dilation[1]


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    settings = Conv2DPlacedInputGradSettings.of(spec)
    lists = emit_lists(f, spec, operands)
    fill(f, operands.output, spec.result.size, 0.0)
    rows, columns, channels, filters = settings.kernel_shape
    geometry = (rows, columns), settings.window, settings.strides, settings.dilation
    tile = plan(*geometry, channels, f.lanes, f.module.target.registers)
    matrix = filters * rows * columns * f.vector_nbytes
    for run in panel_runs(tile.panels, channels, f.lanes):
        with f.loop(0, run.count) as number:
            vector = f.add(f.multiply(number.index, run.vectors), run.start)
            panel = _Panel(
                f.offset(operands.inputs[2], f.multiply(vector, matrix)),
                f.offset(operands.output, f.multiply(vector, f.vector_nbytes)),
                run.vectors,
                f.tail_mask(channels - (run.start + run.vectors - 1) * f.lanes) if run.masked else None,
            )
            for part in tile.parts:
                _emit_part(f, spec, lists, panel, part)


@dataclass(frozen=True, slots=True)
class _Panel:
    """The weights and the part of dx of some vectors of input channels; the mask of the last vector."""

    w: Pointer
    dx: Pointer
    vectors: int
    mask: str | None

    def load(
        self, f: Function, dx: Pointer, pixels: Sequence[Pixel], row: int, pixel: int
    ) -> dict[tuple[Pixel, int], Value]:
        """The vectors of pixels, by pixel and number; `row` and `pixel` are elements between neighbours."""
        keys = [(place, v) for place in pixels for v in range(self.vectors)]
        return {key: f.load(dx, self._nbytes(f, key, row, pixel), self._mask_of(key)) for key in keys}

    def store(self, f: Function, dx: Pointer, sums: dict[tuple[Pixel, int], Value], row: int, pixel: int) -> None:
        for key, total in sums.items():
            f.store(total, dx, self._nbytes(f, key, row, pixel), self._mask_of(key))

    def _nbytes(self, f: Function, key: tuple[Pixel, int], row: int, pixel: int) -> int:
        (i, j), v = key
        return F32.nbytes * (i * row + j * pixel) + v * f.vector_nbytes

    def _mask_of(self, key: tuple[Pixel, int]) -> str | None:
        return self.mask if key[1] == self.vectors - 1 else None


def _emit_part(f: Function, spec: Spec, lists: ChannelLists, panel: _Panel, part: Sequence[Pixel]) -> None:
    """All windows of one panel and one part of the kernel; pixels that the next window sees too stay in registers."""
    settings = Conv2DPlacedInputGradSettings.of(spec)
    rows, columns, _ = spec.inputs[0].shape
    _, width, channels = spec.shape
    down, across = (stride * pool for stride, pool in zip(settings.strides, settings.pool_strides, strict=True))
    pixels = seen(part, settings.window, settings.strides, settings.dilation)
    shared = [(i, j) for i, j in pixels if (i, j + across) in pixels]  # with the window before
    kept = [(i, j + across) for i, j in shared]
    with f.loop(0, rows, carried=["0"], types=["i64"]) as row:
        start = f.offset(panel.dx, f.nbytes(row.index, channels * down * width))
        ahead = panel.load(f, start, shared, width * channels, channels)
        types = ["i64", *[f.vector] * len(ahead)]
        with f.loop(0, columns, carried=[row.carried[0], *ahead.values()], types=types) as column:
            dx = f.offset(start, f.nbytes(column.index, channels * across))
            number = f.add(f.multiply(row.index, columns), column.index)
            sums = dict(zip(ahead, column.carried[1:], strict=True))
            sums |= panel.load(f, dx, [pixel for pixel in pixels if pixel not in shared], width * channels, channels)
            end = _add_window(f, spec, lists, panel, part, sums, number, column.carried[0])
            left = {key: total for key, total in sums.items() if key[0] not in kept}
            panel.store(f, dx, left, width * channels, channels)
            column.next(end, *(sums[(i, j + across), v] for (i, j), v in ahead))
        behind = f.offset(start, F32.nbytes * channels * across * columns)
        panel.store(f, behind, dict(zip(ahead, column.results[1:], strict=True)), width * channels, channels)
        row.next(column.results[0])


def _add_window(
    f: Function,
    spec: Spec,
    lists: ChannelLists,
    panel: _Panel,
    part: Sequence[Pixel],
    sums: dict[tuple[Pixel, int], Value],
    number: Index,
    start: Value,
) -> Value:
    """Adds to the sums what the lists of one window say; gives where they end."""
    settings = Conv2DPlacedInputGradSettings.of(spec)
    places = _places_of(settings.window)
    gradients = f.offset(lists.gradients, f.nbytes(number, spec.inputs[1].shape[2]))
    for position, place in enumerate(places):
        end = f.load_count(lists.ends, f.nbytes(f.add(f.multiply(number, len(places)), position), of=I32))
        pixels = [_pixel(place, tap, settings.strides, settings.dilation) for tap in part]
        touched = [(pixel, v) for pixel in pixels for v in range(panel.vectors)]
        with f.loop(start, end, carried=[sums[key] for key in touched], guarded=True) as entry:
            channel = f.load_count(lists.channels, f.nbytes(entry.index, of=I32))
            g = f.broadcast(gradients, f.nbytes(channel))
            entry.next(*_products(f, spec, panel, part, channel, g, entry.carried))
        sums.update(zip(touched, entry.results, strict=True))
        start = end
    return start


def _products(
    f: Function, spec: Spec, panel: _Panel, part: Sequence[Pixel], channel: Index, g: Value, sums: Sequence[Value]
) -> list[Value]:
    rows, columns = Conv2DPlacedInputGradSettings.of(spec).kernel_shape[:2]
    tap_nbytes = panel.vectors * f.vector_nbytes
    w = f.offset(panel.w, f.multiply(channel, rows * columns * tap_nbytes))
    weights = [
        f.load(w, (a * columns + b) * tap_nbytes + v * f.vector_nbytes) for a, b in part for v in range(panel.vectors)
    ]
    return [f.fma(weight, g, total) for weight, total in zip(weights, sums, strict=True)]


KERNEL = Kernel("image", emit, scratch_nbytes=lists_nbytes)
