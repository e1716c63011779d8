"""The transforms of Winograd's method, of one tile and all of its channels: B' d B of inputs, A' m A of products.

Tiles at the lower and right edge of a map have fewer outputs. They read only the inputs that those need, and take zeros
for the others; of their outputs they store those that exist. All tiles share one piece of code, because LLVM takes long
for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from itertools import chain, product

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import over_some_vectors, over_vectors
from planish.codegen.pieces.kernel import Operands, Spec, epilogue_of
from planish.codegen.pieces.maxima import first_maximum, largest_of
from planish.codegen.pieces.pixels import Pixels
from planish.codegen.pieces.places import store_places
from planish.codegen.pieces.winograd_plan import Cut, matrix_nbytes, row_nbytes
from planish.primitives.rewritten.conv2d_winograd import Conv2DWinogradSettings
from planish.primitives.winograd import Matrix, Method

Square = list[list[Value]]

ALWAYS, NEVER = "true", "false"  # conditions that are known when the code is generated


def transformed(f: Function, down: Sequence[Matrix], across: Sequence[Matrix], values: Square) -> Square:
    """D v A', where D and A are products of the matrices `down` and `across`, of which the first comes first."""
    columns = [_applied(f, down, list(column)) for column in zip(*values, strict=True)]
    return [_applied(f, across, list(row)) for row in zip(*columns, strict=True)]


def _applied(f: Function, steps: Sequence[Matrix], values: list[Value]) -> list[Value]:
    for step in steps:
        values = [_combined(f, row, values) for row in step.tolist()]
    return values


def _combined(f: Function, factors: Sequence[float], values: Sequence[Value]) -> Value:
    """The sum of the values times the factors, of which most are 1, -1 or 0."""
    terms = [(factor, value) for factor, value in zip(factors, values, strict=True) if factor and value != ZERO]
    if not terms:
        return ZERO
    terms.sort(key=lambda term: term[0] != 1)
    first, total = terms[0]
    if first == -1:
        total = f.let(f"fneg {f.vector} {total}")
    elif first != 1:
        total = f.binary("fmul", total, f.constant(first))
    for factor, value in terms[1:]:
        if abs(factor) == 1:
            total = f.binary("fadd" if factor > 0 else "fsub", total, value)
        else:
            total = f.fma(value, f.constant(factor), total)
    return total


def transform_inputs(
    f: Function, spec: Spec, whole: Cut, x: Pointer, into: Pointer, first: Index, count: Index
) -> None:
    """`count` tiles from the tile `first` on: into[xi][tile][c]."""
    channels = spec.inputs[0].shape[2]
    row_stride, pixel_stride, _ = spec.strides_of_input(0)
    matrix, each = matrix_nbytes(whole, channels, f.lanes), row_nbytes(channels, f.lanes)
    zeros = f.stack_vectors(1)
    f.store(ZERO, zeros)

    with f.loop(0, count) as number:
        tile = f.add(first, number.index)
        row, column = f.divide(tile, whole.columns), f.remainder(tile, whole.columns)
        down = _inputs_there(f, row, whole.rows, whole.method, whole.last[0])
        across = _inputs_there(f, column, whole.columns, whole.method, whole.last[1])
        there = {pair: _both(f, *pair) for pair in product(dict.fromkeys(down), dict.fromkeys(across))}
        across_rows, across_columns = (
            F32.nbytes * whole.method.apart * stride for stride in (row_stride, pixel_stride)
        )
        corner = f.offset(x, f.add(f.multiply(row, across_rows), f.multiply(column, across_columns)))
        target = f.offset(into, f.multiply(number.index, each))

        def body(channel: Index, mask: str | None) -> None:
            at, to = (f.offset(pointer, f.nbytes(channel)) for pointer in (corner, target))

            def pixel(i: int, j: int) -> Value:
                wanted = there[down[i], across[j]]
                if wanted == NEVER:
                    return ZERO
                address = f.offset(at, F32.nbytes * (i * row_stride + j * pixel_stride))
                return f.load(address if wanted == ALWAYS else f.chosen_pointer(wanted, address, zeros), 0, mask)

            for own, other in product(whole.method.phases, repeat=2):
                pixels = [[pixel(i, j) for j in other.inputs] for i in own.inputs]
                values = chain.from_iterable(transformed(f, own.steps, other.steps, pixels))
                for (a, b), value in zip(product(own.products, other.products), values, strict=True):
                    f.store(value, to, (a * whole.method.products + b) * matrix)

        over_vectors(f, channels, body)


