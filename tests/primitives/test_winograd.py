"""The matrices of Winograd's method."""

import numpy as np
import pytest

from planish.primitives.winograd import INPUT, INPUT_STEPS, KERNEL, OUTPUT, OUTPUT_STEPS


@pytest.mark.parametrize("tile", [2, 4])
def test_outputs_are_those_of_the_convolution(tile):
    generator = np.random.default_rng(0)
    d, w = generator.standard_normal(tile + 2), generator.standard_normal(3)
    outputs = OUTPUT[tile] @ ((KERNEL[tile] @ w) * (INPUT[tile] @ d))
    np.testing.assert_allclose(outputs, np.convolve(d, w[::-1], "valid"), rtol=1e-12)


@pytest.mark.parametrize(("matrices", "steps"), [(INPUT, INPUT_STEPS), (OUTPUT, OUTPUT_STEPS)])
@pytest.mark.parametrize("tile", [2, 4])
def test_steps_are_factors(tile, matrices, steps):
    whole = np.eye(tile + 2)
    for step in steps[tile]:
        whole = step @ whole
    np.testing.assert_array_equal(whole, matrices[tile])
