"""PyTorch; PLANISH_BENCHMARK_TORCH says how: "default", "channels_last" or "compile" (and channels_last)."""

import functools
import os

import numpy as np
import torch
from nets import BATCH_NORM, Border, Branches, Conv, Dense, Depthwise, Dropout, Pool, after
from torch import nn
from torch_layout import as_keras, as_torch

MODE = os.environ.get("PLANISH_BENCHMARK_TORCH", "default")
FORMAT = torch.contiguous_format if MODE == "default" else torch.channels_last


def limit(threads):
    torch.set_num_threads(threads)


class Peer:
    def __init__(self, net, values):
        self.description, self.values = net, values
        self.net = _sequence(net.layers, net.shape).to(memory_format=FORMAT)
        self.called = self.net
        if MODE == "compile":  # predictions are not: only training is compared with it
            torch.compiler.reset()  # it gives up after some recompilations, those of other nets included
            self.called = torch.compile(self.net, dynamic=False)
        self.loss = nn.CrossEntropyLoss()
        self.reset()

    def reset(self, optimizer="adam"):
        with torch.no_grad():
            for tensor, value in zip(_tensors(self.net), as_torch(self.description, self.values), strict=True):
                tensor.copy_(torch.from_numpy(value))
        parameters = self.net.parameters()
        adam = optimizer == "adam"
        self.optimizer = torch.optim.Adam(parameters, 0.001, eps=1e-7) if adam else torch.optim.SGD(parameters, 0.05)

    def weights(self):
        return as_keras(self.description, [tensor.detach().numpy() for tensor in _tensors(self.net)])

    def predict(self, x, batch):
        self.net.eval()
        with torch.inference_mode():
            parts = [torch.softmax(self.net(_images(x[i : i + batch])), 1) for i in range(0, len(x), batch)]
            return torch.cat(parts).numpy()

    def one(self, x):
        return self.predict(x, 1)

    def fit(self, x, y, batch, shuffle=True):
        self.net.train()
        images, labels = _images(x), torch.from_numpy(y.astype(np.int64))
        order = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
        total = torch.zeros(())
        for start in range(0, len(x), batch):
            rows = order[start : start + batch]
            self.optimizer.zero_grad(set_to_none=True)
            loss = self.loss(self.called(images[rows].contiguous(memory_format=FORMAT)), labels[rows])
            loss.backward()
            self.optimizer.step()
            total += loss.detach() * len(rows)
        return total.item() / len(x)


class GlobalAverage(nn.Module):
    def __init__(self, keepdim=False):
        super().__init__()
        self.keepdim = keepdim

    def forward(self, x):
        return x.mean((2, 3), self.keepdim)


class Joined(nn.Module):
    """Branches, and what becomes of their results."""

    def __init__(self, kind, branches):
        super().__init__()
        self.kind, self.branches = kind, nn.ModuleList(branches)

    def forward(self, x):
        ends = [branch(x) for branch in self.branches]
        if self.kind == "concat":
            return torch.cat(ends, 1)
        return functools.reduce(torch.add if self.kind == "add" else torch.mul, ends)


def _sequence(layers, shape):
    made = []
    for layer in layers:
        made.append(_layer(layer, shape))
        shape = after(layer, shape)
    return nn.Sequential(*made)


def _layer(layer, before):
    match layer:
        case Branches(kind, branches):
            return Joined(kind, [_sequence(branch, before) for branch in branches])
        case Conv(filters):
            return _conv(layer, before, filters, 1)
        case Depthwise():
            return _conv(layer, before, before[-1], before[-1])
        case Pool(kind, size):
            return (nn.MaxPool2d if kind == "max" else nn.AvgPool2d)(size, layer.apart)
        case Border(width):
            return nn.ZeroPad2d(width)
        case Dense(units):
            return nn.Linear(before[-1], units)
        case Dropout(rate):
            return nn.Dropout(rate)
    if layer == BATCH_NORM:  # with Keras's defaults
        return (nn.BatchNorm2d if len(before) == 3 else nn.BatchNorm1d)(before[-1], eps=1e-3, momentum=0.01)
    plain = {
        "relu": nn.ReLU, "relu6": nn.ReLU6, "swish": nn.SiLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh,
        "flatten": nn.Flatten, "global_average": GlobalAverage,
        "global_average_kept": functools.partial(GlobalAverage, keepdim=True),
    }  # fmt: skip
    return plain[layer.kind]()


def _conv(layer, before, filters, groups):
    """PyTorch pads both sides alike; one-sided zeros are a layer of their own."""
    (top, bottom), (left, right) = (layer.border(side) for side in before[:2])
    if (top, left) == (bottom, right):
        return nn.Conv2d(before[-1], filters, layer.kernel, layer.stride, (top, left), groups=groups)
    padded = nn.ZeroPad2d((left, right, top, bottom))
    return nn.Sequential(padded, nn.Conv2d(before[-1], filters, layer.kernel, layer.stride, groups=groups))


def _images(x):
    return torch.from_numpy(x).permute(0, 3, 1, 2)


def _tensors(net):
    """In the order of Keras's weights."""
    for module in net.modules():
        yield from module.parameters(recurse=False)
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            yield from (module.running_mean, module.running_var)
