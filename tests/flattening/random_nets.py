"""Random small networks of everything that can stand between an image and its flat vector."""

import numpy as np

from planish import primitives
from planish.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    LeakyReLU,
    MaxPooling2D,
    Permute,
    Rescaling,
    Reshape,
    ZeroPadding2D,
)


def pick(random, *choices):
    return choices[random.integers(len(choices))]


def size(random, *choices):
    return pick(random, *choices), pick(random, *choices)


def random_layer(random, data_format):
    """A layer, which need not fit. Activations are smooth or nearly so: none of them hides a change."""
    padding, options = pick(random, "valid", "same"), {"data_format": data_format}
    activation = pick(random, None, "softplus", "elu", "leaky_relu")
    kind = random.integers(14)
    if kind < 3:
        kernel, strides = size(random, 1, 2, 3, 4), size(random, 1, 1, 2, 3)
        return Conv2D(pick(random, 2, 3, 4), kernel, strides, padding, activation=activation, **options)
    if kind < 5:
        dilation, groups = size(random, 1, 2, 3), pick(random, 1, 2)
        filters = 2 * groups
        return Conv2D(filters, size(random, 2, 3), 1, padding, dilation_rate=dilation, groups=groups, **options)
    if kind < 7:
        return AveragePooling2D(size(random, 1, 2, 3), size(random, 1, 2), padding, **options)
    if kind < 9:
        return MaxPooling2D(size(random, 1, 2, 3), size(random, 1, 2, 3), padding, **options)
    return [
        lambda: ZeroPadding2D((size(random, 0, 1, 2), size(random, 0, 1, 3)), **options),
        lambda: BatchNormalization(axis=1 if data_format == "channels_first" else -1),
        lambda: pick(random, LeakyReLU(), Activation("softplus"), Rescaling(0.5, 1.0)),
        lambda: Permute(tuple(int(axis) + 1 for axis in random.permutation(3))),
        lambda: Dense(3),
    ][kind - 9]()


def random_chain(random):
    """A node [h, w, c] or of another rank, and the image it comes from."""
    data_format = pick(random, "channels_last", "channels_last", "channels_first")
    image = x = primitives.input_("x", (*(int(extent) for extent in random.integers(7, 13, 2)), pick(random, 1, 2)))
    if data_format == "channels_first":
        image = x = primitives.input_("x", (image.shape[2], *image.shape[:2]))
    variables = []
    for _ in range(random.integers(1, 6)):
        layer = random_layer(random, data_format)
        try:
            shape = layer.compute_output_shape((None, *x.shape))
        except ValueError:
            continue  # the map has become too small, or cannot be split into groups
        if 0 < np.prod(shape[1:]) < 3000:
            x = layer(x)
            variables += layer.weights
    if random.integers(8) == 0:
        layer = pick(random, Reshape((-1, x.shape[-1])), GlobalAveragePooling2D(data_format), Reshape((x.shape[0], -1)))
        x = layer(x)
        variables += layer.weights
    return image, x, variables


def random_branches(random):
    """The same with branches that meet again, and with operations that layers do not make by themselves."""
    rows, columns = (int(extent) for extent in random.integers(6, 11, 2))
    image = x = primitives.input_("x", (rows, columns, 2))
    kernels = {}

    def convolved(y, filters, reach, dilation=(1, 1)):
        name = f"w{len(kernels)}"
        kernels[name] = (reach, reach, y.shape[2], filters)
        before = ((reach - 1) * dilation[0] // 2, (reach - 1) * dilation[1] // 2)
        padding = tuple((part, (reach - 1) * each - part) for part, each in zip(before, dilation, strict=True))
        return primitives.conv2d(y, primitives.parameter(name, kernels[name]), padding=padding, dilation=dilation)

    for _ in range(random.integers(1, 4)):
        kind = random.integers(6)
        channels = x.shape[2]
        if kind == 0:
            x = primitives.add(x, convolved(x, channels, 3))
        elif kind == 1:
            x = primitives.concatenate([convolved(x, 1, 1), convolved(x, 2, 2, (3, 2)), x], int(random.integers(2, 3)))
        elif kind == 2:
            x = primitives.crop2d(primitives.pad2d(x, ((1, 0), (2, 1))), ((0, 1), (0, 2)))
        elif kind == 3:
            half = x.shape[1] // 2
            x = primitives.concatenate(
                [primitives.slice_axis(x, 1, half, x.shape[1]), primitives.slice_axis(x, 1, 0, half)], 1
            )
        elif kind == 4:
            pooled = primitives.reduce_mean(x, (0,), keepdims=True)
            x = primitives.add(primitives.multiply(x, 0.5), primitives.broadcast_to(pooled, x.shape))
        else:
            x = primitives.reshape(primitives.transpose(x, (1, 0, 2)), (x.shape[0], x.shape[1], channels))
    return image, x, kernels
