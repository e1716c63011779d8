"""Reversals, rotations, repetitions, borders, blocks: what NumPy makes of each image."""

import numpy as np
import pytest

from planish import primitives
from tests.primitives.support import check_gradients, compute, numbers

X = numbers(3, 4, 5, 2)

SAME = [
    (lambda x: primitives.flip(x, [0]), lambda x: np.flip(x, 1)),
    (lambda x: primitives.flip(x, [0, -1]), lambda x: np.flip(x, (1, 3))),
    (lambda x: primitives.roll(x, 2, 1), lambda x: np.roll(x, 2, 2)),
    (lambda x: primitives.roll(x, -7, 0), lambda x: np.roll(x, -7, 1)),
    (lambda x: primitives.roll(x, 5, 1), lambda x: x),
    (lambda x: primitives.stack([x, x, x], 0), lambda x: np.stack([x, x, x], 1)),
    (lambda x: primitives.stack([x, x], -1), lambda x: np.stack([x, x], -1)),
    (lambda x: primitives.unstack(x, 1)[3], lambda x: x[:, :, 3]),
    (lambda x: primitives.split(x, 2, 0)[1], lambda x: np.split(x, 2, 1)[1]),
    (lambda x: primitives.split(x, [1, -1], 1)[1], lambda x: np.split(x, [1, -1], 2)[1]),
    (lambda x: primitives.tile(x, [2, 1, 3]), lambda x: np.tile(x, (1, 2, 1, 3))),
    (lambda x: primitives.tile(x, [3]), lambda x: np.tile(x, 3)),
    (lambda x: primitives.tile(x, [2, 1, 1, 1]), lambda x: np.tile(x[:, None], (1, 2, 1, 1, 1))),
    (lambda x: primitives.repeat(x, 3, 1), lambda x: np.repeat(x, 3, 2)),
    (lambda x: primitives.repeat(x, 2, -1), lambda x: np.repeat(x, 2, -1)),
    *(
        (
            lambda x, mode=mode: primitives.pad(x, [(1, 2), (0, 3), (1, 0)], mode),
            lambda x, mode=mode: np.pad(x, [(0, 0), (1, 2), (0, 3), (1, 0)], mode),
        )
        for mode in ("constant", "reflect", "symmetric", "edge")
    ),
    (
        lambda x: primitives.pad(x, [(0, 0), (2, 1), (0, 1)], value=3.0),
        lambda x: np.pad(x, [(0, 0), (0, 0), (2, 1), (0, 1)], constant_values=3.0),
    ),
    (
        lambda x: primitives.pad(x, [(0, 4), (9, 5), (0, 2)], "edge"),
        lambda x: np.pad(x, [(0, 0), (0, 4), (9, 5), (0, 2)], "edge"),
    ),
    (
        lambda x: primitives.depth_to_space(primitives.space_to_depth(primitives.tile(x, [1, 2, 1]), 2), 2),
        lambda x: np.tile(x, (1, 1, 2, 1)),
    ),
    (
        lambda x: primitives.space_to_depth(primitives.tile(x, [1, 2, 1]), 2),
        lambda x: np.tile(x, (1, 1, 2, 1)).reshape(3, 2, 2, 5, 2, 2).transpose(0, 1, 3, 2, 4, 5).reshape(3, 2, 5, 8),
    ),
]


@pytest.mark.parametrize(("build", "meaning"), SAME)
def test_what_numpy_does_to_each_image(build, meaning):
    node = build(primitives.input_("x", (4, 5, 2)))
    np.testing.assert_array_equal(compute(node, x=X), meaning(X))
    check_gradients(lambda x: primitives.square(build(x)), [X])


def test_values_of_the_program_can_be_repeated():
    w = numbers(2, 3)
    node = primitives.tile(primitives.repeat(primitives.parameter("w", (2, 3)), 2, 0), [2, 1])
    np.testing.assert_array_equal(compute(node, w=w), np.tile(np.repeat(w, 2, 0), (2, 1)))


MISTAKES = [
    (lambda x: primitives.stack([], 0), "nothing to stack"),
    (lambda x: primitives.stack([x], 4), "no such place for a new axis"),
    (lambda x: primitives.stack([x, primitives.input_("z", (4, 5))], 0), "have one shape"),
    (lambda x: primitives.split(x, 3, 0), "cannot be cut into 3 equal parts"),
    (lambda x: primitives.split(x, [2, 2], 0), "one entry or more"),
    (lambda x: primitives.tile(x, [0]), "once or more"),
    (lambda x: primitives.repeat(x, 0, 1), "once or more"),
    (lambda x: primitives.pad(x, [(1, 1)]), "before and after each axis"),
    (lambda x: primitives.pad(x, [(1, -1), (0, 0), (0, 0)]), "before and after each axis"),
    (lambda x: primitives.pad(x, [(1, 1), (0, 0), (0, 0)], "wrap"), "no such border"),
    (lambda x: primitives.pad(x, [(4, 0), (0, 0), (0, 0)], "reflect"), "3 entries or fewer"),
    (lambda x: primitives.pad(x, [(0, 5), (0, 0), (0, 0)], "symmetric"), "4 entries or fewer"),
    (lambda x: primitives.space_to_depth(x, 3), "cannot be cut into blocks"),
    (lambda x: primitives.depth_to_space(x, 2), "cannot be spread"),
    (lambda x: primitives.depth_to_space(primitives.input_("z", (4, 5)), 2), "rows, columns and channels"),
]


@pytest.mark.parametrize(("mistake", "what"), MISTAKES)
def test_what_cannot_be_arranged(mistake, what):
    with pytest.raises(ValueError, match=what):
        mistake(primitives.input_("x", (4, 5, 2)))
