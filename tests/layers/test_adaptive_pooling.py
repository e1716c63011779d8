"""Adaptive pooling of sequences, images and volumes: window by window, as PyTorch and Keras define it."""

import itertools

import numpy as np
import pytest

from planish import layers
from planish.layers import AdaptiveAveragePooling1D, AdaptiveAveragePooling2D, AdaptiveMaxPooling2D

from .support import again, compiled_as_interpreted, error_of, images

REDUCTIONS = {"Average": np.mean, "Max": np.max}
SIZE = (5, 9, 12)
COUNTS = {1: [1, 3, 4, 5, 12, 17], 2: [3, (9, 1), (4, 7), (12, 6)], 3: [2, (5, 3, 4), (3, 4, 14)]}
EVERY = [(kind, rank, count) for kind in REDUCTIONS for rank, counts in COUNTS.items() for count in counts]


def pooled(x, counts, reduce):
    """The definition."""
    space = x.shape[1:-1]
    y = np.zeros((len(x), *counts, x.shape[-1]))
    for place in itertools.product(*map(range, counts)):
        window = tuple(
            slice(i * extent // count, -(-(i + 1) * extent // count))
            for i, extent, count in zip(place, space, counts, strict=True)
        )
        y[(slice(None), *place)] = reduce(x[(slice(None), *window)], axis=tuple(range(1, x.ndim - 1)))
    return y


@pytest.mark.parametrize(("kind", "rank", "count"), EVERY)
def test_windows(kind, rank, count):
    x = images(2, *SIZE[-rank:], 3)
    layer_class = getattr(layers, f"Adaptive{kind}Pooling{rank}D")
    layer = layer_class(count)
    counts = (count,) * rank if isinstance(count, int) else count
    expected = pooled(x, counts, REDUCTIONS[kind])
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-6)
    assert layer.output_size == counts
    assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *counts, 3)
    assert layer.compute_output_shape((None, *[None] * rank, 3)) == (None, *counts, 3)
    first = layer_class(count, data_format="channels_first")
    moved = first(np.moveaxis(x, -1, 1))
    np.testing.assert_allclose(moved, np.moveaxis(expected, -1, 1), rtol=1e-5, atol=1e-6)
    assert again(first).get_config() == first.get_config()


@pytest.mark.parametrize("kind", REDUCTIONS)
@pytest.mark.parametrize("count", [(3, 4), (4, 7), (11, 35)])
def test_compiled(kind, count):
    compiled_as_interpreted(getattr(layers, f"Adaptive{kind}Pooling2D")(count), 3, 9, 12, 3)


def test_compiled_for_volumes():
    compiled_as_interpreted(layers.AdaptiveMaxPooling3D((2, 3, 2)), 3, 5, 6, 4, 2)


def test_names():
    assert AdaptiveMaxPooling2D(2).name == "adaptive_max_pooling2d"
    assert AdaptiveAveragePooling1D(2).name == "adaptive_average_pooling1d"


@pytest.mark.parametrize("count", [0, -1, 2.5, None, (None, 3), "7", (1, 2, 3)], ids=repr)
def test_wrong_sizes(count):
    assert error_of(lambda: AdaptiveAveragePooling2D(count)) == [
        "AdaptiveAveragePooling2D 'adaptive_average_pooling2d': argument 'output_size' is wrong",
        "  expected: an integer, 1 or more, or two of them (height, width)",
        f"  received: {count!r}",
    ]
