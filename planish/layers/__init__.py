"""Layers, with Keras's names, signatures and defaults."""

from typing import TYPE_CHECKING

from planish import absent
from planish.layers.activation import Activation
from planish.layers.activity_regularization import ActivityRegularization
from planish.layers.adaptive_average_pooling1d import AdaptiveAveragePooling1D
from planish.layers.adaptive_average_pooling2d import AdaptiveAveragePooling2D
from planish.layers.adaptive_average_pooling3d import AdaptiveAveragePooling3D
from planish.layers.adaptive_max_pooling1d import AdaptiveMaxPooling1D
from planish.layers.adaptive_max_pooling2d import AdaptiveMaxPooling2D
from planish.layers.adaptive_max_pooling3d import AdaptiveMaxPooling3D
from planish.layers.alpha_dropout import AlphaDropout
from planish.layers.average_pooling1d import AveragePooling1D
from planish.layers.average_pooling2d import AveragePooling2D
from planish.layers.average_pooling3d import AveragePooling3D
from planish.layers.base import operation as operation
from planish.layers.base.configuration import deserialize, serialize
from planish.layers.base.input_spec import InputSpec
from planish.layers.base.layer import Layer
from planish.layers.base.wrapper import Wrapper
from planish.layers.batch_normalization import BatchNormalization
from planish.layers.concatenate import Concatenate, concatenate
from planish.layers.conv1d import Conv1D
from planish.layers.conv1d_transpose import Conv1DTranspose
from planish.layers.conv2d import Conv2D
from planish.layers.conv2d_transpose import Conv2DTranspose
from planish.layers.conv3d import Conv3D
from planish.layers.cropping1d import Cropping1D
from planish.layers.cropping2d import Cropping2D
from planish.layers.cropping3d import Cropping3D
from planish.layers.dense import Dense
from planish.layers.depthwise_conv1d import DepthwiseConv1D
from planish.layers.depthwise_conv2d import DepthwiseConv2D
from planish.layers.dot import Dot, dot
from planish.layers.dropout import Dropout
from planish.layers.elu import ELU
from planish.layers.flatten import Flatten
from planish.layers.gaussian_dropout import GaussianDropout
from planish.layers.gaussian_noise import GaussianNoise
from planish.layers.global_average_pooling1d import GlobalAveragePooling1D
from planish.layers.global_average_pooling2d import GlobalAveragePooling2D
from planish.layers.global_average_pooling3d import GlobalAveragePooling3D
from planish.layers.global_max_pooling1d import GlobalMaxPooling1D
from planish.layers.global_max_pooling2d import GlobalMaxPooling2D
from planish.layers.global_max_pooling3d import GlobalMaxPooling3D
from planish.layers.group_normalization import GroupNormalization
from planish.layers.identity import Identity
from planish.layers.input_layer import Input, InputLayer
from planish.layers.lambda_layer import Lambda
from planish.layers.layer_normalization import LayerNormalization
from planish.layers.leaky_relu import LeakyReLU
from planish.layers.max_pooling1d import MaxPooling1D
from planish.layers.max_pooling2d import MaxPooling2D
from planish.layers.max_pooling3d import MaxPooling3D
from planish.layers.merge import (
    Add,
    Average,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    maximum,
    minimum,
    multiply,
    subtract,
)
from planish.layers.permute import Permute
from planish.layers.prelu import PReLU
from planish.layers.preprocessing.aug_mix import AugMix
from planish.layers.preprocessing.auto_contrast import AutoContrast
from planish.layers.preprocessing.center_crop import CenterCrop
from planish.layers.preprocessing.contrast_limited_adaptive_histogram_equalization import (
    ContrastLimitedAdaptiveHistogramEqualization,
)
from planish.layers.preprocessing.cut_mix import CutMix
from planish.layers.preprocessing.equalization import Equalization
from planish.layers.preprocessing.mix_up import MixUp
from planish.layers.preprocessing.normalization import Normalization
from planish.layers.preprocessing.pipeline import Pipeline
from planish.layers.preprocessing.rand_augment import RandAugment
from planish.layers.preprocessing.random_brightness import RandomBrightness
from planish.layers.preprocessing.random_color_degeneration import RandomColorDegeneration
from planish.layers.preprocessing.random_color_jitter import RandomColorJitter
from planish.layers.preprocessing.random_contrast import RandomContrast
from planish.layers.preprocessing.random_crop import RandomCrop
from planish.layers.preprocessing.random_elastic_transform import RandomElasticTransform
from planish.layers.preprocessing.random_erasing import RandomErasing
from planish.layers.preprocessing.random_flip import RandomFlip
from planish.layers.preprocessing.random_gaussian_blur import RandomGaussianBlur
from planish.layers.preprocessing.random_grayscale import RandomGrayscale
from planish.layers.preprocessing.random_hue import RandomHue
from planish.layers.preprocessing.random_invert import RandomInvert
from planish.layers.preprocessing.random_perspective import RandomPerspective
from planish.layers.preprocessing.random_posterization import RandomPosterization
from planish.layers.preprocessing.random_rotation import RandomRotation
from planish.layers.preprocessing.random_saturation import RandomSaturation
from planish.layers.preprocessing.random_sharpness import RandomSharpness
from planish.layers.preprocessing.random_shear import RandomShear
from planish.layers.preprocessing.random_translation import RandomTranslation
from planish.layers.preprocessing.random_zoom import RandomZoom
from planish.layers.preprocessing.rescaling import Rescaling
from planish.layers.preprocessing.resizing import Resizing
from planish.layers.preprocessing.solarization import Solarization
from planish.layers.relu import ReLU
from planish.layers.repeat_vector import RepeatVector
from planish.layers.reshape import Reshape
from planish.layers.rms_normalization import RMSNormalization
from planish.layers.separable_conv1d import SeparableConv1D
from planish.layers.separable_conv2d import SeparableConv2D
from planish.layers.softmax import Softmax
from planish.layers.spatial_dropout import SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from planish.layers.spectral_normalization import SpectralNormalization
from planish.layers.time_distributed import TimeDistributed
from planish.layers.unit_normalization import UnitNormalization
from planish.layers.up_sampling1d import UpSampling1D
from planish.layers.up_sampling2d import UpSampling2D
from planish.layers.up_sampling3d import UpSampling3D
from planish.layers.zero_padding1d import ZeroPadding1D
from planish.layers.zero_padding2d import ZeroPadding2D
from planish.layers.zero_padding3d import ZeroPadding3D

AvgPool1D = AveragePooling1D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalMaxPool1D = GlobalMaxPooling1D
MaxPool1D = MaxPooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
Convolution2D = Conv2D
Convolution1D = Conv1D
Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3D = Conv3D
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "Add",
    "AlphaDropout",
    "AugMix",
    "AutoContrast",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BatchNormalization",
    "CenterCrop",
    "Concatenate",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "CutMix",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dot",
    "Dropout",
    "Equalization",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNormalization",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "Minimum",
    "MixUp",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "Pipeline",
    "RMSNormalization",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "Softmax",
    "Solarization",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "Subtract",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "Wrapper",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("layers")
