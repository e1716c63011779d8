"""Winograd's method for 3x3 kernels, along one axis: tiles of t outputs, which are 1 or 2 inputs apart.

    y = A' [(G w G') * (B' d B)] A          # w: 3x3 kernel, d: inputs, y: outputs of a tile, *: element by element

and, the same read backwards, the kernel's gradient from that of y:  dw = G' [(A g A') * (B' d B)] G.

With a stride of 1, t outputs take t + 2 products, of as many inputs. With a stride of 2, the first and the last of the
three taps meet inputs of even numbers, and the one between them those of odd numbers. So the outputs are the sum of two
convolutions: of two taps, by Winograd's method with t + 1 products, and of a single tap, whose t products have the same
weight.

After Lavin and Gray, "Fast algorithms for convolutional neural networks", 2015. Products are values of polynomials at
points: infinity, 0 and 1, then -1, then 1/2 and -2, which round less than the usual 2 and -2. In float32 and beside
float64, the largest error is, for 16, 64 and 256 channels and a stride of 1, 2e-7, 4e-7 and 6e-7 of the largest output
with four points, twice the direct sum's, and 1.7e-6, 2.3e-6 and 4.4e-6 with six, ten times the direct sum's. With a
stride of 2, there are three or four points, and the error is the direct sum's.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Phase:
    """Inputs of a tile that meet the same taps, by their numbers, and the products that they are factors of.

    `steps`, of which the first comes first, make the factors of the inputs. Each is a matrix, and they are sparser than
    one matrix would be, because its rows share terms.
    """

    inputs: Sequence[int]
    products: Sequence[int]
    steps: tuple[Matrix, ...] = ()


@dataclass(frozen=True, eq=False)
class Method:
    """For tiles of `tile` outputs along an axis, `stride` inputs apart.

    `phases` of the inputs. `kernel` makes weights of three taps, and product number p has weight `weight_of[p]`. Sum
    number s is that of the products `terms[s]`. `output_steps`, as those of phases, make the outputs of the sums.
    """

    tile: int
    stride: int
    phases: tuple[Phase, ...]
    kernel: Matrix
    weight_of: tuple[int, ...]
    terms: tuple[tuple[int, ...], ...]
    output_steps: tuple[Matrix, ...]

    @property
    def side(self) -> int:
        """Inputs that a tile reads."""
        return self.inputs_of(self.tile)

    @property
    def apart(self) -> int:
        """Inputs from where one tile begins to where the next one does."""
        return self.stride * self.tile

    @property
    def products(self) -> int:
        return len(self.weight_of)

    @property
    def weights(self) -> int:
        return len(self.kernel)

    @property
    def sums(self) -> int:
        return len(self.terms)

    @property
    def sum_of(self) -> list[int]:
        """The number of the sum that each product is a term of."""
        return [next(s for s, terms in enumerate(self.terms) if p in terms) for p in range(self.products)]

    @functools.cached_property
    def input(self) -> Matrix:
        """B': what phases make of the inputs, as one matrix [products, side]."""
        whole = np.zeros((self.products, self.side))
        for phase in self.phases:
            whole[np.ix_(phase.products, phase.inputs)] = _multiplied(phase.steps, len(phase.inputs))
        return whole

    @functools.cached_property
    def output(self) -> Matrix:
        """A': the steps as one matrix [tile, sums]."""
        return _multiplied(self.output_steps, self.sums)

    def inputs_of(self, outputs: int) -> int:
        """Inputs that so many outputs next to each other are made of."""
        return self.stride * (outputs - 1) + 3


def _multiplied(steps: Sequence[Matrix], extent: int) -> Matrix:
    return functools.reduce(lambda whole, step: step @ whole, steps, np.eye(extent))


@functools.cache
def method(tile: int, stride: int = 1) -> Method:
    """For tiles of 2 or 4 outputs with a stride of 1, of 2 or 3 with a stride of 2."""
    return _of_one_phase(tile) if stride == 1 else _of_two_phases(tile)


@dataclass(frozen=True, slots=True)
class _Points:
    """Points but infinity, the factors of the weights at them, and steps of inputs.

    `paired`: a step that makes sums and differences of products, which outputs share, if there is one.
    """

    values: tuple[float, ...]
    scales: tuple[float, ...]
    input_steps: tuple[Matrix, ...]
    paired: Matrix | None = None

    def kernel(self, taps: int) -> Matrix:
        return np.vstack([np.array(self.scales)[:, None] * self._powers(taps), np.eye(taps)[-1]])

    def output_steps(self, outputs: int) -> tuple[Matrix, ...]:
        whole = np.column_stack([self._powers(outputs).T, np.eye(outputs)[-1]])
        if self.paired is None:
            return (whole,)
        return self.paired, whole @ (self.paired.T / np.square(self.paired).sum(1))

    def _powers(self, count: int) -> Matrix:
        return np.array(self.values)[:, None] ** np.arange(count)


# By their number, infinity included.
_POINTS: Mapping[int, _Points] = {
    3: _Points((0, 1), (1, 1), (np.array([[1, -1, 0], [0, 1, 0], [0, -1, 1]], float),)),
    4: _Points(
        (0, 1, -1),
        (1, 1 / 2, 1 / 2),
        (np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]], float),),
    ),
    6: _Points(
        (0, 1, -1, 1 / 2, -2),
        (1, 1 / 3, -1 / 3, -16 / 15, 1 / 15),
        (
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
        np.array([
            [1, 0, 0, 0, 0, 0],
            [0, 1, 1, 0, 0, 0],
            [0, 1, -1, 0, 0, 0],
            [0, 0, 0, 1, 0, 0],
            [0, 0, 0, 0, 1, 0],
            [0, 0, 0, 0, 0, 1],
        ], float),
    ),
}  # fmt: skip


def _of_one_phase(tile: int) -> Method:
    count = tile + 2
    points, every = _POINTS[count], tuple(range(count))
    phase = Phase(every, every, points.input_steps)
    terms = tuple((number,) for number in every)
    return Method(tile, 1, (phase,), points.kernel(3), every, terms, points.output_steps(tile))


def _of_two_phases(tile: int) -> Method:
    """Sums: at the finite points; those of the single tap for all outputs but the first and the last; at infinity.

    The sum at 0 is part of the first output only, the one at infinity of the last. So what the single tap makes for
    these two is added there, and these are the last two products.
    """
    points, sums = _POINTS[tile + 1], 2 * tile - 1
    finite, inner, infinity, ends = range(tile), range(tile, sums - 1), sums - 1, (sums, sums + 1)
    even = Phase(range(0, 2 * tile + 1, 2), (*finite, infinity), points.input_steps)
    odd = (Phase((2 * at + 1,), (product,)) for at, product in enumerate((ends[0], *inner, ends[1])))
    kernel = np.zeros((tile + 2, 3))
    kernel[:-1, ::2], kernel[-1, 1] = points.kernel(2), 1
    single = tile + 1
    weight_of = (*finite, *(single for _ in inner), tile, single, single)
    terms = ((0, ends[0]), *((number,) for number in range(1, infinity)), (infinity, ends[1]))
    (of_points,) = points.output_steps(tile)
    output = np.zeros((tile, sums))
    output[:, [*finite, infinity]], output[1:-1, inner] = of_points, np.eye(tile - 2)
    return Method(tile, 2, (even, *odd), kernel, weight_of, terms, (output,))
