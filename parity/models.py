"""Seeded random models of the first tier, described without either library: both sides build them from the same JSON.

A case is `{"seed", "input_shape", "layers": [[class, arguments], ...], "loss": [class, arguments],
"optimizer": [class, arguments], "batch"}`. Sizes are odd on purpose, and small: what breaks is borders, strides and
remainders.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Case = dict[str, Any]
LayerCall = list[Any]

OPTIMIZERS: list[list[Any]] = [
    ["SGD", {"learning_rate": 0.05}],
    ["SGD", {"learning_rate": 0.02, "momentum": 0.9}],
    ["SGD", {"learning_rate": 0.02, "momentum": 0.8, "nesterov": True}],
    ["Adam", {"learning_rate": 0.002}],
    ["Adam", {"learning_rate": 0.002, "amsgrad": True, "beta_2": 0.9}],
    ["AdamW", {"learning_rate": 0.002, "weight_decay": 0.05}],
    ["RMSprop", {"learning_rate": 0.001}],
    ["RMSprop", {"learning_rate": 0.001, "centered": True, "momentum": 0.5, "epsilon": 0.001}],
    ["Adagrad", {"learning_rate": 0.02}],
    ["Nadam", {"learning_rate": 0.002}],
    ["SGD", {"learning_rate": 0.05, "clipnorm": 0.05}],
    ["SGD", {"learning_rate": 0.05, "global_clipnorm": 0.1, "momentum": 0.9}],
    ["SGD", {"learning_rate": 0.05, "clipvalue": 0.01}],
    ["Adam", {"learning_rate": 0.002, "weight_decay": 0.02, "clipnorm": 0.5}],
    ["SGD", {"learning_rate": 0.05, "use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 2}],
]
# Whose derivative does not jump: a rounding error stays one.
ACTIVATIONS = [
    None, "linear", "relu", "sigmoid", "tanh", "elu", "selu", "gelu", "softplus", "softsign", "silu", "exponential",
    "hard_sigmoid", "leaky_relu", "relu6", "relu", "relu", "softmax",
]  # fmt: skip


class Builder:
    """Adds layers at random, following the shape, so that every model builds."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.shape = (self.number(7, 19), self.number(7, 19), int(self.random.choice([1, 2, 3, 4, 6])))
        self.input_shape = self.shape
        self.layers: list[LayerCall] = []

    def number(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def pick(self, choices: list[Any]) -> Any:
        return choices[self.number(0, len(choices) - 1)]

    def add(self, name: str, **arguments: Any) -> None:
        self.layers.append([name, arguments])

    def _windows(self, size: list[int], steps: list[int], padding: str, dilation: list[int]) -> tuple[int, int]:
        def windows(axis: int) -> int:
            if padding == "same":
                return math.ceil(self.shape[axis] / steps[axis])
            return (self.shape[axis] - (size[axis] - 1) * dilation[axis] - 1) // steps[axis] + 1

        return windows(0), windows(1)

    def conv(self) -> None:
        rows, columns, channels = self.shape
        size = [self.number(1, min(5, rows)), self.number(1, min(5, columns))]
        steps, dilation = [1, 1], [1, 1]
        if self.chance(0.35):
            steps = [self.number(1, 3), self.number(1, 3)]
        elif self.chance(0.3):
            dilation = [self.number(1, 3), self.number(1, 3)]
        padding = self.pick(["valid", "same"])
        if any((s - 1) * d + 1 > n for s, d, n in zip(size, dilation, self.shape[:2], strict=True)):
            padding = "same"
        groups = self.pick([g for g in (2, 3, 4, 6) if channels % g == 0] or [1]) if self.chance(0.3) else 1
        filters = groups * self.number(1, 9) if groups > 1 else self.number(1, 21)
        normalised = self.chance(0.25)
        self.add(
            "Conv2D", filters=filters, kernel_size=size, strides=steps, padding=padding, dilation_rate=dilation,
            groups=groups,
            activation=None if normalised else self.pick(ACTIVATIONS), use_bias=not normalised and self.chance(0.8),
        )  # fmt: skip
        self.shape = (*self._windows(size, steps, padding, dilation), filters)
        if (
            normalised
        ):  # a bias before it would have a gradient of nothing but rounding errors, which Adam makes steps of
            self.normalize()
            self.add("Activation", activation=self.pick(["relu", "tanh", "silu"]))

    def normalize(self) -> None:
        self.add("BatchNormalization", momentum=self.pick([0.9, 0.99, 0.6]), epsilon=self.pick([1e-3, 1e-2]),
                 center=self.chance(0.8), scale=self.chance(0.8))  # fmt: skip

    def pool(self) -> None:
        rows, columns, _ = self.shape
        size = [self.number(1, min(4, rows)), self.number(1, min(4, columns))]
        steps = None if self.chance(0.5) else [self.number(1, 3), self.number(1, 3)]
        padding = self.pick(["valid", "same"])
        name = self.pick(["MaxPooling2D", "MaxPooling2D", "AveragePooling2D"])
        self.add(name, pool_size=size, strides=steps, padding=padding)
        self.shape = (*self._windows(size, steps or size, padding, [1, 1]), self.shape[2])

    def pad(self) -> None:
        top, bottom, left, right = (self.number(0, 2) for _ in range(4))
        self.add("ZeroPadding2D", padding=[[top, bottom], [left, right]])
        self.shape = (self.shape[0] + top + bottom, self.shape[1] + left + right, self.shape[2])

    def rescale(self) -> None:
        self.add("Rescaling", scale=self.pick([0.5, 2.0, 1 / 3]), offset=self.pick([0.0, -0.5]))

    def reorder(self) -> None:
        if self.chance(0.5):
            self.add("Permute", dims=[2, 1, 3])
            self.shape = (self.shape[1], self.shape[0], self.shape[2])
        else:
            self.add("Reshape", target_shape=[self.shape[1], self.shape[0], -1])
            self.shape = (self.shape[1], self.shape[0], self.shape[2])

    def activate(self) -> None:
        self.layers.append(
            self.pick([["ReLU", {}], ["ReLU", {"max_value": 1.5, "negative_slope": 0.1, "threshold": 0.05}],
                       ["Softmax", {}],
                       ["LeakyReLU", {"negative_slope": 0.2}], ["Activation", {"activation": "silu"}]])
        )  # fmt: skip

    def head(self) -> int:
        self.layers.append([self.pick(["Flatten", "Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D"]), {}])
        if self.chance(0.5):
            self.add("Dense", units=self.number(1, 37), activation=self.pick(ACTIVATIONS), use_bias=self.chance(0.8))
        classes = self.number(2, 13)
        self.add("Dense", units=classes)
        return classes


def _loss(builder: Builder) -> list[Any]:
    """A loss, after the last activation that it asks for."""
    kind = builder.number(0, 5)
    if kind == 0:
        return ["SparseCategoricalCrossentropy", {"from_logits": True}]
    if kind == 1:
        builder.add("Activation", activation="sigmoid")
        return ["BinaryCrossentropy", {"label_smoothing": 0.1}]
    if kind == 2:
        return [builder.pick(["MeanSquaredError", "Huber", "LogCosh"]), {}]
    builder.add("Softmax")
    if kind == 3:
        return ["CategoricalCrossentropy", {"label_smoothing": 0.2}]
    return ["SparseCategoricalCrossentropy", {}]


def random_case(seed: int) -> Case:
    """The model of a seed, with its loss and its optimizer (they take turns)."""
    builder = Builder(seed)
    if builder.chance(0.2):
        builder.rescale()
    for _ in range(builder.number(1, 4)):
        builder.pick([builder.conv] * 5 + [builder.pool] * 4 + [builder.pad, builder.reorder, builder.activate])()
    if builder.chance(0.15):
        builder.add("Dropout", rate=0.0)
    builder.head()
    loss = _loss(builder)
    return {
        "seed": seed, "input_shape": list(builder.input_shape), "layers": builder.layers, "loss": loss,
        "optimizer": OPTIMIZERS[seed % len(OPTIMIZERS)], "batch": builder.number(1, 9),
    }  # fmt: skip


def data(case: Case, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (float32) and targets that suit the loss: int32 [n] classes, or float32 [n, classes]."""
    random = np.random.default_rng([case["seed"], 1])
    x = random.standard_normal((3 * case["batch"], *case["input_shape"])).astype(np.float32)
    labels = random.integers(0, classes, len(x)).astype(np.int32)
    if case["loss"][0].startswith("Sparse"):
        return x, labels
    if case["loss"][0].startswith("Categorical"):
        return x, np.eye(classes, dtype=np.float32)[labels]
    return x, random.random((len(x), classes)).astype(np.float32)


def weights(case: Case, shapes: list[tuple[str, tuple[int, ...]]]) -> list[np.ndarray]:
    """Starting weights by name and shape: kernels scaled to their inputs, variances above zero."""
    random = np.random.default_rng([case["seed"], 2])
    values = []
    for name, shape in shapes:
        value = random.standard_normal(shape)
        if len(shape) > 1:
            value *= math.sqrt(1.5 / math.prod(shape[:-1]))
        elif "variance" in name or "gamma" in name:
            value = 1 + 0.4 * np.tanh(value)
        else:
            value *= 0.2
        values.append(value.astype(np.float32))
    return values
