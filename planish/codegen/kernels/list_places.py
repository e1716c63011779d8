"""For each channel of an image the windows whose gradient is not zero: how far each one's maximum is, and its gradient.

    for block of channels, block of windows (a vector of each):
        turn the block of places and of gradients, so that a vector is one channel's windows
        for channel of block:
            live = g != 0 and there is a place
            distances[channel] += (window's distance + place's distance)[live];  values[channel] += g[live]

places [windows, c] and g [windows, c] -> i32 [c, 1 + 2 * room]: the number of windows, distances in bytes, values.
Whole vectors are written behind the end of a list, and the room of a list is whole vectors, so nothing else is touched.
Bound by shuffles: 2 * log2(lanes) for each vector of places and gradients.
"""

from __future__ import annotations

from planish.codegen.boxes import turned
from planish.codegen.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.kernel import Kernel, Operands, Spec
from planish.codegen.kernels.gated_places import has_place


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    rows, columns, channels = spec.inputs[0].shape
    windows, stride = rows * columns, 4 * spec.shape[1]
    whole = channels // f.lanes * f.lanes
    with f.loop(0, channels) as channel:
        f.store_count(0, operands.output, f.multiply(channel.index, stride))
    if whole:
        with f.loop(0, whole, f.lanes) as channel:
            _emit_channels(f, spec, operands, channel.index, f.lanes, windows)
    if channels > whole:
        _emit_channels(f, spec, operands, whole, channels - whole, windows)


def _emit_channels(f: Function, spec: Spec, operands: Operands, channel: Index, count: int, windows: int) -> None:
    """The lists of `count` channels."""
    whole = windows // f.lanes * f.lanes
    if whole:
        with f.loop(0, whole, f.lanes) as window:
            _emit_block(f, spec, operands, channel, count, window.index, f.lanes)
    if windows > whole:
        _emit_block(f, spec, operands, channel, count, whole, windows - whole)


def _emit_block(
    f: Function, spec: Spec, operands: Operands, channel: Index, count: int, window: Index, windows: int
) -> None:
    channels = spec.inputs[0].shape[2]
    mask = f.tail_mask(count)
    first = f.add(f.multiply(window, channels), channel)
    places, gradients = f.offset(operands.inputs[0], first), f.offset(operands.inputs[1], f.multiply(first, 4))
    place_rows = [_as_float(f, f.load_bytes(places, row * channels, mask)) for row in range(windows)]
    gradient_rows = [f.load(gradients, 4 * row * channels, mask) for row in range(windows)]
    nothing = [ZERO] * (f.lanes - windows)
    from_start = _window_distances(f, spec, window)
    lists = f.offset(operands.output, f.multiply(channel, 4 * spec.shape[1]))
    turned_places, turned_gradients = turned(f, place_rows + nothing), turned(f, gradient_rows + nothing)
    for lane in range(count):
        place = f.let(f"bitcast {f.vector} {turned_places[lane]} to {f.integers}")
        live = f.both(f.greater(turned_gradients[lane], ZERO, "une"), has_place(f, place))
        distance = f.integer("add", from_start, _place_distances(f, spec, place))
        own = f.offset(lists, 4 * lane * spec.shape[1])
        _append(f, own, spec.shape[1] // 2, live, distance, turned_gradients[lane])


def _append(f: Function, own: Pointer, room: int, live: Value, distances: Value, gradients: Value) -> None:
    """Those that are live go to the end of one channel's list."""
    length = f.load_count(own)
    end = f.offset(own, f.multiply(length, 4))
    f.store_integers(f.compressed(distances, live, integer=True), end, 4)
    f.store(f.compressed(gradients, live), end, 4 + 4 * room)
    f.store_count(f.add(length, f.count_lanes(live)), own)


def _as_float(f: Function, integers: Value) -> Value:
    return f.let(f"bitcast {f.integers} {integers} to {f.vector}")


def _window_distances(f: Function, spec: Spec, window: Index) -> Value:
    """How far the first pixels of a vector of windows are, in bytes."""
    columns = spec.inputs[0].shape[1]
    start = window if isinstance(window, int) else f.let(f"trunc i64 {window} to i32")
    number = f.integer("add", f.splat_integer(str(start)), f.lane_indices())
    return _distance(f, number, columns, spec.attributes["window_nbytes"])


def _place_distances(f: Function, spec: Spec, place: Value) -> Value:
    """How far the pixels of maxima are from the first pixels of their windows."""
    return _distance(f, place, spec.attributes["window_columns"], spec.attributes["pixel_nbytes"])


def _distance(f: Function, number: Value, columns: int, nbytes: tuple[int, int]) -> Value:
    row = f.integer("udiv", number, f.integer_constant(columns))
    column = f.integer("sub", number, f.integer("mul", row, f.integer_constant(columns)))
    down, across = (f.integer_constant(distance) for distance in nbytes)
    return f.integer("add", f.integer("mul", row, down), f.integer("mul", column, across))


KERNEL = Kernel("image", emit)
