import numpy as np
import pytest

from planish import config
from planish.layers import Rescaling

from .checked import check_layer
from .support import again, error_of, images


def test_one_scale_for_all():
    pixels = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    np.testing.assert_allclose(Rescaling(1 / 127.5, -1)(pixels), pixels / 127.5 - 1, rtol=1e-5, atol=1e-6)


def test_one_scale_per_channel():
    x = images(2, 4, 4, 3)
    scale, offset = [0.5, 1.0, 2.0], [-1.0, 0.0, 3.0]
    layer = Rescaling(scale, offset)
    np.testing.assert_allclose(layer(x), x * np.float32(scale) + np.float32(offset), rtol=1e-6)
    assert again(layer).get_config() == layer.get_config()


def test_keras_saves_arrays_of_scales_in_a_form_of_its_own():
    saved = {"class_name": "__numpy__", "config": {"value": [1.0, 2.0], "dtype": "float32"}}
    layer = Rescaling.from_config({"scale": saved, "offset": 0.0})
    np.testing.assert_array_equal(layer.scale, [1.0, 2.0])
    assert layer.get_config()["scale"] == saved


def test_arrays_that_go_together_with_images():
    x = images(2, 4, 3, 2)
    scale, offset = images(4, 3, 2, seed=1), images(3, 1, seed=2)
    layer = Rescaling(scale, offset)
    np.testing.assert_allclose(layer(x), x * scale + offset, rtol=1e-5, atol=1e-6)
    assert again(layer).get_config() == layer.get_config()
    check_layer(layer, 2, 4, 3, 2)
    with pytest.raises(ValueError, match=r"scale does not go together with the images\n  expected: +numbers of"):
        layer(images(2, 5, 3, 2))


def test_channels_that_come_first():
    x = images(2, 3, 4, 5)
    config.set_image_data_format("channels_first")
    try:
        y = Rescaling([0.5, 1.0, 2.0], [1, 2, 3])(x)
        with pytest.raises(ValueError, match="3 numbers, one for each channel"):
            Rescaling([0.5] * 5)(x)
    finally:
        config.set_image_data_format("channels_last")
    along = (3, 1, 1)
    np.testing.assert_allclose(y, x * np.reshape([0.5, 1.0, 2.0], along) + np.reshape([1, 2, 3], along), rtol=1e-6)


def test_another_number_of_channels():
    assert error_of(lambda: Rescaling(1.0, [1, 2])(images(1, 4, 4, 3))) == [
        "Rescaling 'rescaling': offset has numbers for 2 channels",
        "  expected:    3 numbers, one for each channel",
        "  received:    2 numbers",
        "  input shape: (None, 4, 4, 3)",
        "  remedy:      one number for all channels: offset=1",
    ]


@pytest.mark.parametrize("scale", ["big", None, [[1.0], [2.0, 3.0]], float("nan")])
def test_wrong_scales(scale):
    with pytest.raises(ValueError, match="Rescaling 'rescaling': argument 'scale' is wrong"):
        Rescaling(scale)
