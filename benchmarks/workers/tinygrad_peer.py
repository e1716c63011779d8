"""tinygrad, its training step captured by TinyJit. Compiles with clang, or what CC names. Only trains chains here."""

import numpy as np
from nets import BATCH_NORM, Border, Conv, Dense, Depthwise, Dropout, Pool
from tinygrad import Tensor, TinyJit, nn
from tinygrad.helpers import Context
from torch_layout import as_keras, as_torch


def limit(threads):
    """tinygrad's CPU backend takes the processors that the process may use."""


class Peer:
    def __init__(self, net, values):
        if not net.is_chain():
            raise ValueError(f"{net.name} has branches, which are not written for tinygrad")
        self.description, self.values = net, values
        self.reset()

    def reset(self, optimizer="adam"):
        self.layers = [_layer(*step) for step in self.description.shapes()]
        for tensor, value in zip(self._tensors(), as_torch(self.description, self.values), strict=True):
            tensor.assign(Tensor(value)).realize()
        parameters = [tensor for layer in self.layers for tensor in _tensors(layer)[:2]]
        adam = optimizer == "adam"
        self.optimizer = nn.optim.Adam(parameters, 0.001, eps=1e-7) if adam else nn.optim.SGD(parameters, 0.05)
        self.steps = {}

    def weights(self):
        return as_keras(self.description, [tensor.numpy() for tensor in self._tensors()])

    def fit(self, x, y, batch, shuffle=True):
        images = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
        order = np.random.permutation(len(x)) if shuffle else np.arange(len(x))
        losses = []
        with Context(TRAINING=1):
            for start in range(0, len(x), batch):
                rows = order[start : start + batch]
                step = self.steps.setdefault(len(rows), TinyJit(self._step))
                losses.append(step(Tensor(images[rows]), Tensor(y[rows])).item() * len(rows))
        return sum(losses) / len(x)

    def _step(self, x, y):
        self.optimizer.zero_grad()
        loss = x.sequential(self.layers).sparse_categorical_crossentropy(y).backward()
        return loss.realize(*self.optimizer.schedule_step(), *self._tensors())

    def _tensors(self):
        return [tensor for layer in self.layers for tensor in _tensors(layer)]


def _tensors(layer):
    """Those of a layer in the order of Keras's weights, trained ones first."""
    names = ("weight", "bias", "running_mean", "running_var")
    return [getattr(layer, name) for name in names if hasattr(layer, name)]


def _layer(layer, before, after):
    match layer:
        case Conv(filters, kernel, stride):
            return nn.Conv2d(before[-1], filters, kernel, stride, _borders(layer, before))
        case Depthwise(kernel, stride):
            return nn.Conv2d(before[-1], before[-1], kernel, stride, _borders(layer, before), groups=before[-1])
        case Pool(kind, size):
            return lambda x: (x.max_pool2d if kind == "max" else x.avg_pool2d)((size, size), layer.apart)
        case Border(width):
            return lambda x: x.pad((width,) * 4)
        case Dense(units):
            return nn.Linear(before[-1], units)
        case Dropout(rate):
            return lambda x: x.dropout(rate)
    if layer == BATCH_NORM:  # with Keras's defaults
        return nn.BatchNorm(before[-1], eps=1e-3, momentum=0.01)
    calls = {
        "relu": Tensor.relu, "relu6": Tensor.relu6, "swish": Tensor.swish, "sigmoid": Tensor.sigmoid,
        "tanh": Tensor.tanh, "flatten": lambda x: x.flatten(1),
    }  # fmt: skip
    return calls.get(layer.kind, lambda x: x.mean((2, 3)))


def _borders(layer, before):
    """Zeros left, right, above and below."""
    return (*layer.border(before[1]), *layer.border(before[0]))
