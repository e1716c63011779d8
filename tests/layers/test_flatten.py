import numpy as np
import pytest

from planish.layers import Flatten

from .support import again, images


def test_images_become_rows():
    x = images(32, 8, 8, 16)
    y = Flatten()(x)
    assert y.shape == (32, 1024)
    np.testing.assert_array_equal(y, x.reshape(32, 1024))


def test_channels_first_is_moved_to_channels_last_before_joining():
    x = images(2, 3, 4, 5)
    np.testing.assert_array_equal(Flatten(data_format="channels_first")(x), x.transpose(0, 2, 3, 1).reshape(2, 60))


def test_rows_stay_and_numbers_become_rows():
    x = images(6, 7)
    np.testing.assert_array_equal(Flatten(data_format="channels_first")(x), x)
    np.testing.assert_array_equal(Flatten()(x[:, 0]), x[:, :1])


def test_names_shapes_and_config():
    layer = Flatten()
    assert (layer.name, Flatten().name) == ("flatten", "flatten_1")
    assert layer.compute_output_shape((None, 5, 5, 64)) == (None, 1600)
    assert layer.compute_output_shape((32, 5)) == (32, 5)
    assert again(layer).get_config() == layer.get_config()
    assert layer.get_config()["data_format"] == "channels_last"
    assert layer.weights == []


def test_sizes_that_come_with_the_data():
    assert Flatten().compute_output_shape((None, None, None, 3)) == (None, None)
    assert Flatten().compute_output_shape((None, 4, 5, 3)) == (None, 60)


def test_unknown_data_format():
    with pytest.raises(ValueError, match="unknown data_format of Flatten 'flatten' 'channel_last'"):
        Flatten(data_format="channel_last")
