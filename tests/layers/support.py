"""What tests of layers share."""

import itertools
import json

import numpy as np
import pytest

from planish.layers import Dense, Flatten, Input
from planish.models import Sequential
from planish.optimizers import SGD


def again(layer):
    """The layer that its configuration describes, through JSON as in a file."""
    config = json.loads(json.dumps(layer.get_config()))
    return type(layer).from_config(config)


def images(*shape, seed=0):
    """Normally distributed float32 numbers of the shape (batch axis first)."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def error_of(mistake, kind=ValueError):
    """The lines of the message that a call raises."""
    with pytest.raises(kind) as caught:
        mistake()
    return str(caught.value).splitlines()


def convolved(x, kernel, strides=(1, 1), padding="valid", dilation=(1, 1), groups=1):
    """The definition, window by window."""
    kh, kw, _, cout = kernel.shape
    spans = (kh - 1) * dilation[0] + 1, (kw - 1) * dilation[1] + 1
    if padding == "same":
        needed = [max((-(-n // s) - 1) * s + k - n, 0) for n, s, k in zip(x.shape[1:3], strides, spans, strict=True)]
        x = np.pad(x, ((0, 0), *((n // 2, n - n // 2) for n in needed), (0, 0)))
    rows, columns = ((n - k) // s + 1 for n, s, k in zip(x.shape[1:3], strides, spans, strict=True))
    y = np.zeros((len(x), rows, columns, cout))
    cin, per_group = kernel.shape[2], cout // groups
    for row, column, group in itertools.product(range(rows), range(columns), range(groups)):
        top, left = row * strides[0], column * strides[1]
        window = x[:, top : top + spans[0] : dilation[0], left : left + spans[1] : dilation[1]]
        window = window[..., group * cin : (group + 1) * cin]
        filters = slice(group * per_group, (group + 1) * per_group)
        y[:, row, column, filters] = np.tensordot(window, kernel[..., filters], 3)
    return y


def by_channel(kernel):
    """A depthwise kernel [*window, channels, multiplier] as that of a convolution in groups of one channel."""
    return kernel.reshape(*kernel.shape[:-2], 1, -1)


def fill(layer, shape):
    """Builds the layer for that shape and gives it normally distributed weights."""
    layer.build((None, *shape[1:]))
    layer.set_weights([images(*weight.shape, seed=seed) for seed, weight in enumerate(layer.weights, 3)])
    return layer


def same_with_channels_first(make, *shape):
    """Checks that a layer gives the same, with axes moved, where channels come first. `make(data_format)`."""
    x = images(*shape)
    moved = np.moveaxis(x, -1, 1)
    last, first = fill(make("channels_last"), x.shape), fill(make("channels_first"), moved.shape)
    np.testing.assert_allclose(first(moved), np.moveaxis(last(x), -1, 1), rtol=1e-5, atol=1e-5)


def trained_as_differences_say(layer, *shape):
    """Checks a compiled prediction and step of training against the interpreter: the gradient of the mean square, which
    is of the second degree in each weight alone, is what two of its values say."""
    x = images(*shape)
    model = Sequential([Input(shape[1:]), layer, Flatten()])
    fill(layer, shape)
    target = images(*model.predict(x, verbose=0).shape, seed=9)
    np.testing.assert_allclose(model.predict(x, verbose=0).reshape(layer(x).shape), layer(x), rtol=1e-4, atol=1e-4)
    before = layer.get_weights()
    expected = [_slopes(layer, before, place, x, target) for place in range(len(before))]
    model.compile(SGD(1.0), "mse")
    model.train_on_batch(x, target)
    for old, new, slopes in zip(before, layer.get_weights(), expected, strict=True):
        np.testing.assert_allclose((old - new).ravel()[list(slopes)], list(slopes.values()), rtol=5e-3, atol=2e-3)


def _slopes(layer, weights, place, x, target):
    """By index, the derivatives of some elements of one weight."""
    size = weights[place].size
    return {index: _slope(layer, weights, place, index, x, target) for index in {0, size // 2, size // 3, size - 1}}


def _slope(layer, weights, place, index, x, target):
    values = []
    for offset in (-1, 1):
        changed = [weight.copy() for weight in weights]
        changed[place].flat[index] += offset
        layer.set_weights(changed)
        values.append(np.mean((np.float64(layer(x).reshape(target.shape)) - target) ** 2))
    layer.set_weights(weights)
    return (values[1] - values[0]) / 2


def transposed(x, kernel, strides, padding, dilation, more):
    """The definition: each pixel is spread by the kernel [kh, kw, filters, channels], and the borders are cut off."""
    spans = [(size - 1) * rate + 1 for size, rate in zip(kernel.shape, dilation, strict=False)]
    places = list(itertools.product(*map(range, kernel.shape[:2])))
    sizes = []
    for extent, span, stride, extra in zip(x.shape[1:3], spans, strides, more, strict=True):
        border = span // 2 if padding == "same" else 0
        default = extent * stride if padding == "same" else extent * stride + max(span - stride, 0)
        sizes.append(default if extra is None else (extent - 1) * stride + span - 2 * border + extra)
    reached = [(extent - 1) * stride + span for extent, stride, span in zip(x.shape[1:3], strides, spans, strict=True)]
    whole = np.zeros((len(x), *(reach + size for reach, size in zip(reached, sizes, strict=True)), kernel.shape[2]))
    for row, column, (a, b) in itertools.product(range(x.shape[1]), range(x.shape[2]), places):
        top, left = row * strides[0] + a * dilation[0], column * strides[1] + b * dilation[1]
        whole[:, top, left] += x[:, row, column] @ kernel[a, b].T
    top, left = (
        max(reach - size, 0) // 2 if padding == "same" else 0 for reach, size in zip(reached, sizes, strict=True)
    )
    return whole[:, top : top + sizes[0], left : left + sizes[1]]


def compiled_as_interpreted(layer, *shape):
    """Checks that a compiled model with the layer in its middle predicts, and learns in a step, what the interpreter
    does. Returns the prediction of the layer alone."""
    x = images(*shape)
    alone = Sequential([Input(shape[1:]), layer])
    y = alone.predict(x, verbose=0)
    np.testing.assert_allclose(y, layer(x), rtol=1e-5, atol=1e-5)
    model = Sequential([Input(shape[1:]), Dense(shape[-1]), layer, Flatten(), Dense(2)])
    start, after = model.get_weights(), []
    for eagerly in (True, False):
        model.set_weights(start)
        model.compile(SGD(0.5), "mse", run_eagerly=eagerly)
        model.train_on_batch(x, images(shape[0], 2, seed=1))
        after.append(model.get_weights())
    for old, interpreted, compiled in zip(start, *after, strict=True):
        assert np.abs(interpreted - old).max() > 0
        np.testing.assert_allclose(compiled, interpreted, rtol=1e-4, atol=1e-4)
    return y
