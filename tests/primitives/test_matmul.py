"""Products of the matrices of images, and contractions, which are made of them."""

import numpy as np
import pytest

from planish import primitives
from tests.primitives.support import check_gradients, compute, leaf, numbers

# Shapes of both operands with the batch axis, if they have one
PAIRS = [
    ((3, 4, 5), True, (3, 5, 2), True),
    ((3, 2, 4, 5), True, (3, 2, 5, 3), True),
    ((3, 2, 4, 5), True, (3, 1, 5, 3), True),
    ((3, 4, 5), True, (5, 2), False),
    ((4, 5), False, (3, 5, 2), True),
    ((3, 2, 4, 5), True, (2, 5, 3), False),
    ((2, 4, 5), False, (3, 2, 5, 3), True),
    ((2, 4, 5), False, (2, 5, 3), False),
    ((3, 1, 5), True, (3, 5, 1), True),
    ((3, 2, 1, 5), True, (3, 5, 1), True),
    ((3, 4, 1), True, (3, 1, 2), True),
    ((3, 4, 1), True, (2, 1, 2), False),
]


def by_image(array, batched, image):
    return array[image] if batched else array


@pytest.mark.parametrize(("first", "a_batched", "second", "b_batched"), PAIRS)
def test_values_image_by_image(first, a_batched, second, b_batched):
    a, b = numbers(*first), numbers(*second, seed=1)
    node = primitives.matmul(leaf("a", a, a_batched), leaf("b", b, b_batched))
    y = compute(node, a=a, b=b)
    assert node.batched == (a_batched or b_batched)
    for image in range(3 if node.batched else 1):
        expected = np.matmul(by_image(a, a_batched, image), by_image(b, b_batched, image))
        np.testing.assert_allclose(by_image(y, node.batched, image), expected, rtol=1e-12)


@pytest.mark.parametrize(("first", "a_batched", "second", "b_batched"), PAIRS)
def test_gradients(first, a_batched, second, b_batched):
    check_gradients(primitives.matmul, [numbers(*first), numbers(*second, seed=1)], [a_batched, b_batched])


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ((4, 5), (4, 5), "not matrices that can be multiplied"),
        ((5,), (5, 2), "not matrices that can be multiplied"),
        ((2, 4, 5), (3, 5, 2), "axes in front of the matrices do not go together"),
    ],
)
def test_shapes_that_do_not_go_together(first, second, what):
    with pytest.raises(ValueError, match=what):
        primitives.matmul(primitives.input_("a", first), primitives.input_("b", second))


CONTRACTIONS = [
    ("nabc,ndbc->nad", (3, 2, 4, 5), (3, 6, 4, 5), ((1, 2), (1, 2)), ((), ())),
    ("nabc,ncda->nbd", (3, 2, 4, 5), (3, 5, 6, 2), ((0, 2), (2, 0)), ((), ())),
    ("nab,nac->nabc", (3, 2, 4), (3, 2, 5), ((), ()), ((0,), (0,))),
    ("nab,nba->nab", (3, 2, 4), (3, 4, 2), ((), ()), ((0, 1), (1, 0))),
    ("nhqd,nhkd->nhqk", (3, 2, 4, 5), (3, 2, 6, 5), ((2,), (-1,)), ((0,), (0,))),
    ("na,na->n", (3, 4), (3, 4), ((0,), (0,)), ((), ())),
    ("na,nb->nab", (3, 4), (3, 5), ((), ()), ((), ())),
]


@pytest.mark.parametrize(("subscripts", "first", "second", "summed", "shared"), CONTRACTIONS)
def test_contractions(subscripts, first, second, summed, shared):
    a, b = numbers(*first), numbers(*second, seed=1)
    found = compute(primitives.contract(leaf("a", a), leaf("b", b), summed, shared), a=a, b=b)
    np.testing.assert_allclose(found, np.einsum(subscripts, a, b), rtol=1e-11)
    check_gradients(lambda x, y: primitives.contract(x, y, summed, shared), [a, b])


def test_contractions_with_weights():
    a, b = numbers(3, 2, 4, 5), numbers(4, 6, 2, seed=1)
    for operands, batched in (((a, b), (True, False)), ((b, a), (False, True))):
        summed = ((0, 1), (2, 0)) if batched[0] else ((2, 0), (0, 1))
        nodes = [leaf(name, x, own) for name, x, own in zip("ab", operands, batched, strict=True)]
        found = compute(primitives.contract(*nodes, summed), a=operands[0], b=operands[1])
        expected = np.einsum("nabc,bda->ncd" if batched[0] else "bda,nabc->ndc", *operands)
        np.testing.assert_allclose(found, expected, rtol=1e-11)


def test_axes_of_a_contraction_go_together():
    a, b = primitives.input_("a", (2, 3)), primitives.input_("b", (4, 5))
    with pytest.raises(ValueError, match="have the same number of entries"):
        primitives.contract(a, b, ((0,), (1,)))
    with pytest.raises(ValueError, match="not axes"):
        primitives.contract(a, b, ((2,), (1,)))