def _inputs_there(f: Function, place: Index, count: int, method: Method, last: int) -> list[Value]:
    """For each input of a tile along an axis the condition that it is needed: the last tile needs fewer."""
    needed = method.inputs_of(last)
    missing = method.side - needed
    beyond = f.compare("slt", place, count - 1) if missing and count > 1 else NEVER
    return [ALWAYS] * needed + [beyond] * missing


def _both(f: Function, a: Value, b: Value) -> Value:
    """The condition that both hold."""
    if NEVER in (a, b):
        return NEVER
    if ALWAYS in (a, b):
        return b if a == ALWAYS else a
    return f.let(f"and i1 {a}, {b}")


def transform_outputs(
    f: Function,
    spec: Spec,
    whole: Cut,
    operands: Operands,
    products: Pointer,
    tiles: tuple[Index, Index],
    some: tuple[Index, Index] | None,
) -> None:
    """So many tiles from the first one on, from products[xi][tile][o]: their outputs, or the maxima of them, for all
    filters or some of them."""
    filters = spec.shape[2]
    first, count = tiles
    pixels = Pixels(f, spec)
    height, width = Conv2DWinogradSettings.of(spec).window
    matrix, each = matrix_nbytes(whole, filters, f.lanes), row_nbytes(filters, f.lanes)
    sums, steps = whole.method.sums, whole.method.output_steps
    epilogue = epilogue_of(f, spec, operands)

    with f.loop(0, count) as number:
        tile = f.add(first, number.index)
        row, column = f.divide(tile, whole.columns), f.remainder(tile, whole.columns)
        down = _parts(f, row, whole.rows, whole.method.tile // height, whole.last[0] // height)
        across = _parts(f, column, whole.columns, whole.method.tile // width, whole.last[1] // width)
        source = f.offset(products, f.multiply(number.index, each))
        corner = pixels.at(
            f.multiply(row, whole.method.tile // height), f.multiply(column, whole.method.tile // width), 0
        )

        def body(channel: Index, mask: str | None) -> None:
            own = f.offset(source, f.nbytes(channel))
            m = [[f.load(own, (a * sums + b) * matrix) for b in range(sums)] for a in range(sums)]
            outputs = transformed(f, steps, steps, m)

            def store(p: int, q: int) -> None:
                element = pixels.beyond(corner, p, q, channel)
                window = [outputs[p * height + i][q * width + j] for i in range(height) for j in range(width)]
                value, place = (largest_of(f, window), None) if operands.beside is None else first_maximum(f, window)
                result = epilogue.apply(value, channel, element, mask)
                f.store(result, operands.output, f.nbytes(pixels.stored(element)), mask)
                if place is not None:
                    store_places(f, operands, place, result, element.number, mask)

            for (own_rows, in_rows), (own_columns, in_columns) in product(down, across):
                condition = _both(f, in_rows, in_columns)
                with nullcontext() if condition == ALWAYS else f.when(condition):
                    for p, q in product(own_rows, own_columns):
                        store(p, q)

        if some is None:
            over_vectors(f, filters, body)
        else:
            over_some_vectors(f, some, filters, body)


def _parts(f: Function, place: Index, count: int, extent: int, last: int) -> list[tuple[range, Value]]:
    """The outputs of a tile along an axis: those that every tile has, then those that only the last one lacks."""
    parts = [(range(last), ALWAYS)]
    if count > 1 and last < extent:
        parts.append((range(last, extent), f.compare("slt", place, count - 1)))
    return parts
