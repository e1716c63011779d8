"""Layers, with Keras's names, signatures and defaults."""

from planish.layers.average_pooling2d import AveragePooling2D
from planish.layers.conv2d import Conv2D
from planish.layers.dense import Dense
from planish.layers.flatten import Flatten
from planish.layers.input_layer import Input, InputLayer
from planish.layers.layer import Layer
from planish.layers.max_pooling2d import MaxPooling2D

AvgPool2D = AveragePooling2D
Convolution2D = Conv2D
MaxPool2D = MaxPooling2D

__all__ = [
    "AveragePooling2D",
    "AvgPool2D",
    "Conv2D",
    "Convolution2D",
    "Dense",
    "Flatten",
    "Input",
    "InputLayer",
    "Layer",
    "MaxPool2D",
    "MaxPooling2D",
]
