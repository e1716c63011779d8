"""Layers, with Keras's names, signatures and defaults."""

from typing import TYPE_CHECKING

from planish import absent
from planish.layers import operation as operation  # what operations on symbolic tensors become
from planish.layers.activation import Activation
from planish.layers.average_pooling2d import AveragePooling2D
from planish.layers.batch_normalization import BatchNormalization
from planish.layers.concatenate import Concatenate, concatenate
from planish.layers.configuration import deserialize, serialize
from planish.layers.conv1d import Conv1D
from planish.layers.conv1d_transpose import Conv1DTranspose
from planish.layers.conv2d import Conv2D
from planish.layers.conv2d_transpose import Conv2DTranspose
from planish.layers.dense import Dense
from planish.layers.depthwise_conv1d import DepthwiseConv1D
from planish.layers.depthwise_conv2d import DepthwiseConv2D
from planish.layers.dot import Dot, dot
from planish.layers.dropout import Dropout
from planish.layers.elu import ELU
from planish.layers.flatten import Flatten
from planish.layers.global_average_pooling2d import GlobalAveragePooling2D
from planish.layers.global_max_pooling2d import GlobalMaxPooling2D
from planish.layers.input_layer import Input, InputLayer
from planish.layers.input_spec import InputSpec
from planish.layers.layer import Layer
from planish.layers.leaky_relu import LeakyReLU
from planish.layers.max_pooling2d import MaxPooling2D
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
from planish.layers.relu import ReLU
from planish.layers.rescaling import Rescaling
from planish.layers.reshape import Reshape
from planish.layers.separable_conv1d import SeparableConv1D
from planish.layers.separable_conv2d import SeparableConv2D
from planish.layers.softmax import Softmax
from planish.layers.zero_padding2d import ZeroPadding2D

AvgPool2D = AveragePooling2D
Convolution2D = Conv2D
Convolution1D = Conv1D
Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalMaxPool2D = GlobalMaxPooling2D
MaxPool2D = MaxPooling2D

__all__ = [
    "ELU",
    "Activation",
    "Add",
    "Average",
    "AveragePooling2D",
    "AvgPool2D",
    "BatchNormalization",
    "Concatenate",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dot",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling2D",
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "LeakyReLU",
    "MaxPool2D",
    "MaxPooling2D",
    "Maximum",
    "Minimum",
    "Multiply",
    "Permute",
    "ReLU",
    "Rescaling",
    "Reshape",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "Softmax",
    "Subtract",
    "ZeroPadding2D",
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
