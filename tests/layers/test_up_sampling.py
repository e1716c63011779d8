"""UpSampling of sequences, images and volumes."""

import numpy as np
import pytest

from planish import layers
from planish.layers import UpSampling1D, UpSampling2D, UpSampling3D
from planish.utils import resizing

from .support import again, compiled_as_interpreted, error_of, images

SIZE = (2, 4, 3)


def enlarged(x, sizes, first):
    for axis, size in enumerate(sizes, 2 if first else 1):
        x = np.repeat(x, size, axis)
    return x


@pytest.mark.parametrize(("rank", "size"), [(1, 3), (2, 2), (2, (1, 3)), (3, 2), (3, (3, 1, 2))])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_each_element_several_times(rank, size, data_format):
    first = data_format == "channels_first"
    x = images(2, 5, *SIZE[-rank:]) if first else images(2, *SIZE[-rank:], 5)
    if rank == 1 and first:
        return  # Keras's layer takes no data format
    layer = UpSampling1D(size) if rank == 1 else getattr(layers, f"UpSampling{rank}D")(size, data_format)
    expected = enlarged(x, (size,) * rank if isinstance(size, int) else size, first)
    np.testing.assert_array_equal(layer(x), expected)
    assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *expected.shape[1:])
    assert again(layer).get_config() == layer.get_config()


@pytest.mark.parametrize(
    "layer", [UpSampling1D(3), UpSampling2D((2, 3)), UpSampling3D((2, 1, 3)), UpSampling2D(2, None, "bicubic")]
)
def test_compiled(layer):
    compiled_as_interpreted(layer, 3, *SIZE[-layer.rank :], 5)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"])
def test_interpolations(interpolation):
    x = images(2, 4, 3, 5)
    layer = UpSampling2D((3, 2), interpolation=interpolation.upper())
    expected = [resizing.resized(image, (12, 6), interpolation) for image in x]
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-6)
    moved = UpSampling2D((3, 2), "channels_first", interpolation)(x.transpose(0, 3, 1, 2))
    np.testing.assert_allclose(moved, np.transpose(expected, (0, 3, 1, 2)), rtol=1e-5, atol=1e-6)
    assert layer.get_config()["interpolation"] == interpolation


def test_names_and_defaults():
    made = [UpSampling1D(), UpSampling2D(), UpSampling3D()]
    assert [layer.size for layer in made] == [2, (2, 2), (2, 2, 2)]
    assert [layer.name for layer in made] == ["up_sampling1d", "up_sampling2d", "up_sampling3d"]
    assert "data_format" not in made[0].get_config()


@pytest.mark.parametrize("size", [0, -1, 1.5, None, "2", (1, 2, 3, 4)], ids=repr)
@pytest.mark.parametrize("layer_class", [UpSampling1D, UpSampling2D, UpSampling3D])
def test_wrong_sizes(layer_class, size):
    with pytest.raises(ValueError, match="argument 'size' is wrong"):
        layer_class(size)


def test_an_interpolation_that_there_is_not():
    lines = error_of(lambda: UpSampling2D(interpolation="bilinaer"))
    assert lines[0] == "unknown interpolation of UpSampling2D 'up_sampling2d' 'bilinaer'"
    assert "did you mean 'bilinear'?" in lines[-1]
