"""The transforms of Winograd's F(t x t, 3x3) for tiles of t = 2 and t = 4 outputs a side, by t.

    y = A' [(G w G') * (B' d B)] A          # w: 3x3 kernel, d: (t + 2)^2 inputs, y: t^2 outputs, *: element by element

and, the same read backwards, the kernel's gradient from that of y:  dw = G' [(A g A') * (B' d B)] G.

After Lavin and Gray, "Fast algorithms for convolutional neural networks", 2015. The points are 0, 1, -1 for t = 2, and
0, 1, -1, 1/2, -2 for t = 4, which round less than the usual 0, 1, -1, 2, -2. In float32 and beside float64, the largest
error is, for 16, 64 and 256 channels, 2e-7, 4e-7 and 6e-7 of the largest output for t = 2, twice the direct sum's, and
1.7e-6, 2.3e-6 and 4.4e-6 for t = 4, ten times the direct sum's.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

INPUT: Mapping[int, Matrix] = {
    2: np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], float),
    4: np.array([
        [1, -1.5, -2, 1.5, 1, 0],
        [0, -1, 0.5, 2.5, 1, 0],
        [0, 1, -2.5, 0.5, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 0.5, -1, -0.5, 1, 0],
        [0, 1, -1.5, -2, 1.5, 1],
    ]),
}  # fmt: skip
KERNEL: Mapping[int, Matrix] = {
    2: np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], float),
    4: np.array([
        [1, 0, 0],
        [1 / 3, 1 / 3, 1 / 3],
        [-1 / 3, 1 / 3, -1 / 3],
        [-16 / 15, -8 / 15, -4 / 15],
        [1 / 15, -2 / 15, 4 / 15],
        [0, 0, 1],
    ]),
}  # fmt: skip
OUTPUT: Mapping[int, Matrix] = {
    2: np.array([[1, 1, 1, 0], [0, 1, -1, -1]], float),
    4: np.array([
        [1, 1, 1, 1, 1, 0],
        [0, 1, -1, 0.5, -2, 0],
        [0, 1, 1, 0.25, 4, 0],
        [0, 1, -1, 0.125, -8, 1],
    ]),
}  # fmt: skip

# The same transforms as products of sparser matrices, the first one first: fewer operations, since rows share terms.
INPUT_STEPS: Mapping[int, tuple[Matrix, ...]] = {
    2: (INPUT[2],),
    4: (
        np.array([
            [-1, 1.5, 1, 0, 0, 0],
            [0, -1, 1.5, 1, 0, 0],
            [0, 0, -1, 1.5, 1, 0],
            [0, 0, 0, -1, 1.5, 1],
            [0, -1, 0, 1, 0, 0],
            [0, 0, -1, 0, 1, 0],
        ]),
        np.array([
            [-1, 0, 1, 0, 0, 0],
            [0, 1, 1, 0, 0, 0],
            [0, -1, 1, 0, 0, 0],
            [0, 0, 0, 0, 2, 1],
            [0, 0, 0, 0, -0.5, 1],
            [0, -1, 0, 1, 0, 0],
        ]),
    ),
}  # fmt: skip
OUTPUT_STEPS: Mapping[int, tuple[Matrix, ...]] = {
    2: (OUTPUT[2],),
    4: (
        np.array([
            [1, 0, 0, 0, 0, 0],
            [0, 1, 1, 0, 0, 0],
            [0, 1, -1, 0, 0, 0],
            [0, 0, 0, 1, 0, 0],
            [0, 0, 0, 0, 1, 0],
            [0, 0, 0, 0, 0, 1],
        ], float),
        np.array([
            [1, 1, 0, 1, 1, 0],
            [0, 0, 1, 0.5, -2, 0],
            [0, 1, 0, 0.25, 4, 0],
            [0, 0, 1, 0.125, -8, 1],
        ]),
    ),
}  # fmt: skip
