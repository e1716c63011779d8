"""Random PyTorch modules, by seed: chains with branches, of one, two or three dimensions. Imported where PyTorch is."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

Random = random.Random
Maker = Callable[[Random, int, int], tuple[nn.Module, int]]
"""Of a random source, the number of channels and of dimensions: a block, and the channels that it gives."""


class Case(NamedTuple):
    module: nn.Module
    shape: tuple[int, ...]


def of_rank(stem: str, rank: int) -> Any:
    return getattr(nn, f"{stem}{rank}d")


ACTIVATIONS: list[Callable[[], nn.Module]] = [
    nn.ReLU, nn.ReLU6, nn.SiLU, nn.GELU, nn.Hardswish, nn.Hardsigmoid, nn.ELU, nn.CELU, nn.SELU, nn.Mish, nn.Softplus,
    nn.Softsign, nn.Sigmoid, nn.Tanh, nn.LogSigmoid, nn.Tanhshrink, nn.Hardtanh, nn.Softshrink, nn.Hardshrink,
    lambda: nn.LeakyReLU(0.2), lambda: nn.RReLU(), lambda: nn.GELU(approximate="tanh"), lambda: nn.ReLU(inplace=True),
    lambda: nn.Threshold(0.1, -0.3), lambda: nn.PReLU(), lambda: nn.Hardswish(inplace=True),
]  # fmt: skip


def activation(r: Random) -> nn.Module:
    return r.choice(ACTIVATIONS)()


def norm(r: Random, channels: int, rank: int) -> nn.Module:
    groups = r.choice([each for each in (1, 2, 4, channels) if channels % each == 0])
    return r.choice(
        [
            lambda: of_rank("BatchNorm", rank)(channels, eps=r.choice([1e-5, 1e-3]), momentum=r.choice([0.1, 0.01])),
            lambda: of_rank("BatchNorm", rank)(channels, affine=False),
            lambda: nn.GroupNorm(groups, channels, affine=r.random() < 0.8),
            lambda: of_rank("InstanceNorm", rank)(channels, affine=r.random() < 0.5),
        ]
    )()


def conv(r: Random, channels: int, rank: int) -> tuple[nn.Module, int]:
    groups = r.choice([1, 1, *([channels] if channels > 1 else [])])
    filters = groups * r.choice([1, 2]) if groups > 1 else r.choice([4, 6, 8])
    plain = r.random() < 0.7
    sides: Any = r.randint(0, 2) if plain else r.choice(["same", "valid"])
    made = of_rank("Conv", rank)(
        channels,
        filters,
        tuple(r.randint(1, 3) for _ in range(rank)),
        stride=r.randint(1, 2) if plain else 1,
        padding=sides,
        dilation=r.choice([1, 1, 2]) if rank < 3 else 1,
        groups=groups,
        bias=r.random() < 0.6,
        padding_mode=r.choice(["zeros", "zeros", "zeros", "replicate"]) if plain else "zeros",
    )
    return nn.Sequential(made, norm(r, filters, rank), activation(r)), filters


def pool(r: Random, channels: int, rank: int) -> tuple[nn.Module, int]:
    size, ceil = r.randint(2, 3), r.random() < 0.5
    sides = r.randint(0, size // 2)
    made = r.choice(
        [
            lambda: of_rank("MaxPool", rank)(size, r.choice([1, 2]), sides, ceil_mode=ceil),
            lambda: of_rank("AvgPool", rank)(size, 2, sides, ceil_mode=ceil, count_include_pad=r.random() < 0.5),
            lambda: of_rank("AdaptiveAvgPool", rank)(r.randint(2, 5)),
            lambda: of_rank("AdaptiveMaxPool", rank)(r.randint(2, 4)),
        ]
    )()
    return made, channels


class Residual(nn.Module):
    """x + f(x), where f is as wide and as high as x."""

    def __init__(self, r: Random, channels: int, rank: int) -> None:
        super().__init__()
        kind = of_rank("Conv", rank)
        self.conv1 = kind(channels, channels, 3, padding=1, bias=False)
        self.bn1 = of_rank("BatchNorm", rank)(channels)
        self.conv2 = kind(channels, channels, 1)
        self.act, self.swapped = activation(r), r.random() < 0.5

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv2(self.act(self.bn1(self.conv1(x))))
        if self.swapped:
            out += x
            return F.relu(out, inplace=True)
        return F.relu(x + out)


class Gated(nn.Module):
    """Squeeze and excite."""

    def __init__(self, r: Random, channels: int, rank: int) -> None:
        super().__init__()
        kind = of_rank("Conv", rank)
        self.fc1, self.fc2 = kind(channels, 3, 1), kind(3, channels, 1)
        self.axes, self.hard = list(range(2, 2 + rank)), r.random() < 0.5

    def forward(self, x: Tensor) -> Tensor:
        gate = self.fc2(F.relu(self.fc1(x.mean(self.axes, keepdim=True))))
        return x * (F.hardsigmoid(gate) if self.hard else torch.sigmoid(gate))


class Branches(nn.Module):
    def __init__(self, r: Random, channels: int, rank: int) -> None:
        super().__init__()
        kind = of_rank("Conv", rank)
        self.one, self.two = kind(channels, 3, 1), kind(channels, 5, 3, padding=1)
        self.pool, self.filters = of_rank("MaxPool", rank)(3, 1, 1), channels + 8

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.one(x), F.silu(self.two(x)), self.pool(x)], 1)


class Shuffled(nn.Module):
    """ShuffleNet's unit: half of the channels go through, and are mixed with the others."""

    def __init__(self, r: Random, channels: int, rank: int) -> None:
        super().__init__()
        self.conv, self.rank = of_rank("Conv", rank)(channels // 2, channels // 2, 1), rank

    def forward(self, x: Tensor) -> Tensor:
        first, second = x.chunk(2, dim=1)
        x = torch.cat((first, self.conv(second)), dim=1)
        batch, channels = x.shape[:2]
        sizes = [x.size(axis) for axis in range(2, 2 + self.rank)]
        x = x.view(batch, 2, channels // 2, *sizes)
        return torch.transpose(x, 1, 2).contiguous().view(batch, -1, *sizes)


class Scaled(nn.Module):
    """ConvNeXt's block: channels last inside, times a number for each channel."""

    def __init__(self, r: Random, channels: int, rank: int) -> None:
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(channels), nn.Linear(channels, 12), nn.Linear(12, channels)
        self.scale = nn.Parameter(torch.ones(channels, *(1,) * rank))
        self.turn, self.back = (0, *range(2, 2 + rank), 1), (0, 1 + rank, *range(1, 1 + rank))

    def forward(self, x: Tensor) -> Tensor:
        y = self.down(F.gelu(self.up(self.norm(x.permute(*self.turn)))))
        return x + self.scale * y.permute(*self.back)


class Cut(nn.Module):
    """Parts of the channels, one shifted by a constant of the module's."""

    def __init__(self, r: Random, channels: int, rank: int) -> None:
        super().__init__()
        self.register_buffer("shift", torch.ones(1, *(1,) * rank))

    def forward(self, x: Tensor) -> Tensor:
        first, rest = torch.split(x, [1, x.shape[1] - 1], dim=1)
        return torch.cat([x[:, -1:] - first, rest.clamp(-1.5, 2.0), x[:, :1].abs() + self.shift], 1)


def _block(kind: type[nn.Module]) -> Maker:
    def make(r: Random, channels: int, rank: int) -> tuple[nn.Module, int]:
        made = kind(r, channels, rank)  # type: ignore[call-arg]
        return made, getattr(made, "filters", channels + 1 if kind is Cut else channels)

    return make


def larger(r: Random, channels: int, rank: int) -> tuple[nn.Module, int]:
    if rank == 2 and channels % 4 == 0 and r.random() < 0.4:
        return nn.PixelShuffle(2), channels // 4
    modes = {1: ["nearest", "linear"], 2: ["nearest", "bilinear"], 3: ["nearest"]}[rank]
    mode = r.choice(modes)

    def transposed() -> tuple[nn.Module, int]:
        kind = of_rank("ConvTranspose", rank)
        return kind(channels, 4, r.randint(2, 4), stride=2, padding=1, output_padding=r.randint(0, 1)), 4

    ways: list[Callable[[], tuple[nn.Module, int]]] = [
        lambda: (nn.Upsample(scale_factor=2, mode=mode), channels),
        lambda: (nn.Sequential(of_rank("ConstantPad", rank)(1, 0.5), of_rank("ZeroPad", rank)(1)), channels),
    ]
    return r.choice(ways if rank == 3 else [*ways, transposed])()  # planish has no transposed one over volumes


CUT = _block(Cut)
MAKERS: list[Maker] = [
    conv, conv, conv, pool, _block(Residual), _block(Gated), _block(Branches), _block(Scaled), CUT, larger,
]  # fmt: skip


class Head(nn.Module):
    """From a map to scores, in one of the ways in which people write it."""

    def __init__(self, r: Random, channels: int, rank: int, sizes: tuple[int, ...]) -> None:
        super().__init__()
        self.way = r.choice(["flatten", "view", "reshape", "mean", "pool", "module"])
        features = channels
        self.kept = of_rank("AdaptiveAvgPool", rank)(tuple(min(size, 3) for size in sizes))
        if self.way not in ("mean", "pool"):
            for size in sizes:
                features *= min(size, 3)
        self.pool, self.flatten, self.rank = of_rank("AdaptiveAvgPool", rank)(1), nn.Flatten(), rank
        self.norm = nn.BatchNorm1d(features) if r.random() < 0.4 else None
        self.drop, self.act = nn.Dropout(0.3), activation(r)
        self.fc1, self.fc2 = nn.Linear(features, 9, bias=r.random() < 0.7), nn.Linear(9, 5)
        self.soft = r.choice([nn.Softmax(1), nn.LogSoftmax(-1), nn.Identity()])

    def flat(self, x: Tensor) -> Tensor:
        if self.way == "mean":
            return x.mean(list(range(2, 2 + self.rank)))
        if self.way == "pool":
            return torch.flatten(self.pool(x), 1)
        x = self.kept(x)
        if self.way == "view":
            return x.view(x.size(0), -1)
        if self.way == "reshape":
            return x.reshape(x.shape[0], -1)
        return self.flatten(x) if self.way == "module" else torch.flatten(x, start_dim=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.flat(x)
        x = x if self.norm is None else self.norm(x)
        return self.soft(self.fc2(F.dropout(self.act(self.drop(self.fc1(x))), 0.2, training=self.training)))


class Net(nn.Module):
    """Blocks in a list, then the head."""

    def __init__(self, blocks: list[nn.Module], head: nn.Module) -> None:
        super().__init__()
        self.blocks, self.head = nn.ModuleList(blocks), head

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def random_case(seed: int) -> Case:
    """A module in train mode whose parameters and statistics are random, and the shape of one image."""
    r = Random(seed)
    torch.manual_seed(seed)
    rank = r.choice([2, 2, 2, 2, 1, 3])
    channels = r.choice([1, 2, 3, 4])
    shape = (channels, *(r.randint(*{1: (20, 40), 2: (12, 18), 3: (6, 9)}[rank]) for _ in range(rank)))
    blocks: list[nn.Module] = []
    sizes = shape
    while len(blocks) < 2 + seed % 3:
        makers = [*MAKERS, *([_block(Shuffled)] if sizes[0] % 2 == 0 else [])]
        if sizes[0] == 1:  # it would have an empty part
            makers.remove(CUT)
        block, given = r.choice(makers)(r, sizes[0], rank)
        after = _sizes([*blocks, block], shape)
        if after is not None and after[0] == given and min(after[1:]) > 1 and max(after[1:]) < 64:
            blocks.append(block)
            sizes = after
    head = Head(r, sizes[0], rank, sizes[1:])
    made = nn.Sequential(*blocks, head) if seed % 2 else Net(blocks, head)
    randomize(made)
    return Case(made, shape)


def _sizes(blocks: list[nn.Module], shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """What the blocks give for one image; None if they cannot be run."""
    net = nn.Sequential(*blocks).eval()
    try:
        with torch.no_grad():
            found = tuple(net(torch.zeros(2, *shape)).shape[1:])
    except (RuntimeError, ValueError):
        found = None
    net.train()
    return found


def randomize(module: nn.Module) -> None:
    """Numbers as trained nets have them: statistics of batches that are not those of a fresh module, biases that are
    not zero."""
    with torch.no_grad():
        for each in module.modules():
            if isinstance(each, nn.modules.batchnorm._BatchNorm) and each.running_mean is not None:
                each.running_mean.normal_(0, 0.2)
                each.running_var.uniform_(0.5, 1.5)
                each.num_batches_tracked += 7
        for name, parameter in module.named_parameters():
            if parameter.ndim < 2 or "scale" in name:
                parameter += 0.2 * torch.randn_like(parameter)
