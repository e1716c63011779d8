"""The same numbers in other shapes and orders, and parts of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from planish.convert.torch_reading.calls import function
from planish.convert.torch_reading.values import Extent, Value
from planish.convert.torch_reading.writing import Writer, written

_END = 2**63 - 1


@function("view", "reshape", "_unsafe_view", "view_as", "reshape_as")
def view(writer: Writer, input: Value, *shape: Any) -> Value:
    if writer.out_shape is not None:
        return _reshaped(writer, input, writer.out_shape)
    wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    return _reshaped(writer, input, wanted)


def _reshaped(writer: Writer, input: Value, shape: Sequence[Any]) -> Value:
    """The batch stays the first axis: an extent of the batch anywhere else mixes images."""
    first, rest = shape[0] if shape else None, shape[1:]
    if first is Extent.OF_BATCH or Extent.BATCH in rest or Extent.OF_BATCH in rest or not rest:
        raise writer.refuse(
            "the batch is not the first axis any more",
            expected="the batch, then integers",
            received=", ".join(map(written, shape)) or "a single number",
            remedy="x.flatten(1), or x.view(x.size(0), -1)",
        )
    numbers = writer.numbers([0 if first is Extent.BATCH else first, *rest])
    return writer.emit("Reshape", input, writer.integers(numbers))


@function("flatten")
def flatten(writer: Writer, input: Value, start_dim: int = 0, end_dim: int = -1) -> Value:
    last = input.rank is not None and end_dim == input.rank - 1
    if start_dim == 0:
        raise writer.unsupported("start_dim", "1 or more: axis 0 is the batch", start_dim)
    if start_dim == 1 and (end_dim == -1 or last):
        return writer.emit("Flatten", input, axis=1)
    if writer.out_shape is not None:
        return _reshaped(writer, input, writer.out_shape)
    return writer.emit("FlattenAxes", input, start=start_dim, end=end_dim)


@function("unflatten")
def unflatten(writer: Writer, input: Value, dim: int, sizes: Sequence[int]) -> Value:
    if writer.out_shape is not None:
        return _reshaped(writer, input, writer.out_shape)
    if dim == 0:
        raise writer.unsupported("dim", "1 or more: axis 0 is the batch", dim)
    return writer.emit("Unflatten", input, axis=dim, sizes=tuple(writer.numbers(sizes)))


@function("permute")
def permute(writer: Writer, input: Value, *dims: Any) -> Value:
    order = dims[0] if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims
    rank = len(order)
    return _transposed(writer, input, tuple(axis % rank for axis in writer.numbers(order)))


@function("transpose", "swapaxes", "swapdims")
def transpose(writer: Writer, input: Value, dim0: int, dim1: int) -> Value:
    order = list(range(_rank(writer, input)))
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return _transposed(writer, input, tuple(order))


@function("t", "adjoint")
def turned(writer: Writer, input: Value) -> Value:
    """The last two axes, the other way round."""
    return transpose(writer, input, _rank(writer, input) - 2, _rank(writer, input) - 1)


@function("movedim", "moveaxis")
def movedim(writer: Writer, input: Value, source: Any, destination: Any) -> Value:
    rank = _rank(writer, input)
    pairs = [(source, destination)] if isinstance(source, int) else list(zip(source, destination, strict=True))
    placed = {to % rank: origin % rank for origin, to in pairs}
    others = iter([axis for axis in range(rank) if axis not in placed.values()])
    return _transposed(writer, input, tuple(placed[axis] if axis in placed else next(others) for axis in range(rank)))


def _transposed(writer: Writer, input: Value, order: tuple[int, ...]) -> Value:
    if order[0] != 0:
        raise writer.refuse("the batch is not the first axis any more", expected="0, then other axes", received=order)
    return writer.emit("Transpose", input, perm=order)


def _rank(writer: Writer, input: Value) -> int:
    if input.rank is None:
        raise writer.unknown_shape()
    return input.rank


@function("squeeze")
def squeeze(writer: Writer, input: Value, dim: Any = None) -> Value:
    if input.shape is None:
        if dim is None:
            raise writer.unknown_shape()
        axes = [dim] if isinstance(dim, int) else list(dim)
    else:
        named = range(input.rank or 0) if dim is None else [dim] if isinstance(dim, int) else dim
        axes = [axis % len(input.shape) for axis in named if input.shape[axis] == 1]
    return writer.emit("Squeeze", input, writer.integers(axes)) if axes else writer.emit("Identity", input)


@function("unsqueeze")
def unsqueeze(writer: Writer, input: Value, dim: int) -> Value:
    return writer.emit("Unsqueeze", input, writer.integers([dim]))


@function("expand", "expand_as", "broadcast_to")
def expand(writer: Writer, input: Value, *sizes: Any) -> Value:
    if writer.out_shape is None:
        raise writer.unknown_shape()
    if input.shape == writer.out_shape:
        return writer.emit("Identity", input)
    shape = [1 if extent is Extent.BATCH else extent for extent in writer.out_shape]
    return writer.emit("Expand", input, writer.integers(writer.numbers(shape)))


@function("repeat", "tile")
def repeat(writer: Writer, input: Value, *repeats: Any) -> Value:
    counts = repeats[0] if len(repeats) == 1 and isinstance(repeats[0], (tuple, list)) else repeats
    return writer.emit("Tile", input, writer.integers(writer.numbers(counts)))


# -- joining and parting -----------------------------------------------------------------------------------------------


@function("cat", "concat", "concatenate")
def cat(writer: Writer, tensors: Sequence[Value], dim: int = 0, axis: int | None = None) -> Value:
    place = dim if axis is None else axis
    rank = tensors[0].rank
    if place == 0 or (rank is not None and place == -rank):
        raise writer.refuse(
            "images of a batch are joined with each other",
            expected="branches that are concatenated along any axis but the batch",
            received=f"{writer.called} along axis {place}",
            remedy="dim=1 joins channels",
        )
    return writer.emit("Concat", *tensors, axis=place)


@function("stack")
def stack(writer: Writer, tensors: Sequence[Value], dim: int = 0) -> Value:
    if dim == 0:
        raise writer.unsupported("dim", "1 or more: axis 0 is the batch", dim)
    axes = writer.integers([dim])
    return writer.emit("Concat", *(writer.emit("Unsqueeze", each, axes) for each in tensors), axis=dim)


@function("chunk")
def chunk(writer: Writer, input: Value, chunks: int, dim: int = 0) -> tuple[Value, ...]:
    """As many parts of one size as fit; the last one may be smaller."""
    if input.shape is None:
        return writer.emit_several("Split", chunks, input, axis=dim, num_outputs=chunks)
    (extent,) = writer.numbers([input.shape[dim]])
    return split(writer, input, -(-extent // chunks), dim)


@function("split", "split_with_sizes")
def split(writer: Writer, input: Value, split_size_or_sections: Any, dim: int = 0) -> tuple[Value, ...]:
    if dim == 0:
        raise writer.unsupported("dim", "1 or more: axis 0 is the batch", dim)
    sizes = split_size_or_sections
    if isinstance(sizes, int):
        if input.shape is None:
            raise writer.unknown_shape()
        (extent,) = writer.numbers([input.shape[dim]])
        sizes = [min(sizes, extent - start) for start in range(0, extent, sizes)]
    return _parts(writer, input, writer.numbers(sizes), dim)


@function("tensor_split")
def tensor_split(writer: Writer, input: Value, indices_or_sections: Any, dim: int = 0) -> tuple[Value, ...]:
    """Before each of the indices, or into a number of parts, of which the first may be larger by one."""
    if dim == 0:
        raise writer.unsupported("dim", "1 or more: axis 0 is the batch", dim)
    if input.shape is None:
        raise writer.unknown_shape()
    (extent,) = writer.numbers([input.shape[dim]])
    if isinstance(indices_or_sections, int):
        size, larger = divmod(extent, indices_or_sections)
        sizes = [size + (place < larger) for place in range(indices_or_sections)]
    else:
        ends = [slice(end).indices(extent)[1] for end in (*writer.numbers(indices_or_sections), None)]
        sizes = [max(end - start, 0) for start, end in itertools.pairwise([0, *ends])]
    return _parts(writer, input, sizes, dim)


def _parts(writer: Writer, input: Value, sizes: Sequence[int], dim: int) -> tuple[Value, ...]:
    if min(sizes, default=0) < 1:
        raise writer.refuse("a part is empty", expected="1 or more numbers in each part", received=tuple(sizes))
    return writer.emit_several("Split", len(sizes), input, writer.integers(sizes), axis=dim)


@function("unbind")
def unbind(writer: Writer, input: Value, dim: int = 0) -> tuple[Value, ...]:
    parts = split(writer, input, 1, dim)
    return tuple(writer.emit("Squeeze", part, writer.integers([dim])) for part in parts)


@function("select")
def select(writer: Writer, input: Value, dim: int, index: int) -> Value:
    cut = narrow(writer, input, dim, index, 1)
    return writer.emit("Squeeze", cut, writer.integers([dim]))


@function("narrow")
def narrow(writer: Writer, input: Value, dim: int, start: int, length: int) -> Value:
    return slice_axis(writer, input, dim, start, _END if start < 0 and start + length == 0 else start + length)


@function("slice")
def slice_axis(
    writer: Writer, input: Value, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Value:
    return _sliced(writer, input, {dim: slice(start, end, step)})


@function("getitem")
def getitem(writer: Writer, input: Any, index: Any) -> Any:
    """`x[:, 0]`, `x[..., ::2]`, `x[:, None]`; of a tuple, one of its items."""
    if not isinstance(input, Value):
        return input[index]
    items = list(index) if isinstance(index, tuple) else [index]
    named = sum(item is not None and item is not Ellipsis for item in items)
    if Ellipsis in items:
        place = items.index(Ellipsis)
        items[place : place + 1] = [slice(None)] * (_rank(writer, input) - named)
    cuts: dict[int, slice] = {}
    dropped, added = [], []
    axis = place = 0
    for item in items:
        if item is None:
            added.append(place)
        elif isinstance(item, slice):
            cuts[axis] = item
        else:
            (number,) = writer.numbers([item])
            cuts[axis] = slice(number, number + 1 if number != -1 else None)
            dropped.append(axis)
        axis, place = axis + (item is not None), place + (axis not in dropped)
    cut = _sliced(writer, input, cuts)
    if dropped:
        cut = writer.emit("Squeeze", cut, writer.integers(dropped))
    return writer.emit("Unsqueeze", cut, writer.integers(added)) if added else cut


def _sliced(writer: Writer, input: Value, cuts: dict[int, slice]) -> Value:
    real = {axis: cut for axis, cut in cuts.items() if not _is_whole(cut)}
    if 0 in real:
        received = f"axis 0 of {writer.called}"
        raise writer.refuse("images are taken out of the batch", expected="x[:, ...]", received=received)
    if not real:
        return writer.emit("Identity", input)
    starts = [0 if cut.start is None else cut.start for cut in real.values()]
    ends = [_END if cut.stop is None else cut.stop for cut in real.values()]
    steps = [1 if cut.step is None else cut.step for cut in real.values()]
    numbers = [writer.integers(writer.numbers(each)) for each in (starts, ends, list(real), steps)]
    return writer.emit("Slice", input, *numbers)


@function("flip")
def flip(writer: Writer, input: Value, *dims: Any) -> Value:
    axes = _several(dims)
    _refuse_batch(writer, axes)
    count = len(axes)
    ends = [[-1] * count, [-_END] * count, axes, [-1] * count]
    return writer.emit("Slice", input, *(writer.integers(each) for each in ends))


@function("roll")
def roll(writer: Writer, input: Value, shifts: Any, dims: Any = None) -> Value:
    """What leaves at one end comes in at the other."""
    axes = [] if dims is None else _several((dims,))
    if not axes:
        raise writer.refuse("all images of a batch are rolled together", expected="dims=...", received="none")
    _refuse_batch(writer, axes)
    for axis, shift in zip(axes, _several((shifts,)), strict=True):
        if shift:
            end = slice_axis(writer, input, axis, -shift, None)
            input = writer.emit("Concat", end, slice_axis(writer, input, axis, None, -shift), axis=axis)
    return input


def _several(given: Sequence[Any]) -> list[int]:
    """Numbers that are given one after another, or as a list."""
    return list(given[0]) if len(given) == 1 and isinstance(given[0], (tuple, list)) else list(given)


def _refuse_batch(writer: Writer, axes: Sequence[int]) -> None:
    if 0 in axes:
        raise writer.refuse("images are put into another order", expected="an axis from 1 on", received="axis 0")


def _is_whole(cut: slice) -> bool:
    return cut.start in (None, 0) and cut.stop in (None, _END) and cut.step in (None, 1)


# -- pixels and channels -----------------------------------------------------------------------------------------------


@function("pixel_shuffle")
def pixel_shuffle(writer: Writer, input: Value, upscale_factor: int) -> Value:
    return writer.emit("DepthToSpace", input, blocksize=upscale_factor, mode="CRD")


@function("pixel_unshuffle")
def pixel_unshuffle(writer: Writer, input: Value, downscale_factor: int) -> Value:
    channels, rows, columns = writer.extents(input)
    factor = downscale_factor
    parted = _to(writer, input, channels, rows // factor, factor, columns // factor, factor)
    turned = writer.emit("Transpose", parted, perm=(0, 1, 3, 5, 2, 4))
    return _to(writer, turned, channels * factor**2, rows // factor, columns // factor)


@function("channel_shuffle", "native_channel_shuffle")
def channel_shuffle(writer: Writer, input: Value, groups: int) -> Value:
    channels, *others = writer.extents(input)
    parted = _to(writer, input, groups, channels // groups, *others)
    turned = writer.emit("Transpose", parted, perm=(0, 2, 1, *range(3, 3 + len(others))))
    return _to(writer, turned, channels, *others)


def _to(writer: Writer, input: Value, *shape: int) -> Value:
    return writer.emit("Reshape", input, writer.integers([0, *shape]))
