"""For each channel of an image the windows whose gradient is not zero: how far each one's maximum is, and its gradient.

    for block of channels, block of windows (a vector of each):
        turn the block of places and of gradients, so that a vector is one channel's windows
        for channel of block:
            live = g != 0 and there is a place
            distances[channel] += (window's distance + place's distance)[live];  values[channel] += g[live]

places [windows, c] and g [windows, c] -> i32 [c, 1 + 2 * room]: the number of windows, distances in bytes, values.
Whole vectors are written beyond the end of a list; the room of a list is whole vectors, so nothing else is overwritten.
Bound by shuffles: 2 * log2(lanes) for each vector of places and gradients.
"""

from __future__ import annotations

from planish.codegen.llvm.element_type import F32, I32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.places import has_place
from planish.codegen.pieces.transposing import block_of, turn_block, turn_part
from planish.primitives.rewritten.list_places import ListPlacesSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    rows, columns, channels = spec.inputs[0].shape
    windows, stride = rows * columns, F32.nbytes * spec.shape[1]
    whole = channels // f.lanes * f.lanes
    with f.loop(0, channels) as channel:
        f.store_count(0, operands.output, f.multiply(channel.index, stride))
    if whole:
        with f.loop(0, whole, f.lanes) as channel:
            _emit_channels(f, spec, operands, channel.index, f.lanes, windows)
    if channels > whole:
        _emit_channels(f, spec, operands, whole, channels - whole, windows)


def _emit_channels(f: Function, spec: Spec, operands: Operands, channel: Index, count: int, windows: int) -> None:
    """The lists of `count` channels. The last vector of windows begins earlier, if it is not whole."""
    if windows < f.lanes:
        _emit_block(f, spec, operands, channel, count, 0, windows, None)
        return
    with f.loop(0, windows, f.lanes) as window:
        first, fresh = window.index, None
        if windows % f.lanes:
            first = f.smaller(window.index, windows - f.lanes)
            seen = f.splat_integer(f.let(f"trunc i64 {f.subtract(window.index, first)} to i32"))
            fresh = f.let(f"icmp uge {f.integers} {f.lane_indices()}, {seen}")
        _emit_block(f, spec, operands, channel, count, first, f.lanes, fresh)


def _emit_block(
    f: Function,
    spec: Spec,
    operands: Operands,
    channel: Index,
    count: int,
    window: Index,
    windows: int,
    fresh: Value | None,
) -> None:
    """The windows from `window` on; `fresh` are the lanes whose windows are not in the lists yet, if not all."""
    channels = spec.inputs[0].shape[2]
    mask = f.tail_mask(count)
    first = f.add(f.multiply(window, channels), channel)
    places, gradients = f.offset(operands.inputs[0], first), f.offset(operands.inputs[1], f.nbytes(first))

    def places_of(row: Index) -> Value:
        integers = f.load_bytes(places, f.multiply(row, channels), mask)
        return f.let(f"bitcast {f.integers} {integers} to {f.vector}")

    turned_places = block_of(f, windows, places_of)
    turn_block(f, turned_places, f.vector_nbytes, turned_places, f.vector_nbytes)
    turned_gradients = f.stack_vectors(f.lanes)
    turn_part(f, gradients, F32.nbytes * channels, windows, count, turned_gradients, f.vector_nbytes)
    from_start = _window_distances(f, spec, window)
    lists = f.offset(operands.output, f.nbytes(channel, spec.shape[1]))
    with f.loop(0, count) as lane:
        here = f.multiply(lane.index, f.vector_nbytes)
        place, gradient = f.load_integers(turned_places, here), f.load(turned_gradients, here)
        live = f.both(f.greater(gradient, ZERO, "une"), has_place(f, place))
        if fresh:
            live = f.both(live, fresh)
        distance = f.integer("add", from_start, _place_distances(f, spec, place))
        own = f.offset(lists, f.nbytes(lane.index, spec.shape[1]))
        _append(f, own, spec.shape[1] // 2, live, distance, gradient)


def _append(f: Function, own: Pointer, room: int, live: Value, distances: Value, gradients: Value) -> None:
    """Appends those that are live to one channel's list."""
    length = f.load_count(own)
    end = f.offset(own, f.nbytes(length, of=I32))
    f.store_integers(f.compressed(distances, live, integer=True), end, I32.nbytes)
    f.store(f.compressed(gradients, live), end, I32.nbytes * (1 + room))
    f.store_count(f.add(length, f.count_lanes(live)), own)


def _window_distances(f: Function, spec: Spec, window: Index) -> Value:
    """How far the first pixels of a vector of windows are, in bytes."""
    columns = spec.inputs[0].shape[1]
    start = window if isinstance(window, int) else f.let(f"trunc i64 {window} to i32")
    number = f.integer("add", f.splat_integer(str(start)), f.lane_indices())
    row = f.integer("udiv", number, f.integer_constant(columns))
    return _distance(f, number, row, columns, ListPlacesSettings.of(spec).window_nbytes)


def _place_distances(f: Function, spec: Spec, place: Value) -> Value:
    """How far the pixels of maxima are from the first pixels of their windows."""
    columns = ListPlacesSettings.of(spec).window_columns
    # A place is a byte: this product, shifted, is its quotient. LLVM's division of vectors takes much longer.
    scaled = f.integer("mul", place, f.integer_constant(-(-(2**16) // columns)))
    row = f.integer("lshr", scaled, f.integer_constant(16))
    return _distance(f, place, row, columns, ListPlacesSettings.of(spec).pixel_nbytes)


def _distance(f: Function, number: Value, row: Value, columns: int, nbytes: tuple[int, int]) -> Value:
    """Of row and column, the column being number - row * columns."""
    down, across = nbytes
    along = f.integer("mul", number, f.integer_constant(across))
    return f.integer("add", along, f.integer("mul", row, f.integer_constant(down - columns * across)))


KERNEL = Kernel("image", emit)
