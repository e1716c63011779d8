"""GlobalAveragePooling2D and GlobalMaxPooling2D."""

import numpy as np
import pytest

from planish.layers import GlobalAveragePooling2D, GlobalAvgPool2D, GlobalMaxPool2D, GlobalMaxPooling2D

from .support import again, images

BOTH = [(GlobalAveragePooling2D, np.mean), (GlobalMaxPooling2D, np.max)]


@pytest.mark.parametrize(("layer_class", "reduce"), BOTH)
@pytest.mark.parametrize("keepdims", [False, True])
def test_one_number_per_channel(layer_class, reduce, keepdims):
    x = images(2, 5, 6, 3)
    layer = layer_class(keepdims=keepdims)
    expected = reduce(x, axis=(1, 2), keepdims=keepdims)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, 5, 6, 3)) == (None, *expected.shape[1:])


@pytest.mark.parametrize(("layer_class", "reduce"), BOTH)
def test_channels_first(layer_class, reduce):
    x = images(2, 3, 5, 6)
    layer = layer_class(data_format="channels_first")
    np.testing.assert_allclose(layer(x), reduce(x, axis=(2, 3)), rtol=1e-5, atol=1e-6)


def test_names_and_config():
    assert GlobalAvgPool2D is GlobalAveragePooling2D
    assert GlobalMaxPool2D is GlobalMaxPooling2D
    layer = GlobalAveragePooling2D(keepdims=True)
    assert layer.name == "global_average_pooling2d"
    assert layer.get_config()["keepdims"] is True
    assert again(layer).get_config() == layer.get_config()


def test_wrong_rank():
    with pytest.raises(ValueError, match=r"GlobalMaxPooling2D 'global_max_pooling2d': the input has the wrong rank"):
        GlobalMaxPooling2D()(images(1, 100))
