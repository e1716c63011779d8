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
pixel of each product is known when the code is made. A part of the kernel is as many of its rows (and columns) as leave
the pixels of a window in registers. Needs work space for the lists. 2 * kh * kw * cin FLOP a window and channel that
has a gradient: a quarter of the dense product's or less, at half of the FMA limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from planish.codegen.boxes import fill
from planish.codegen.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.kernel import Kernel, Operands, Spec
from planish.codegen.loops import cut, panel_runs, vectors_of
from planish.codegen.target import Target
from planish.ops.lowered_gradients import room_of

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
    """The pixels of the map that a part of the kernel sees from any place of a window."""
    return sorted({_pixel(place, tap, strides, dilation) for place in _places(window) for tap in part})


def _places(window: Pixel) -> list[Pixel]:
    return list(product(range(window[0]), range(window[1])))


def _pixel(place: Pixel, tap: Pixel, strides: Pixel, dilation: Pixel) -> Pixel:
    return place[0] * strides[0] + tap[0] * dilation[0], place[1] * strides[1] + tap[1] * dilation[1]


def _capacity(spec: Spec, target: Target) -> int:
    """Entries that the lists of one image have at most, and a vector that is written behind the last one."""
    return room_of(spec.inputs[0].size, target.lanes) + target.lanes


def scratch_nbytes(spec: Spec, target: Target) -> int:
    rows, columns, _ = spec.inputs[0].shape
    window: Pixel = spec.attributes["window"]
    return 4 * (2 * _capacity(spec, target) + rows * columns * window[0] * window[1])


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    settings = spec.attributes
    capacity = _capacity(spec, f.module.target)
    lists = _Lists(operands.scratch, f.offset(operands.scratch, 4 * capacity), f.offset(operands.scratch, 8 * capacity))
    _emit_lists(f, spec, operands, lists)
    fill(f, operands.output, spec.result.size, 0.0)
    geometry = settings["kernel_shape"][:2], settings["window"], settings["strides"], settings["dilation"]
    rows, columns, channels, filters = settings["kernel_shape"]
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
class _Lists:
    """Channels (i32) and gradients (f32) by window and place, one after another; where each list ends (i32)."""

    channels: Pointer
    gradients: Pointer
    ends: Pointer


@dataclass(frozen=True, slots=True)
class _Panel:
    """The weights and the part of dx of some vectors of input channels; the mask of the last vector."""

    w: Pointer
    dx: Pointer
    vectors: int
    mask: str | None

    def masks(self) -> list[str | None]:
        return [None] * (self.vectors - 1) + [self.mask]


def _emit_lists(f: Function, spec: Spec, operands: Operands, lists: _Lists) -> None:
    rows, columns, channels = spec.inputs[0].shape
    places = spec.attributes["window"][0] * spec.attributes["window"][1]
    whole = channels // f.lanes * f.lanes
    with f.loop(0, rows * columns, carried=["0"], types=["i64"]) as window:
        first = f.multiply(window.index, channels)
        end: Index = window.carried[0]
        for place in range(places):
            if whole:
                with f.loop(0, whole, f.lanes, carried=[str(end)], types=["i64"]) as channel:
                    at = _append(f, operands, lists, (first, channel.index), place, channel.carried[0], None)
                    channel.next(str(at))
                (end,) = channel.results
            if channels > whole:
                end = _append(f, operands, lists, (first, whole), place, end, f.tail_mask(channels - whole))
            f.store_count(end, lists.ends, f.add(f.multiply(window.index, 4 * places), 4 * place))
        window.next(str(end))


