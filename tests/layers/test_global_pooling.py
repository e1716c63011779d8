"""Global pooling of sequences and images."""

import numpy as np
import pytest

from planish import layers
from planish.layers import GlobalAvgPool1D, GlobalAvgPool2D, GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPooling2D

from .support import again, compiled_as_interpreted, images

REDUCTIONS = {"Average": np.mean, "Max": np.max}
EVERY = [(kind, rank) for kind in REDUCTIONS for rank in (1, 2)]
SIZE = (5, 6, 3)


def layer_class(kind, rank):
    return getattr(layers, f"Global{kind}Pooling{rank}D")


@pytest.mark.parametrize(("kind", "rank"), EVERY)
@pytest.mark.parametrize("keepdims", [False, True])
def test_one_number_per_channel(kind, rank, keepdims):
    x = images(2, *SIZE[-rank - 1 :])
    layer = layer_class(kind, rank)(keepdims=keepdims)
    expected = REDUCTIONS[kind](x, axis=tuple(range(1, rank + 1)), keepdims=keepdims)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *expected.shape[1:])
    assert layer.compute_output_shape((None, *[None] * rank, 3)) == (None, *expected.shape[1:])


@pytest.mark.parametrize(("kind", "rank"), EVERY)
def test_channels_first(kind, rank):
    x = images(2, 3, *SIZE[:rank])
    layer = layer_class(kind, rank)(data_format="channels_first")
    np.testing.assert_allclose(layer(x), REDUCTIONS[kind](x, axis=tuple(range(2, rank + 2))), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("kind", "rank"), EVERY)
def test_compiled(kind, rank):
    compiled_as_interpreted(layer_class(kind, rank)(), 5, *SIZE[-rank - 1 :])


@pytest.mark.parametrize(("kind", "rank"), EVERY)
def test_names_and_config(kind, rank):
    layer = layer_class(kind, rank)(keepdims=True)
    assert layer.name == f"global_{kind.lower()}_pooling{rank}d"
    assert layer.get_config()["keepdims"] is True
    assert again(layer).get_config() == layer.get_config()
    assert layer.built


def test_short_names():
    assert GlobalAvgPool1D is layers.GlobalAveragePooling1D
    assert GlobalAvgPool2D is layers.GlobalAveragePooling2D
    assert GlobalMaxPool1D is layers.GlobalMaxPooling1D
    assert GlobalMaxPool2D is layers.GlobalMaxPooling2D


def test_wrong_rank():
    with pytest.raises(ValueError, match=r"GlobalMaxPooling2D 'global_max_pooling2d': the input has the wrong rank"):
        GlobalMaxPooling2D()(images(1, 100))
