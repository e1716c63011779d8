"""Padding and cropping of maps."""

import numpy as np
import pytest

from planish import primitives
from tests.primitives.support import check_gradients, compute, numbers

BORDER = ((1, 0), (2, 3))


@pytest.mark.parametrize("value", [0.0, -2.5, -np.inf])
def test_pad2d(value):
    x = numbers(3, 2, 5, 2)
    node = primitives.pad2d(primitives.input_("x", (2, 5, 2)), BORDER, value)
    assert node.shape == (3, 10, 2)
    expected = np.full((3, 3, 10, 2), value)
    expected[:, 1:, 2:7] = x
    np.testing.assert_array_equal(compute(node, x=x), expected)


def test_crop2d():
    x = numbers(3, 4, 9, 2)
    node = primitives.crop2d(primitives.input_("x", (4, 9, 2)), BORDER)
    np.testing.assert_array_equal(compute(node, x=x), x[:, 1:, 2:6])
    np.testing.assert_array_equal(
        compute(primitives.crop2d(primitives.input_("x", (4, 9, 2)), ((0, 0), (0, 0))), x=x), x
    )


def test_cropping_undoes_padding():
    x = numbers(3, 3, 4, 1)
    node = primitives.crop2d(primitives.pad2d(primitives.input_("x", (3, 4, 1)), BORDER, 7.0), BORDER)
    np.testing.assert_array_equal(compute(node, x=x), x)


def test_no_padding_is_the_map_itself():
    x = primitives.input_("x", (2, 2, 1))
    assert primitives.pad2d(x, [[0, 0], [0, 0]]) is x


def test_gradients():
    check_gradients(lambda x: primitives.square(primitives.pad2d(x, BORDER, 3.0)), [numbers(3, 2, 3, 2)])
    check_gradients(lambda x: primitives.square(primitives.crop2d(x, BORDER)), [numbers(3, 3, 7, 2)])
    check_gradients(lambda x: primitives.crop2d(x, ((0, 0), (0, 0))), [numbers(3, 2, 2, 1)])


def test_settings():
    node = primitives.pad2d(primitives.input_("x", (2, 2, 1)), np.array(BORDER), 1)
    assert dict(node.settings.items()) == {"padding": BORDER, "value": 1.0}
    assert dict(primitives.crop2d(node, [[1, 0], [2, 3]]).settings.items()) == {"cropping": BORDER}


@pytest.mark.parametrize("function", [primitives.pad2d, primitives.crop2d])
def test_only_maps_have_borders(function):
    for node in (primitives.input_("x", (4, 4)), primitives.parameter("x", (4, 4, 1))):
        with pytest.raises(ValueError, match="border"):
            function(node, ((1, 1), (1, 1)))


@pytest.mark.parametrize("function", [primitives.pad2d, primitives.crop2d])
def test_widths_are_not_negative(function):
    with pytest.raises(ValueError, match="widths from 0 on"):
        function(primitives.input_("x", (4, 4, 1)), ((-1, 0), (0, 0)))


def test_something_has_to_be_left():
    with pytest.raises(ValueError, match="leaves nothing of a map of 4x4"):
        primitives.crop2d(primitives.input_("x", (4, 4, 1)), ((2, 2), (0, 0)))
