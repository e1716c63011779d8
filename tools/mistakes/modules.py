"""Mistakes in converting modules of PyTorch."""

from __future__ import annotations

from cases import Mistake, Stage

_MODULE = """\
import torch
from torch import nn
net = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(5408, 10))
"""

_CLASS = """\
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
    def forward(self, x):
        {forward}
"""


def _convert(title: str, shape: str, torch: str | None = None) -> Mistake:
    code = f"{_MODULE}keras.convert.from_torch(net, {shape})\n"
    return Mistake(title, code, torch, own=True, needs_torch=True)


def _given(title: str, what: str, shape: str = "(1, 28, 28)") -> Mistake:
    return Mistake(title, f"{_MODULE}keras.convert.from_torch({what}, {shape})\n", None, own=True, needs_torch=True)


def _forward(title: str, forward: str) -> Mistake:
    code = _CLASS.format(forward=forward) + "keras.convert.from_torch(Net(), (1, 28, 28))\n"
    return Mistake(title, code, None, own=True, needs_torch=True)


MODULES = Stage(
    "Modules of PyTorch",
    (
        _convert("A shape in Keras's order for a module", "(28, 28, 1)", "cnn()(torch.zeros(1, 28, 28, 1))\n"),
        _convert("A shape with the batch for a module", "(64, 1, 28, 28)", "cnn()(torch.zeros(2, 64, 1, 28, 28))\n"),
        _convert("A shape without channels for a module", "(28, 28)", "cnn()(torch.zeros(2, 28, 28))\n"),
        _convert("Images of another size for a module", "(1, 32, 32)", "cnn()(torch.zeros(2, 1, 32, 32))\n"),
        _convert("A module and no shape", "None"),
        _given("A state dict in place of its module", "net.state_dict()"),
        _given("A class in place of a module", "nn.Flatten"),
        _given("A path in place of a module", "'net.pt'"),
        _given("A model of planish in place of a module", "cnn()"),
        _given("A TorchScript module", "torch.jit.script(net)"),
        _given("A lazy module that has not run", "nn.Sequential(nn.Flatten(), nn.LazyLinear(10))"),
        _given("A module without numbers", "net.to('meta')"),
        _given(
            "A quantized module",
            "nn.Sequential(nn.Flatten(), torch.ao.nn.quantized.dynamic.Linear(784, 10))",
        ),
        _given("A recurrent layer in a module", "nn.Sequential(nn.Flatten(1, 2), nn.LSTM(28, 10))"),
        _given("A normalization over the batch", "nn.BatchNorm2d(1, track_running_stats=False)"),
        _forward("A call that planish does not have", "return torch.cumsum(self.conv(x), 1)"),
        _forward("A dropout that is never off", "return nn.functional.dropout(self.conv(x), 0.5)"),
        _forward("A branch that depends on the image", "return self.conv(x) if x.mean() > 0 else self.conv(-x)"),
        _forward("A view that joins the images", "return self.conv(x).view(-1)"),
        _forward("A mean over the images", "return x - x.mean(0)"),
    ),
)
