"""Receptive fields through every layer there is: a new one has to be known here, and by planish/flattening/reach.py."""

import pytest

import planish
from planish import layers

LAYERS = {
    "ELU": (layers.ELU(), 1),
    "Activation": (layers.Activation("gelu"), 1),
    "AdaptiveAveragePooling2D": (layers.AdaptiveAveragePooling2D((4, 1)), 2),
    "AdaptiveMaxPooling2D": (layers.AdaptiveMaxPooling2D((2, 5)), 3),
    "ActivityRegularization": (layers.ActivityRegularization(0.1), 1),
    "AlphaDropout": (layers.AlphaDropout(0.5), 1),
    "GaussianDropout": (layers.GaussianDropout(0.5), 1),
    "GaussianNoise": (layers.GaussianNoise(0.5), 1),
    "GroupNormalization": (layers.GroupNormalization(-1), 6),
    "LayerNormalization": (layers.LayerNormalization(axis=[1, 2, 3]), 6),
    "Normalization": (layers.Normalization(), 1),
    "RMSNormalization": (layers.RMSNormalization(axis=1), 6),
    "SpectralNormalization": (layers.SpectralNormalization(layers.Conv2D(3, 3)), 3),
    "UnitNormalization": (layers.UnitNormalization(), 1),
    "PReLU": (layers.PReLU(shared_axes=[1, 2]), 1),
    "SpatialDropout2D": (layers.SpatialDropout2D(0.5), 1),
    "AveragePooling2D": (layers.AveragePooling2D(2), 2),
    "BatchNormalization": (layers.BatchNormalization(), 1),
    "Conv2D": (layers.Conv2D(3, 3, activation="swish"), 3),
    "Conv2DTranspose": (layers.Conv2DTranspose(3, 4, strides=2, padding="same", output_padding=1), 1),
    "Cropping2D": (layers.Cropping2D(((2, 1), (0, 1))), slice(2, 3)),
    "Dense": (layers.Dense(4, activation="softmax"), 1),
    "DepthwiseConv2D": (layers.DepthwiseConv2D((2, 3), dilation_rate=(3, 1), depth_multiplier=2), 4),
    "Dropout": (layers.Dropout(0.5), 1),
    "CenterCrop": (layers.CenterCrop(5, 2), 1),
    "Flatten": (layers.Flatten(name="one"), 1),
    "GlobalAveragePooling2D": (layers.GlobalAveragePooling2D(), 6),
    "GlobalMaxPooling2D": (layers.GlobalMaxPooling2D(keepdims=True), 6),
    "Identity": (layers.Identity(), 1),
    "Lambda": (layers.Lambda(lambda x: x[:, 1:] * 2.0), slice(1, 2)),
    "LeakyReLU": (layers.LeakyReLU(), 1),
    "MaxPooling2D": (layers.MaxPooling2D((2, 1)), 2),
    "Permute": (layers.Permute((3, 1, 2)), 1),
    "AutoContrast": (layers.AutoContrast(), 6),
    "CutMix": (layers.CutMix(), 1),
    "MixUp": (layers.MixUp(), 1),
    "ContrastLimitedAdaptiveHistogramEqualization": (layers.ContrastLimitedAdaptiveHistogramEqualization(), 6),
    "Equalization": (layers.Equalization(), 1),
    "RandomGaussianBlur": (layers.RandomGaussianBlur(), 1),
    "RandomInvert": (layers.RandomInvert(), 1),
    "RandomPosterization": (layers.RandomPosterization(3), 1),
    "RandomSharpness": (layers.RandomSharpness(0.5), 1),
    "Solarization": (layers.Solarization(), 1),
    "RandomBrightness": (layers.RandomBrightness(0.5), 1),
    "RandomContrast": (layers.RandomContrast(0.5), 1),
    "RandomCrop": (layers.RandomCrop(3, 2), 2),
    "Pipeline": (layers.Pipeline([layers.RandomFlip(), layers.CenterCrop(4, 4)]), slice(1, 2)),
    "RandomErasing": (layers.RandomErasing(), 1),
    "RandomFlip": (layers.RandomFlip(), 1),
    "RandomRotation": (layers.RandomRotation(0.2), 1),
    "RandomPerspective": (layers.RandomPerspective(), 1),
    "RandomElasticTransform": (layers.RandomElasticTransform(), 1),
    "RandomShear": (layers.RandomShear(0.2), 1),
    "RandomTranslation": (layers.RandomTranslation(0.2, 0.2), 1),
    "RandomZoom": (layers.RandomZoom(0.2), 1),
    "ReLU": (layers.ReLU(max_value=6.0, negative_slope=0.1), 1),
    "Rescaling": (layers.Rescaling([0.5, 2.0]), 1),
    "Resizing": (layers.Resizing(3, 5), 2),
    "Reshape": (layers.Reshape((-1, 2)), 1),
    "SeparableConv2D": (layers.SeparableConv2D(3, (2, 3), strides=2, activation="relu"), 2),
    "Softmax": (layers.Softmax(axis=1), 6),
    "UpSampling2D": (layers.UpSampling2D(3, interpolation="bilinear"), 1),
    "ZeroPadding2D": (layers.ZeroPadding2D(((0, 1), (0, 0))), 1),
}
SEQUENCES = {
    "Conv1D": (layers.Conv1D(3, 3, padding="causal", dilation_rate=2), [4, 6, 8]),
    "Conv1DTranspose": (layers.Conv1DTranspose(3, 3, strides=2), [3, 4]),
    "DepthwiseConv1D": (layers.DepthwiseConv1D(2, depth_multiplier=2, activation="relu"), [8, 9]),
    "SeparableConv1D": (layers.SeparableConv1D(3, 3, padding="same"), [7, 8, 9]),
}
OTHERS = {  # on sequences and volumes: how much of the first axis the first feature sees
    "AdaptiveAveragePooling1D": (layers.AdaptiveAveragePooling1D(4), (6, 2), 2),
    "AdaptiveAveragePooling3D": (layers.AdaptiveAveragePooling3D((4, 1, 1)), (6, 5, 4, 2), 2),
    "AdaptiveMaxPooling1D": (layers.AdaptiveMaxPooling1D(2), (6, 2), 3),
    "AdaptiveMaxPooling3D": (layers.AdaptiveMaxPooling3D(2), (6, 5, 4, 2), 3),
    "AveragePooling1D": (layers.AveragePooling1D(2), (6, 2), 2),
    "Conv3D": (layers.Conv3D(3, (3, 2, 2), strides=(2, 1, 1)), (6, 5, 4, 2), 3),
    "AveragePooling3D": (layers.AveragePooling3D((2, 1, 3)), (6, 5, 4, 2), 2),
    "GlobalAveragePooling3D": (layers.GlobalAveragePooling3D(), (6, 5, 4, 2), 6),
    "GlobalMaxPooling3D": (layers.GlobalMaxPooling3D(keepdims=True), (6, 5, 4, 2), 6),
    "MaxPooling3D": (layers.MaxPooling3D((3, 2, 2), 1), (6, 5, 4, 2), 3),
    "Cropping1D": (layers.Cropping1D((2, 0)), (6, 2), slice(2, 3)),
    "Cropping3D": (layers.Cropping3D(), (6, 5, 4, 2), slice(1, 2)),
    "GlobalAveragePooling1D": (layers.GlobalAveragePooling1D(), (6, 2), 6),
    "GlobalMaxPooling1D": (layers.GlobalMaxPooling1D(), (6, 2), 6),
    "MaxPooling1D": (layers.MaxPooling1D(3, 1), (6, 2), 3),
    "RandAugment": (layers.RandAugment(), (6, 5, 3), 1),
    "AugMix": (layers.AugMix(), (6, 5, 3), 1),
    "RandomColorDegeneration": (layers.RandomColorDegeneration(0.5), (6, 5, 3), 1),
    "RandomColorJitter": (layers.RandomColorJitter(brightness_factor=0.1), (6, 5, 3), 1),
    "RandomGrayscale": (layers.RandomGrayscale(), (6, 5, 3), 1),
    "RandomHue": (layers.RandomHue(0.5), (6, 5, 3), 1),
    "RandomSaturation": (layers.RandomSaturation(0.5), (6, 5, 3), 1),
    "RepeatVector": (layers.RepeatVector(2), (6,), 1),
    "SpatialDropout1D": (layers.SpatialDropout1D(0.5), (6, 2), 1),
    "SpatialDropout3D": (layers.SpatialDropout3D(0.5), (6, 5, 4, 2), 1),
    "TimeDistributed": (layers.TimeDistributed(layers.Conv2D(2, 3)), (6, 5, 4, 2), 1),
    "UpSampling1D": (layers.UpSampling1D(2), (6, 2), 1),
    "UpSampling3D": (layers.UpSampling3D((1, 2, 3)), (6, 5, 4, 2), 1),
    "ZeroPadding1D": (layers.ZeroPadding1D((0, 2)), (6, 2), 1),
    "ZeroPadding3D": (layers.ZeroPadding3D(((0, 1), (0, 0), (0, 2))), (6, 5, 4, 2), 1),
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
BASES = {"Input", "InputLayer", "InputSpec", "Layer", "Wrapper"}


def test_every_layer_is_here():
    named = {getattr(layers, name) for name in set(layers.__all__) - BASES}
    classes = {value for value in named if isinstance(value, type)}
    rows = [*LAYERS.values(), *SEQUENCES.values(), *OTHERS.values(), *MERGING.values()]
    assert classes == {type(layer) for layer, *_ in rows}


@pytest.mark.parametrize("name", LAYERS)
def test_rows_that_the_first_feature_sees(name):
    layer, rows = LAYERS[name]
    model = planish.Sequential([planish.Input((6, 5, 2)), layer, layers.Flatten(name="last")])
    expected = rows if isinstance(rows, slice) else slice(0, rows)
    assert model.flatten_map("last").receptive_field(0).rows == expected


@pytest.mark.parametrize("name", OTHERS)
def test_what_the_first_feature_sees_of_a_sequence_or_a_volume(name):
    layer, shape, seen = OTHERS[name]
    model = planish.Sequential([planish.Input(shape), layer, layers.Flatten(name="last")])
    expected = seen if isinstance(seen, slice) else slice(0, seen)
    assert model.flatten_map("last").receptive_field(0).slices[0] == expected


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
