"""Layers that need more of an axis that comes with the data than most networks do."""

import numpy as np
import pytest

from planish import Input, Model, Sequential, ops
from planish.layers import Conv1D, Conv2D, Cropping1D, Cropping2D, Lambda, Layer, MaxPooling1D
from planish.models import load_model

LONG = np.random.default_rng(0).normal(size=(2, 3001, 2)).astype(np.float32)


def sequence(*layers):
    return Sequential([Input((None, 2)), *layers])


def test_a_cropping_of_thousands_of_steps(tmp_path):
    model = sequence(Cropping1D((1000, 2000)))
    assert model.output_shape == (None, None, 2)
    model.save(tmp_path / "model.keras")
    read = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(read.predict(LONG, verbose=0), LONG[:, 1000:1001])


def test_croppings_that_need_much_together(capsys):
    model = sequence(*[Cropping1D(60, name=f"crop_{place}") for place in range(9)], Conv1D(3, 5))
    model.summary()
    assert "(None, None, 3)" in capsys.readouterr().out
    assert [layer.output.shape for layer in model.layers] == [*[(None, None, 2)] * 9, (None, None, 3)]
    assert [node.shape for _, node in model.graph().outputs] == [(1792 - 9 * 120 - 4, 3)]
    assert model.predict(LONG, verbose=0).shape == (2, 3001 - 9 * 120 - 4, 3)


class Ends(Layer):
    def call(self, x):
        return x[:, 800] + x[:, [-2900]][:, 0]


NEEDS = {
    "windows": lambda: MaxPooling1D(900, 1),
    "kernels": lambda: Conv1D(1, 300, dilation_rate=2),
    "slices": lambda: Lambda(lambda x: x[:, 800:]),
    "places": Ends,
    "a model inside": lambda: sequence(Cropping1D(500)),
}


@pytest.mark.parametrize("make", NEEDS.values(), ids=NEEDS)
def test_what_needs_much_is_traced_with_more(make):
    layer = make()
    x = Input((None, 2))
    model = Model(x, layer(x))
    found = model.predict(LONG, verbose=0)
    np.testing.assert_allclose(found, layer(LONG), rtol=1e-5, atol=1e-5)
    assert layer.compute_output_shape((None, None, 2)) == model.output_shape


def test_operations_that_need_much():
    x = Input((None, None, 1))
    y = ops.image.crop_images(x, 300, 0, target_height=20, target_width=300)
    assert Model(x, y).output_shape == (None, 20, 300, 1)
    assert Cropping2D(((0, 400), (1, 1)))(x).shape == (None, None, None, 1)


def test_images_that_turn_out_too_small_are_refused_when_they_come():
    model = sequence(Cropping1D(1000))
    with pytest.raises(ValueError, match="leaves nothing of 1,500 steps"):
        model.predict(LONG[:, :1500], verbose=0)


def test_an_axis_that_is_known_and_too_small_is_refused_as_ever():
    with pytest.raises(ValueError, match="the kernel spans 9x9 pixels, more than the 224x8 of its input"):
        Sequential([Input((None, 8, 1)), Conv2D(1, 9)])


def test_what_is_too_small_for_any_stand_in_is_refused():
    with pytest.raises(ValueError, match="leaves nothing of 224 steps"):
        sequence(Cropping1D(10_000_000))