def _append(
    f: Function, operands: Operands, lists: _Lists, at: tuple[Index, Index], place: int, end: Index, mask: str | None
) -> Index:
    """Appends the channels of one vector whose maximum is at `place`; where the list ends then."""
    first, channel = at
    element = f.add(first, channel)
    found = f.load_bytes(operands.inputs[0], element, mask)
    g = f.load(operands.inputs[1], f.multiply(element, 4), mask)
    here = f.let(f"icmp eq {f.integers} {found}, {f.integer_constant(place)}")
    live = f.both(here, f.greater(g, ZERO, "une"))
    start = channel if isinstance(channel, int) else f.let(f"trunc i64 {channel} to i32")
    numbers = f.integer("add", f.splat_integer(str(start)), f.lane_indices())
    f.store_integers(f.compressed(numbers, live, integer=True), f.offset(lists.channels, f.multiply(end, 4)))
    f.store(f.compressed(g, live), f.offset(lists.gradients, f.multiply(end, 4)))
    return f.add(end, f.count_lanes(live))


def _emit_part(f: Function, spec: Spec, lists: _Lists, panel: _Panel, part: Sequence[Pixel]) -> None:
    """All windows of one panel and one part of the kernel."""
    settings = spec.attributes
    rows, columns, _ = spec.inputs[0].shape
    _, width, channels = spec.shape
    down, across = (stride * pool for stride, pool in zip(settings["strides"], settings["pool_strides"], strict=True))
    with f.loop(0, rows, carried=["0"], types=["i64"]) as row:
        with f.loop(0, columns, carried=row.carried, types=["i64"]) as column:
            pixel = f.add(f.multiply(row.index, down * width), f.multiply(column.index, across))
            dx = f.offset(panel.dx, f.multiply(pixel, 4 * channels))
            number = f.add(f.multiply(row.index, columns), column.index)
            column.next(_emit_window(f, spec, lists, panel, part, dx, number, column.carried[0]))
        row.next(*column.results)


def _emit_window(
    f: Function,
    spec: Spec,
    lists: _Lists,
    panel: _Panel,
    part: Sequence[Pixel],
    dx: Pointer,
    number: Index,
    start: Value,
) -> Value:
    """Adds what the lists of one window say; where they end."""
    settings = spec.attributes
    geometry = settings["window"], settings["strides"], settings["dilation"]
    _, width, channels = spec.shape
    places = _places(settings["window"])
    distances = {pixel: 4 * channels * (pixel[0] * width + pixel[1]) for pixel in seen(part, *geometry)}
    sums = {
        (pixel, v): f.load(dx, nbytes + v * f.vector_nbytes, mask)
        for pixel, nbytes in distances.items()
        for v, mask in enumerate(panel.masks())
    }
    for position, place in enumerate(places):
        end = f.load_count(lists.ends, f.multiply(f.add(f.multiply(number, len(places)), position), 4))
        pixels = [_pixel(place, tap, *geometry[1:]) for tap in part]
        touched = [(pixel, v) for pixel in pixels for v in range(panel.vectors)]
        with f.loop(start, end, carried=[sums[key] for key in touched], guarded=True) as entry:
            entry.next(*_products(f, spec, lists, panel, part, entry.index, entry.carried))
        sums |= dict(zip(touched, entry.results, strict=True))
        start = end
    for (pixel, v), total in sums.items():
        f.store(total, dx, distances[pixel] + v * f.vector_nbytes, panel.masks()[v])
    return start


def _products(
    f: Function,
    spec: Spec,
    lists: _Lists,
    panel: _Panel,
    part: Sequence[Pixel],
    entry: Index,
    sums: Sequence[Value],
) -> list[Value]:
    rows, columns = spec.attributes["kernel_shape"][:2]
    tap_nbytes = panel.vectors * f.vector_nbytes
    place = f.multiply(entry, 4)
    channel = f.load_count(lists.channels, place)
    w = f.offset(panel.w, f.multiply(channel, rows * columns * tap_nbytes))
    g = f.broadcast(lists.gradients, place)
    weights = [
        f.load(w, (a * columns + b) * tap_nbytes + v * f.vector_nbytes) for a, b in part for v in range(panel.vectors)
    ]
    return [f.fma(weight, g, total) for weight, total in zip(weights, sums, strict=True)]


KERNEL = Kernel("image", emit, scratch_nbytes=scratch_nbytes)
