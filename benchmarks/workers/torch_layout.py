"""Converts weights between Keras's layout and that of libraries with channels first."""

import numpy as np
from nets import BATCH_NORM, FLATTEN, Dense, Depthwise, Window


def as_torch(net, values):
    """Kernels [out, in, rows, columns], depthwise ones [channels, 1, rows, columns]; what follows a flatten for maps
    that are flattened channels first."""
    flattened, depthwise, kernels = _flattened(net), _depthwise(net), []
    for place, value in enumerate(values):
        if value.ndim == 4:
            kernel = value.transpose((2, 3, 0, 1) if place in depthwise else (3, 2, 0, 1))
        elif place in flattened:
            kernel = value.reshape(*flattened[place], -1).transpose(3, 2, 0, 1).reshape(value.shape[1], -1)
        else:
            kernel = value.T
        kernels.append(np.ascontiguousarray(kernel))
    return kernels


def as_keras(net, values):
    """The way back."""
    flattened, depthwise, kernels = _flattened(net), _depthwise(net), []
    for place, value in enumerate(values):
        if value.ndim == 4:
            kernel = value.transpose((2, 3, 0, 1) if place in depthwise else (2, 3, 1, 0))
        elif place in flattened:
            rows, columns, channels = flattened[place]
            kernel = value.reshape(-1, channels, rows, columns).transpose(2, 3, 1, 0).reshape(-1, value.shape[0])
        else:
            kernel = value.T
        kernels.append(np.ascontiguousarray(kernel))
    return kernels


def _places(net):
    """Each layer with the shape before it and the index of its first weight."""
    place = 0
    for layer, before, _ in net.shapes():
        yield layer, before, place
        place += 2 if isinstance(layer, Window | Dense) else 4 if layer == BATCH_NORM else 0


def _depthwise(net):
    """The indices of kernels whose channels are convolved by themselves."""
    return {place for layer, _, place in _places(net) if isinstance(layer, Depthwise)}


def _flattened(net):
    """By the index of a weight: the shape of the image that is flattened in front of it."""
    image, found = None, {}
    for layer, before, place in _places(net):
        if layer == FLATTEN:
            image = before
        if isinstance(layer, Dense) and image is not None:
            found[place], image = image, None
    return found
