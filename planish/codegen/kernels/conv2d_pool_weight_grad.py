"""Gradient of a convolution's kernel from the places of a pool's maxima, for kernels of few values.

    for vector of filters, part of the kernel:                    # an item
        for image n, window:
            for place in window: own[place] = g[n][window] where places[n][window] == place, else 0
            for pixel that the window's places see: for (place, k of the part) that meet there:
                dW[k] += x[n][pixel] * own[place]                 # in registers

x [h, w, cin], places and g [rows, columns, cout], dW [kh * kw * cin, cout]. Each window is expanded to its pixels in
registers only. As many multiplications as the full gradient has, at the FMA limit: for a handful of values that is less
work than making lists of the windows (`conv2d_listed_weight_grad`), whose patches would fill a fraction of a vector.
Where lanes can pick their pixels (`picked_pixels`) it is one multiplication a window and value. Registers: values of a
part sums + places + 1; the last vector of filters is masked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import cut, starts_of, vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.picked_pixels import Tap, picks, products
from planish.codegen.pieces.places import has_place
from planish.primitives.rewritten.conv2d_pool_weight_grad import Conv2DPoolWeightGradSettings

# Cycles of the lists' way for each window and filter, measured on AVX-512 (Zen 4): making the list, and for the half
# that relu leaves the loop and each vector of a patch.
_LISTING, _ENTRY, _VECTOR, _LIVE = 1.1, 2.5, 1.5, 0.5


MOST_PRODUCTS = 2048  # of a window, for each of which code is written
# And of picking pixels: for each window and vector of filters, and for each value of the kernel.
_WINDOW, _PICKED = 4.0, 2.0
# Registers beside its sums: the rows of a window, places, gradients, and what is being picked.
_BESIDE_PICKED = 9


def products_of_window(settings: Conv2DPoolWeightGradSettings, target: Target) -> int:
    """For each of which code is written."""
    rows, columns, channels, _ = settings.kernel_shape
    places = settings.window[0] * settings.window[1]
    return rows * columns * channels * (1 if picks(settings, target) else places)


def cycles(settings: Conv2DPoolWeightGradSettings, windows: int, target: Target) -> float:
    """Of an image of this many windows."""
    products = products_of_window(settings, target)
    each = _WINDOW + _PICKED * products if picks(settings, target) else products
    return float(windows * vectors_of(settings.kernel_shape[3], target.lanes) * each)


def cycles_of_lists(settings: Conv2DPoolWeightGradSettings, windows: int, target: Target) -> float:
    """Of the same image by way of lists (`conv2d_listed_weight_grad`)."""
    rows, columns, channels, filters = settings.kernel_shape
    patch = rows * vectors_of(columns * channels, target.lanes)
    return float(windows * filters * (_LISTING + _LIVE * (_ENTRY + _VECTOR * patch)))


def _taps(spec: Spec) -> list[Tap]:
    """The values of the kernel in their order."""
    settings = Conv2DPoolWeightGradSettings.of(spec)
    rows, columns, channels, _ = settings.kernel_shape
    down, across = settings.dilation
    return [Tap(a * down, b * across, c) for a, b, c in product(range(rows), range(columns), range(channels))]


def _parts(spec: Spec, target: Target) -> list[int]:
    """Values in each part."""
    settings = Conv2DPoolWeightGradSettings.of(spec)
    beside = _BESIDE_PICKED if picks(settings, target) else math.prod(settings.window) + 2
    return cut(len(_taps(spec)), max(4, target.registers - beside))


def items(spec: Spec, target: Target) -> int:
    return len(_parts(spec, target)) * vectors_of(spec.shape[3], target.lanes)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    filters = spec.shape[3]
    vectors = vectors_of(filters, f.lanes)
    vector, part = f.remainder(operands.item, vectors), f.divide(operands.item, vectors)
    sizes, taps = _parts(spec, f.module.target), _taps(spec)
    whole = filters // f.lanes
    for number, (start, size) in enumerate(zip(starts_of(sizes), sizes, strict=True)):
        with f.when(f.compare("eq", part, number)):
            own = taps[start : start + size]
            if whole:
                with f.when(f.compare("slt", vector, whole)):
                    _emit_item(f, spec, operands, own, start, f.multiply(vector, f.lanes), None)
            if filters % f.lanes:
                with f.when(f.compare("eq", vector, whole)):
                    _emit_item(f, spec, operands, own, start, whole * f.lanes, f.tail_mask(filters % f.lanes))


def _emit_item(
    f: Function, spec: Spec, operands: Operands, taps: Sequence[Tap], start: int, channel: Index, mask: str | None
) -> None:
    """All images of one vector of filters and one part of the kernel, whose first value is number `start`."""
    rows, columns, filters = spec.inputs[2].shape
    down, across = _window_nbytes(spec)
    settings = Conv2DPoolWeightGradSettings.of(spec)
    picked = picks(settings, f.module.target)
    with f.loop(0, operands.count, carried=[ZERO] * len(taps)) as image:
        x = f.offset(operands.inputs[0], f.nbytes(image.index, spec.inputs[0].size))
        first = f.add(f.multiply(image.index, spec.inputs[2].size), channel)
        with f.loop(0, rows, carried=image.carried) as row:
            with f.loop(0, columns, carried=row.carried) as column:
                number = f.add(f.multiply(row.index, columns), column.index)
                element = f.add(first, f.multiply(number, filters))
                patch = f.offset(x, f.add(f.multiply(row.index, down), f.multiply(column.index, across)))
                places = f.load_bytes(operands.inputs[1], element, mask)
                g = f.load(operands.inputs[2], f.nbytes(element), mask)
                if picked:
                    live = f.select(has_place(f, places), g, ZERO)
                    shape = spec.inputs[0].shape
                    totals = products(f, settings, shape, taps, patch, places, live, column.carried)
                else:
                    own = _own_gradients(f, spec, places, g)
                    totals = _full_products(f, spec, taps, patch, own, column.carried)
                column.next(*totals)
            row.next(*column.results)
        image.next(*row.results)
    for number, total in enumerate(image.results, start):
        f.store(total, operands.output, f.nbytes(f.add(channel, number * filters)), mask)


def _window_nbytes(spec: Spec) -> tuple[int, int]:
    """Bytes in x between windows that are neighbours."""
    settings = Conv2DPoolWeightGradSettings.of(spec)
    _, width, channels = spec.inputs[0].shape
    (down, across), (pool_down, pool_across) = settings.strides, settings.pool_strides
    return F32.nbytes * channels * width * down * pool_down, F32.nbytes * channels * across * pool_across


def _own_gradients(f: Function, spec: Spec, places: Value, g: Value) -> list[Value]:
    """The gradient of each pixel of a window: the window's where the maximum is, zero elsewhere."""
    height, width = Conv2DPoolWeightGradSettings.of(spec).window
    here = [f.let(f"icmp eq {f.integers} {places}, {f.integer_constant(place)}") for place in range(height * width)]
    return [f.select(chosen, g, ZERO) for chosen in here]


def _full_products(
    f: Function, spec: Spec, taps: Sequence[Tap], patch: Pointer, own: Sequence[Value], sums: Sequence[Value]
) -> list[Value]:
    settings = Conv2DPoolWeightGradSettings.of(spec)
    _, width, channels = spec.inputs[0].shape
    (down, across), window = settings.strides, settings.window
    totals, seen = list(sums), {}
    for (place, (i, j)), (position, tap) in product(
        enumerate(product(range(window[0]), range(window[1]))), enumerate(taps)
    ):
        nbytes = F32.nbytes * (((i * down + tap.row) * width + j * across + tap.column) * channels + tap.channel)
        if nbytes not in seen:
            seen[nbytes] = f.broadcast(patch, nbytes)
        totals[position] = f.fma(seen[nbytes], own[place], totals[position])
    return totals


KERNEL = Kernel("reduce", emit, items)
