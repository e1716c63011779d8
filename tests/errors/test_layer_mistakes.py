"""Layers that do not fit together: one mistake a test, with the whole message."""

import numpy as np
import pytest

from planish.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
    Permute,
    Reshape,
)
from planish.models import Sequential


def refused(run, *lines, error=ValueError):
    """`run()` raises the error with exactly these lines."""
    with pytest.raises(error) as caught:
        run()
    assert str(caught.value).splitlines() == list(lines)


def remedy_of(run):
    with pytest.raises((ValueError, TypeError)) as caught:
        run()
    return str(caught.value).partition("  remedy:")[2].strip()


def test_a_dense_layer_of_another_model():
    head = Dense(10)
    Sequential([Input((28, 28, 1)), Conv2D(2, 3), Flatten(), Dropout(0.5), head])
    refused(
        lambda: Sequential([Input((32, 32, 1)), Flatten(), head]),
        "Dense 'dense': the layer was built for another number of features",
        "  expected:    1,352 features (Flatten of 26x26x2, from 28x28x1 images)",
        "  received:    1,024 features (Flatten of 32x32x1)",
        "  input shape: (None, 1024)",
        "  shapes:      (None, 32, 32, 1) -> Flatten 'flatten_1' (None, 1024) -> Dense 'dense'",
        "  remedy:      a new layer in place of Dense 'dense': Dense(10)",
        "               or images like those that it was built for: Input((28, 28, 1))",
    )


def test_a_dense_layer_behind_another_one():
    head = Dense(10)
    Sequential([Input((784,)), Dense(64), head])
    refused(
        lambda: Sequential([Input((784,)), Dense(32), head]),
        "Dense 'dense': the layer was built for another number of features",
        "  expected:    64 features (Dense 'dense_1')",
        "  received:    32 features (Dense 'dense_2')",
        "  input shape: (None, 32)",
        "  shapes:      (None, 784) -> Dense 'dense_2' (None, 32) -> Dense 'dense'",
        "  remedy:      a new layer in place of Dense 'dense': Dense(10)",
    )


@pytest.mark.parametrize(
    ("layer", "fresh"), [(Conv2D(4, 3), "Conv2D(4, (3, 3))"), (BatchNormalization(), "BatchNormalization()")]
)
def test_a_layer_for_other_channels(layer, fresh):
    Sequential([Input((8, 8, 1)), layer])
    refused(
        lambda: Sequential([Input((8, 8, 3)), layer]),
        f"{layer.label}: the layer was built for another number of channels",
        "  expected:    1 channel (8x8x1 images)",
        "  received:    3 channels (8x8x3 images)",
        "  input shape: (None, 8, 8, 3)",
        f"  shapes:      (None, 8, 8, 3) -> {layer.label}",
        f"  remedy:      a new layer in place of {layer.label}: {fresh}",
        "               or images like those that it was built for: Input((8, 8, 1))",
    )


def test_a_convolution_after_flatten():
    refused(
        lambda: Sequential([Input((28, 28, 1)), Flatten(), Conv2D(8, 3)]),
        "Conv2D 'conv2d': the input has the wrong rank",
        "  expected:    rank 4: (batch, height, width, channels)",
        "  received:    rank 2",
        "  input shape: (None, 784)",
        "  shapes:      (None, 28, 28, 1) -> Flatten 'flatten' (None, 784) -> Conv2D 'conv2d'",
        "  remedy:      put Conv2D 'conv2d' in front of Flatten 'flatten'",
        "               or turn the vectors back into maps after it: Reshape((28, 28, 1))",
    )


@pytest.mark.parametrize(
    ("layers", "remedy"),
    [
        (lambda: [Flatten(), Dense(16), Conv2D(8, 3)], "put Conv2D 'conv2d' in front of Flatten 'flatten'"),
        (
            lambda: [Flatten(), GlobalAveragePooling2D()],
            "leave Flatten 'flatten' out: GlobalAveragePooling2D() takes its place",
        ),
        (
            lambda: [GlobalAveragePooling2D(), MaxPooling2D()],
            "put MaxPooling2D 'max_pooling2d' in front of GlobalAveragePooling2D 'global_average_pooling2d'",
        ),
        (lambda: [Permute((2, 1))], "dims=(1, 2, 3) in the order that you want"),
        (lambda: [Reshape((7, 7))], "Reshape((7, 112))"),
        (lambda: [Reshape((300,))], "Flatten(), or Reshape((784,))"),
        (lambda: [Reshape((-1, 100))], "Flatten(), or a shape of 784 numbers"),
        (lambda: [Conv2D(6, 3, groups=2)], "groups=1"),
        (
            lambda: [BatchNormalization(axis=4)],
            "axis=-1, where the channels are (axis=1 with data_format='channels_first')",
        ),
        (lambda: [MaxPooling2D(32)], "pool_size=(28, 28), or padding='same', or larger images"),
    ],
)
def test_remedies(layers, remedy):
    assert remedy_of(lambda: Sequential([Input((28, 28, 1)), *layers()])) == remedy


