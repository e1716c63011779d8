"""Converts weights between Keras's layout and that of libraries with channels first."""

import numpy as np
from nets import BATCH_NORM, FLATTEN, Conv, Dense


def as_torch(net, values):
    """Kernels [out, in, rows, columns]; what follows a flatten for maps that are flattened channels first."""
    flattened, kernels = _flattened(net), []
    for place, value in enumerate(values):
        if value.ndim == 4:
            kernel = value.transpose(3, 2, 0, 1)
        elif place in flattened:
            kernel = value.reshape(*flattened[place], -1).transpose(3, 2, 0, 1).reshape(value.shape[1], -1)
        else:
            kernel = value.T
        kernels.append(np.ascontiguousarray(kernel))
    return kernels


def as_keras(net, values):
    """The way back."""
    flattened, kernels = _flattened(net), []
    for place, value in enumerate(values):
        if value.ndim == 4:
            kernel = value.transpose(2, 3, 1, 0)
        elif place in flattened:
            rows, columns, channels = flattened[place]
            kernel = value.reshape(-1, channels, rows, columns).transpose(2, 3, 1, 0).reshape(-1, value.shape[0])
        else:
            kernel = value.T
        kernels.append(np.ascontiguousarray(kernel))
    return kernels


def _flattened(net):
    """By the index of a weight: the shape of the image that is flattened in front of it."""
    place, image, found = 0, None, {}
    for layer, before, _ in net.shapes():
        if layer == FLATTEN:
            image = before
        if isinstance(layer, Dense) and image is not None:
            found[place], image = image, None
        place += 2 if isinstance(layer, Conv | Dense) else 4 if layer == BATCH_NORM else 0
    return found
