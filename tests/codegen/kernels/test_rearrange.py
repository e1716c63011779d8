"""Operations that move elements and change none of them: bit for bit."""

import itertools

import numpy as np
import pytest

from planish import primitives
from planish.primitives.rewritten.interleave2d import interleave2d
from planish.primitives.rewritten.kernel_phase import kernel_phase
from planish.primitives.rewritten.spread2d import spread2d
from planish.primitives.rewritten.turn_kernel import turn_kernel
from tests.codegen.support import Case, on_every_target


@on_every_target
@pytest.mark.parametrize("shape", [(3, 5, 7), (16, 17, 33), (9, 8, 1), (1, 31, 16)])
def test_transpositions(target, shape):
    case = Case()
    x = case.input(*shape)
    for permutation in itertools.permutations(range(3)):
        case.output(primitives.transpose(x, permutation))
    case.output(primitives.transpose(primitives.reshape(x, (shape[0], shape[1] * shape[2])), (1, 0)))
    case.check(None)


@on_every_target
def test_matrices_without_batch_axis(target):
    case = Case()
    for shape in ((1, 9), (7, 3), (17, 33), (32, 16), (31, 64)):
        case.output(primitives.transpose(case.weight(*shape), (1, 0)))
    case.check(None)


@on_every_target
@pytest.mark.parametrize("channels", [1, 3, 16, 17, 33])
def test_borders_and_joints(target, channels):
    case = Case()
    x = case.input(5, 4, channels)
    case.output(primitives.pad2d(x, ((1, 2), (0, 3)), 2.0))
    case.output(primitives.pad2d(x, ((0, 1), (2, 0)), -np.inf))
    case.output(primitives.crop2d(x, ((1, 2), (0, 3))))
    case.output(spread2d(x, (2, 3)))
    case.output(spread2d(x, (1, 2)))
    case.output(interleave2d([x, x], (10, 4), (2, 1)))
    case.output(interleave2d([None, x, x, None, None, x], (10, 12), (2, 3)))
    for axis in range(3):
        case.output(primitives.concatenate([x, primitives.negative(x), x], axis))
        case.output(primitives.slice_axis(x, axis, x.shape[axis] // 2, x.shape[axis]))
    case.check(None)


@on_every_target
def test_repetitions(target):
    case = Case()
    for shape in ((1, 1, 17), (5, 1, 1), (1, 3, 1), (1, 3, 9), (9,), (1,), ()):
        rank = len(shape)
        wide = tuple(
            extent if extent > 1 else (5, 3, 17)[3 - rank + axis] if axis < rank - 1 or extent == 1 else extent
            for axis, extent in enumerate(shape)
        )
        case.output(primitives.broadcast_to(case.input(*shape), (*(5, 3)[: 3 - rank], *wide) if rank else (5, 3)))
    case.check(None)


@on_every_target
@pytest.mark.parametrize("groups", [1, 2, 3])
def test_turned_kernels(target, groups):
    case = Case()
    for rows, columns, channels, each in ((3, 2, 5, 7), (1, 3, 17, 16), (2, 2, 1, 33)):
        case.output(turn_kernel(case.weight(rows, columns, channels, groups * each), groups))
    case.check(None)


@on_every_target
def test_taps_of_a_phase(target):
    case = Case()
    for rows, columns, channels, filters in ((3, 2, 5, 7), (4, 5, 17, 16), (5, 3, 1, 33)):
        w = case.weight(rows, columns, channels, filters)
        case.output(kernel_phase(w, (1, 0), (2, 3)))
        case.output(kernel_phase(w, (0, 1), (1, 2)))
    case.check(None)


@on_every_target
@pytest.mark.parametrize("channels", [1, 3, 17, 33])
def test_strided_and_reversed(target, channels):
    case = Case()
    x = case.input(5, 8, channels)
    for starts, counts, steps in (
        ((0, 0, 0), (3, 4, channels), (2, 2, 1)),
        ((4, 7, channels - 1), (5, 8, channels), (-1, -1, -1)),
        ((3, 1, 0), (2, 2, (channels + 1) // 2), (-2, 4, 2)),
    ):
        part = primitives.slice_strided(x, starts, counts, steps)
        case.output(part)
        case.output(primitives.spread_strided(part, x.shape, starts, steps, 2.0))
    case.output(primitives.flip(case.weight(3, channels), [1]))
    case.check(None)


@on_every_target
def test_what_is_made_of_moved_elements(target):
    case = Case()
    x = case.input(6, 4, 8)
    case.output(primitives.roll(x, 5, 1))
    case.output(primitives.stack([x, primitives.flip(x, [0])], 1))
    case.output(primitives.tile(x, [2, 1, 3]))
    case.output(primitives.repeat(x, 3, 1))
    for mode in ("constant", "reflect", "symmetric", "edge"):
        case.output(primitives.pad(x, [(1, 2), (0, 3), (4, 0)], mode))
    case.output(primitives.space_to_depth(x, 2))
    case.output(primitives.depth_to_space(x, 2))
    case.check(None)