def test_vectors_for_a_convolution():
    assert remedy_of(lambda: Sequential([Input((784,)), Conv2D(8, 3)])) == (
        "turn the vectors into images first: Reshape((28, 28, 1))"
    )


@pytest.mark.parametrize(
    ("layers", "remedy"),
    [
        (lambda: [Conv2D(8, 3, input_shape=(28, 28))], "input_shape=(28, 28, 1), and x[..., None] for the images"),
        (lambda: [Input((28, 28)), Conv2D(8, 3)], "Input((28, 28, 1)), and x[..., None] for the images"),
        (
            lambda: [Input((28, 28)), Conv2D(8, 3, data_format="channels_first")],
            "Input((1, 28, 28)), and x[:, None] for the images",
        ),
        (
            lambda: [Conv2D(8, 3, input_shape=(60000, 28, 28, 1))],
            "leave the number of images out: input_shape=(28, 28, 1)",
        ),
        (lambda: [Input((None, 28, 28, 1)), Conv2D(8, 3)], "leave the batch axis out: Input((28, 28, 1))"),
        (lambda: [Input(28, 28, 1)], "Input((28, 28, 1))"),
    ],
)
def test_input_shapes(layers, remedy):
    assert remedy_of(lambda: Sequential(layers())) == remedy


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28)])
def test_channels_first_in_a_model_of_channels_last(shape):
    channels, size, _ = shape
    refused(
        lambda: Sequential([Input(shape), Conv2D(8, 5)]),
        f"Conv2D 'conv2d': the kernel spans 5x5 pixels, more than the {channels}x{size} of its input",
        f"  rule:        images are (height, width, channels): {shape} are "
        f"{channels} row{'s' * (channels > 1)} of {size} pixels",
        "  expected:    a map of 5x5 or more",
        f"  received:    {channels}x{size}",
        f"  input shape: (None, {channels}, {size}, {size})",
        f"  shapes:      (None, {channels}, {size}, {size}) -> Conv2D 'conv2d'",
        f"  remedy:      Input(({size}, {size}, {channels})), and np.moveaxis(x, 1, -1) for the images",
        "               or data_format='channels_first' in every layer that has it",
    )


def test_the_pooling_may_be_the_first_to_notice():
    told = remedy_of(lambda: Sequential([Input((3, 32, 32)), Conv2D(8, 3), MaxPooling2D()]))
    assert told.startswith("Input((32, 32, 3))")


def test_channels_last_in_a_model_of_channels_first():
    told = remedy_of(lambda: Sequential([Input((28, 28, 1)), Conv2D(8, 3, data_format="channels_first")]))
    assert told.splitlines()[0] == "leave data_format='channels_first' out"


def test_small_images_are_no_channels():
    told = remedy_of(lambda: Sequential([Input((4, 7, 7)), Conv2D(8, 5)]))
    assert told == "padding='same', or kernel_size=(4, 5), or larger images"


def test_a_model_inside_a_model():
    inner = Sequential([Input((28, 28, 1)), Flatten()], name="inner")
    refused(
        lambda: Sequential([Input((32, 32, 1)), inner]),
        "Sequential 'inner': the model was made for inputs with another shape",
        "  expected:    (None, 28, 28, 1), its own Input",
        "  received:    (None, 32, 32, 1)",
        "  input shape: (None, 32, 32, 1)",
        "  shapes:      (None, 32, 32, 1) -> Sequential 'inner'",
        "  remedy:      Input((28, 28, 1)) for the model around it, or a new model with Input((32, 32, 1))",
    )


def test_the_remedy_works_for_a_model_that_takes_its_shape_from_data():
    inner = Sequential([Flatten(), Dense(3, name="inner")])
    model = Sequential([Conv2D(2, 3, name="convolution"), inner])
    x = np.zeros((4, 8, 8), np.float32)
    assert remedy_of(lambda: model.predict(x, verbose=0)) == "Input((8, 8, 1)), and x[..., None] for the images"
    assert model.predict(x[..., None], verbose=0).shape == (4, 3)


def test_layers_that_were_built_by_a_failed_build_are_as_before():
    kept = Dense(5)
    kept.build((None, 50))
    inner = Sequential([Conv2D(2, 3), Flatten()])
    model = Sequential([inner, kept])
    assert remedy_of(lambda: model.build((None, 9, 9, 1))).startswith("a new layer")
    assert not inner.built
    assert inner.layers[0].weights == []
    assert kept.built
    model.build((None, 7, 7, 1))
    assert model.output_shape == (None, 5)
