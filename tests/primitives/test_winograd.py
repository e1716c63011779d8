"""The matrices of Winograd's method."""

import numpy as np
import pytest

from planish.primitives.winograd import method

METHODS = [(2, 1), (4, 1), (2, 2), (3, 2)]


@pytest.mark.parametrize(("tile", "stride"), METHODS)
def test_outputs_are_those_of_the_convolution(tile, stride):
    own, generator = method(tile, stride), np.random.default_rng(0)
    d, w = generator.standard_normal(own.side), generator.standard_normal(3)
    products = (own.kernel @ w)[list(own.weight_of)] * (own.input @ d)
    sums = [products[list(terms)].sum() for terms in own.terms]
    expected = np.convolve(d, w[::-1], "valid")[::stride]
    np.testing.assert_allclose(own.output @ sums, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("tile", "stride", "products", "weights", "sums"),
    [(2, 1, 4, 4, 4), (4, 1, 6, 6, 6), (2, 2, 5, 4, 3), (3, 2, 7, 5, 5)],
)
def test_how_much_a_tile_takes(tile, stride, products, weights, sums):
    """With a stride of 2, products of a single tap share their weight, and two of them are terms of other sums."""
    own = method(tile, stride)
    assert (own.products, own.weights, own.sums) == (products, weights, sums)
    assert own.side == stride * (tile - 1) + 3
    assert sorted(product for terms in own.terms for product in terms) == list(range(products))
    assert [own.sum_of[product] for terms in own.terms for product in terms] == sorted(own.sum_of)


@pytest.mark.parametrize(("tile", "stride"), METHODS)
def test_every_input_is_of_one_phase(tile, stride):
    own = method(tile, stride)
    assert sorted(number for phase in own.phases for number in phase.inputs) == list(range(own.side))
    assert sorted(number for phase in own.phases for number in phase.products) == list(range(own.products))
