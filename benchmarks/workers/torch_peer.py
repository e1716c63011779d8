"""PyTorch, with images in channels_last."""

import numpy as np
import torch
from torch import nn


class Peer:
    def __init__(self, values, threads):
        torch.set_num_threads(threads)
        self.values = values
        self.reset()

    def reset(self):
        net = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10),
        )  # fmt: skip
        with torch.no_grad():
            for parameter, value in zip(net.parameters(), _as_torch(self.values), strict=True):
                parameter.copy_(torch.from_numpy(value))
        self.net = net.to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(net.parameters(), 0.001, eps=1e-7)
        self.loss = nn.CrossEntropyLoss()

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
        for start in range(0, len(x), batch):
            rows = order[start : start + batch]
            self.optimizer.zero_grad(set_to_none=True)
            self.loss(self.net(images[rows].contiguous(memory_format=torch.channels_last)), labels[rows]).backward()
            self.optimizer.step()


def _images(x):
    return torch.from_numpy(x).permute(0, 3, 1, 2)


def _as_torch(values):
    """Kernels [out, in, rows, columns]; the first dense kernel for maps that are flattened channels first."""
    first, b0, second, b1, dense, b2, last, b3 = values
    flat = dense.reshape(5, 5, 64, 128).transpose(3, 2, 0, 1).reshape(128, 1600)
    kernels = [first.transpose(3, 2, 0, 1), b0, second.transpose(3, 2, 0, 1), b1, flat, b2, last.T, b3]
    return [np.ascontiguousarray(kernel) for kernel in kernels]
