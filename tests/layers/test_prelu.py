import numpy as np
import pytest

from planish import constraints
from planish.layers import Conv2D, Dense, Flatten, Input, PReLU
from planish.models import Sequential

from .checked import check_layer
from .support import again, error_of, images


@pytest.mark.parametrize(
    ("shared_axes", "shape"),
    [(None, (4, 3, 5)), ([1, 2], (1, 1, 5)), (1, (1, 3, 5)), ((3,), (4, 3, 1)), ([1, 2, 3], (1, 1, 1))],
)
def test_slopes_below_zero(shared_axes, shape):
    layer = PReLU(shared_axes=shared_axes)
    layer.build((None, 4, 3, 5))
    assert layer.alpha.shape == shape
    assert [weight.path for weight in layer.weights] == ["p_re_lu/alpha"]
    check_layer(layer, 3, 4, 3, 5)
    x = images(3, 4, 3, 5)
    np.testing.assert_allclose(layer(x), np.where(x > 0, x, layer.alpha.value * x), rtol=1e-6)
    assert again(layer).get_config() == layer.get_config()


def test_rows_of_features():
    check_layer(PReLU(), 5, 17)


def test_any_size_of_maps_if_the_slopes_are_shared():
    model = Sequential([Input((None, None, 3)), PReLU("ones", shared_axes=[1, 2])])
    for size in (4, 7):
        x = images(2, size, size, 3)
        np.testing.assert_allclose(model.predict(x, verbose=0), x, rtol=1e-6)
    with pytest.raises(ValueError, match="weights depend on a size that comes with the data"):
        Sequential([Input((None, None, 3)), PReLU()])


def test_initializer_regularizer_and_constraint():
    layer = PReLU("he_normal", "l2", constraints.NonNeg(), shared_axes=[1, 2])
    assert again(layer).get_config() == layer.get_config()
    model = Sequential([Input((4, 4, 2)), Conv2D(3, 3), layer, Flatten(), Dense(2)])
    model.compile("sgd", "mse")
    model.fit(images(8, 4, 4, 2), images(8, 2), epochs=3, verbose=0)
    assert (layer.alpha.value >= 0).all()


@pytest.mark.parametrize("shared_axes", [0, [-1], [1, 0], "rows", 1.5])
def test_axes_are_counted_from_one(shared_axes):
    expected = "expected: axes of an image, counted from 1 on: axis 0 is the batch"
    with pytest.raises(ValueError, match=rf"PReLU 'p_re_lu': argument 'shared_axes' is wrong\n  {expected}"):
        PReLU(shared_axes=shared_axes)


def test_an_axis_that_is_not_there():
    with pytest.raises(
        ValueError, match=r"shared_axes names an axis that the input does not have\n  expected: +1 to 2"
    ):
        PReLU(shared_axes=[1, 3]).build((None, 4, 5))


def test_another_shape():
    layer = PReLU()
    layer.build((None, 4, 4, 2))
    assert error_of(lambda: layer(images(1, 5, 4, 2))) == [
        "PReLU 'p_re_lu': the layer was built for another shape",
        "  expected:    alpha (5, 4, 2)",
        "  received:    alpha (4, 4, 2)",
        "  input shape: (None, 5, 4, 2)",
        "  remedy:      one slope for each channel, whatever the size: PReLU(shared_axes=[1, 2])",
    ]
