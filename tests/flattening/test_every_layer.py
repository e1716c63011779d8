"""Receptive fields through every layer there is: a new one has to be known here, and by planish/flattening/reach.py."""

import pytest

import planish
from planish import layers

LAYERS = {
    "ELU": (layers.ELU(), 1),
    "Activation": (layers.Activation("gelu"), 1),
    "AveragePooling2D": (layers.AveragePooling2D(2), 2),
    "BatchNormalization": (layers.BatchNormalization(), 1),
    "Conv2D": (layers.Conv2D(3, 3, activation="swish"), 3),
    "Conv2DTranspose": (layers.Conv2DTranspose(3, 4, strides=2, padding="same", output_padding=1), 1),
    "Dense": (layers.Dense(4, activation="softmax"), 1),
    "DepthwiseConv2D": (layers.DepthwiseConv2D((2, 3), dilation_rate=(3, 1), depth_multiplier=2), 4),
    "Dropout": (layers.Dropout(0.5), 1),
    "Flatten": (layers.Flatten(name="one"), 1),
    "GlobalAveragePooling2D": (layers.GlobalAveragePooling2D(), 6),
    "GlobalMaxPooling2D": (layers.GlobalMaxPooling2D(keepdims=True), 6),
    "LeakyReLU": (layers.LeakyReLU(), 1),
    "MaxPooling2D": (layers.MaxPooling2D((2, 1)), 2),
    "Permute": (layers.Permute((3, 1, 2)), 1),
    "ReLU": (layers.ReLU(max_value=6.0, negative_slope=0.1), 1),
    "Rescaling": (layers.Rescaling([0.5, 2.0]), 1),
    "Reshape": (layers.Reshape((-1, 2)), 1),
    "SeparableConv2D": (layers.SeparableConv2D(3, (2, 3), strides=2, activation="relu"), 2),
    "Softmax": (layers.Softmax(axis=1), 6),
    "ZeroPadding2D": (layers.ZeroPadding2D(((0, 1), (0, 0))), 1),
}
SEQUENCES = {
    "Conv1D": (layers.Conv1D(3, 3, padding="causal", dilation_rate=2), [4, 6, 8]),
    "Conv1DTranspose": (layers.Conv1DTranspose(3, 3, strides=2), [3, 4]),
    "DepthwiseConv1D": (layers.DepthwiseConv1D(2, depth_multiplier=2, activation="relu"), [8, 9]),
    "SeparableConv1D": (layers.SeparableConv1D(3, 3, padding="same"), [7, 8, 9]),
}
MERGING = {
    "Add": (layers.Add(), slice(0, 3)),
    "Average": (layers.Average(), slice(0, 3)),
    "Concatenate": (layers.Concatenate(axis=1), slice(1, 2)),  # below one another, the image first
    "Dot": (layers.Dot(axes=(1, 1)), slice(0, 6)),  # over all rows
    "Maximum": (layers.Maximum(), slice(0, 3)),
    "Minimum": (layers.Minimum(), slice(0, 3)),
    "Multiply": (layers.Multiply(), slice(0, 3)),
    "Subtract": (layers.Subtract(), slice(0, 3)),
}
BASES = {"Input", "InputLayer", "InputSpec", "Layer"}


def test_every_layer_is_here():
    named = {getattr(layers, name) for name in set(layers.__all__) - BASES}
    classes = {value for value in named if isinstance(value, type)}
    assert classes == {type(layer) for layer, _ in [*LAYERS.values(), *SEQUENCES.values(), *MERGING.values()]}


@pytest.mark.parametrize("name", LAYERS)
def test_rows_that_the_first_feature_sees(name):
    layer, rows = LAYERS[name]
    model = planish.Sequential([planish.Input((6, 5, 2)), layer, layers.Flatten(name="last")])
    assert model.flatten_map("last").receptive_field(0).rows == slice(0, rows)


@pytest.mark.parametrize("name", SEQUENCES)
def test_steps_that_the_second_feature_of_the_ninth_step_sees(name):
    layer, steps = SEQUENCES[name]
    model = planish.Sequential([planish.Input((12, 2)), layer, layers.Flatten(name="last")])
    flat = model.flatten_map("last")
    seen = flat.receptive_field(flat.index(8, 1))
    assert (seen.rows, seen.columns) == (slice(steps[0], steps[-1] + 1), slice(0, 1 if "Depthwise" in name else 2))


@pytest.mark.parametrize("name", MERGING)
def test_rows_that_a_feature_in_the_second_row_sees_on_both_ways(name):
    layer, rows = MERGING[name]
    image = planish.Input((6, 5, 2))
    seen = layers.Conv2D(2, 3, padding="same")(image)
    model = planish.Model(image, layers.Flatten(name="last")(layer([image, seen])))
    flat = model.flatten_map("last")
    assert flat.receptive_field(flat.index(*[1, 1, 0, 0][: len(flat.extents)])).rows == rows
