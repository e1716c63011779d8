"""Sums, means and maxima, per image and over the batch."""

import itertools
import math

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from tests.primitives.support import check_gradients, compute, numbers

MEANINGS = {
    "reduce_sum": math.fsum,
    "reduce_mean": lambda values: math.fsum(values) / len(values),
    "reduce_max": max,
    "reduce_min": min,
    "reduce_prod": math.prod,
}
AXES = [axes for count in range(4) for axes in itertools.combinations(range(3), count)]


REDUCTIONS = [*(getattr(primitives, name) for name in MEANINGS), primitives.batch_sum, primitives.batch_max]


def by_definition(meaning, x, axes):
    """Collects what goes into each element of the result of one image."""
    collected = {}
    for place in np.ndindex(x.shape):
        collected.setdefault(tuple(index for axis, index in enumerate(place) if axis not in axes), []).append(x[place])
    kept = tuple(extent for axis, extent in enumerate(x.shape) if axis not in axes)
    result = np.zeros(kept)
    for place, values in collected.items():
        result[place] = meaning(values)
    return result


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("name", MEANINGS)
def test_values(name, axes):
    x = numbers(3, 2, 3, 5)
    function = getattr(primitives, name)
    y = compute(function(primitives.input_("x", (2, 3, 5)), axes), x=x)
    kept = compute(function(primitives.input_("x", (2, 3, 5)), axes, keepdims=True), x=x)
    for image in range(3):
        expected = by_definition(MEANINGS[name], x[image], axes)
        np.testing.assert_allclose(y[image], expected, rtol=1e-12)
        np.testing.assert_allclose(kept[image], np.expand_dims(expected, axes), rtol=1e-12)
    unbatched = compute(function(primitives.parameter("x", (2, 3, 5)), axes), np.float32, x=x[0])
    np.testing.assert_allclose(unbatched, by_definition(MEANINGS[name], x[0], axes), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("name", MEANINGS)
def test_gradients(name, axes, keepdims):
    check_gradients(lambda x: primitives.square(getattr(primitives, name)(x, axes, keepdims)), [numbers(3, 2, 3, 2)])


@pytest.mark.parametrize("name", MEANINGS)
def test_gradients_of_weights(name):
    check_gradients(lambda x: getattr(primitives, name)(x, (0,)), [numbers(3, 5)], [False])


def test_equal_maxima_share_the_gradient():
    x = primitives.input_("x", (4,))
    (gradient,) = gradients(primitives.reduce_max(x, (0,)), [x])
    values = np.array([[1.0, 3.0, 3.0, 2.0], [5.0, 5.0, 5.0, 5.0], [0.0, -1.0, -2.0, -3.0]])
    assert compute(gradient, x=values).tolist() == [[0, 0.5, 0.5, 0], [0.25] * 4, [1, 0, 0, 0]]


@pytest.mark.parametrize("axes", AXES)
def test_batch_sum(axes):
    x = numbers(3, 2, 3, 2)
    y = compute(primitives.batch_sum(primitives.input_("x", (2, 3, 2)), axes), x=x)
    np.testing.assert_allclose(y, sum(by_definition(math.fsum, image, axes) for image in x), rtol=1e-12)
    check_gradients(lambda node: primitives.square(primitives.batch_sum(node, axes)), [x])


def test_batch_statistics():
    check_gradients(
        lambda x: primitives.multiply(
            primitives.subtract(x, primitives.divide(primitives.batch_sum(x, (0, 1)), 12.0)), x
        ),
        [numbers(3, 2, 2, 5)],
    )


def test_the_gradient_of_a_sum_does_not_read_the_images():
    x = primitives.input_("x", ())
    (gradient,) = gradients(primitives.batch_sum(x), [x])
    assert compute(gradient, x=np.array([np.inf, np.nan, 1.0])).tolist() == [1, 1, 1]


def test_axes_are_stored_in_order_counted_from_zero():
    x = primitives.input_("x", (2, 3, 5))
    assert primitives.reduce_sum(x, [-1, 0]).settings.axes == (0, 2)
    assert primitives.batch_sum(x, [-1, 0]).settings.axes == (0, 2)
    assert primitives.reduce_sum(x, np.array([1])).settings.axes == (1,)


@pytest.mark.parametrize("axes", [(3,), (-4,), (0, 0), (0, -3)])
@pytest.mark.parametrize("function", REDUCTIONS)
def test_axes_that_are_none(function, axes):
    with pytest.raises(ValueError, match="not axes"):
        function(primitives.input_("x", (2, 3, 5)), axes)


def test_a_number_has_no_axes():
    with pytest.raises(ValueError, match="single number"):
        primitives.reduce_sum(primitives.input_("x", ()), (0,))


@pytest.mark.parametrize("function", [primitives.batch_sum, primitives.batch_max])
def test_weights_have_no_batch(function):
    with pytest.raises(ValueError, match="one tensor per image"):
        function(primitives.parameter("w", (3,)))


def test_a_product_with_zeros_has_the_gradient_of_the_others():
    x = primitives.input_("x", (3,))
    (gradient,) = gradients(primitives.reduce_prod(x, (0,)), [x])
    values = np.array([[2.0, 3.0, 4.0], [0.0, 3.0, 4.0], [0.0, 0.0, 4.0]])
    assert compute(gradient, x=values).tolist() == [[12, 8, 6], [12, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("axes", AXES)
def test_the_largest_and_smallest_of_the_batch(axes):
    x = numbers(3, 2, 3, 2)
    every = (0, *(axis + 1 for axis in axes))
    node = primitives.input_("x", (2, 3, 2))
    assert compute(primitives.batch_max(node, axes), x=x).tolist() == x.max(every).tolist()
    assert compute(primitives.batch_min(node, axes), x=x).tolist() == x.min(every).tolist()
    for function in (primitives.batch_max, primitives.batch_min):
        check_gradients(lambda node, function=function: primitives.square(function(node, axes)), [x])


def test_equal_maxima_of_the_batch_share_the_gradient():
    x = primitives.input_("x", ())
    (gradient,) = gradients(primitives.batch_max(x), [x])
    assert compute(gradient, x=np.array([3.0, 1.0, 3.0])).tolist() == [0.5, 0, 0.5]


def test_an_infinite_gradient_of_a_maximum_goes_to_the_maximum_only():
    x = primitives.input_("x", (3,))
    g = primitives.multiply(primitives.reduce_max(x, (0,)), float("inf"))
    (gradient,) = gradients(primitives.batch_sum(g), [x])
    assert compute(gradient, batch_size=1, x=np.array([[1.0, 2.0, 0.0]])).tolist() == [[0, np.inf, 0]]


@pytest.mark.parametrize("function", REDUCTIONS)
def test_class_indices_are_refused(function):
    with pytest.raises(ValueError, match="one_hot"):
        function(primitives.input_("labels", (2,), "i32"), (0,))
