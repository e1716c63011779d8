"""Seeded random models of the first tier, described without either library: both sides build them from the same JSON.

A case is `{"seed", "input_shape", "dtype", "layers": [[class, arguments], ...], "loss": [class, arguments],
"optimizer": [class, arguments], "batch", "steps"}`. Sizes are odd on purpose, and small: faults are in borders, strides
and remainders.

Models whose gradient is only rounding errors are left out, because Adam takes whole steps from those: a bias
before a batch normalization, or a softmax that is not over the channels that a bias was added to.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from convolutions import convolve
from drawn_optimizers import OPTIMIZERS

Case = dict[str, Any]
LayerCall = list[Any]

BOTH_PENALTIES = {
    "module": "keras.regularizers",
    "class_name": "L1L2",
    "config": {"l1": 0.003, "l2": 0.01},
    "registered_name": None,
}
# Their derivatives do not jump: a rounding error stays small.
ACTIVATIONS = [
    None, "linear", "relu", "sigmoid", "tanh", "elu", "selu", "gelu", "softplus", "softsign", "silu", "exponential",
    "hard_sigmoid", "leaky_relu", "relu6", "relu", "relu", "softmax", "celu", "squareplus", "sparse_plus",
    "sparse_sigmoid", "soft_shrink", "tanh_shrink", "mish", "log_sigmoid", "hard_silu", "hard_tanh",
]  # fmt: skip
CONSTRAINTS = ["non_neg", "max_norm", "unit_norm", "min_max_norm"]


class Builder:
    """Adds layers at random, following the shape, so that every model builds.

    `shape` is (rows, columns, channels) whatever the data format: `first` models have their channels first.
    `mixed`: the axis of the channels differs from the axis to which the last bias was added.
    """

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.first = self.chance(0.15)
        self.shape = (self.number(7, 19), self.number(7, 19), int(self.random.choice([1, 2, 3, 4, 6])))
        self.input_shape = self.ordered(self.shape)
        self.mixed = False
        self.layers: list[LayerCall] = []

    def number(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def pick(self, choices: list[Any]) -> Any:
        return choices[self.number(0, len(choices) - 1)]

    def ordered(self, shape: tuple[int, ...]) -> list[int]:
        """Rows, columns and channels in the model's own order."""
        return [shape[2], shape[0], shape[1]] if self.first else list(shape)

    def add(self, name: str, **arguments: Any) -> None:
        """`format` among the arguments stands for the model's data format, if it is not the default."""
        if arguments.pop("format", False) and (self.first or self.chance(0.1)):
            arguments["data_format"] = "channels_first" if self.first else "channels_last"
        self.layers.append([name, arguments])

    def activation(self) -> Any:
        chosen = self.pick(ACTIVATIONS)
        return "tanh" if self.first and chosen == "softmax" else chosen

    def regularizer(self) -> dict[str, Any]:
        """What is said about a kernel: now and then a penalty, or a constraint."""
        if self.chance(0.1):
            return {"kernel_regularizer": self.pick(["l2", BOTH_PENALTIES])}
        return {"kernel_constraint": self.pick(CONSTRAINTS)} if self.chance(0.1) else {}

    def windows(self, size: list[int], steps: list[int], padding: str, dilation: list[int]) -> tuple[int, int]:
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
        normalized = self.chance(0.25)
        self.add(
            "Conv2D", filters=filters, kernel_size=size, strides=steps, padding=padding, dilation_rate=dilation,
            groups=groups, activation=None if normalized else self.activation(),
            use_bias=not normalized and self.chance(0.8), format=True, **self.regularizer(),
        )  # fmt: skip
        self.shape = (*self.windows(size, steps, padding, dilation), filters)
        self.mixed = False
        if normalized:
            self.normalize()
            self.add("Activation", activation=self.pick(["relu", "tanh", "silu"]))

    def normalize(self) -> None:
        """By the batch, or each image by itself. Too few numbers would leave nothing but their signs."""
        axis = {"axis": 1} if self.first else {}
        rows, columns, channels = self.shape
        if self.chance(0.5) and channels > 3 and rows * columns > 3:
            self.normalize_images(axis)
            return
        self.add("BatchNormalization", momentum=self.pick([0.9, 0.99, 0.6]), epsilon=self.pick([1e-3, 1e-2]),
                 center=self.chance(0.8), scale=self.chance(0.8), **axis)  # fmt: skip

    def normalize_images(self, axis: dict[str, int]) -> None:
        groups = self.pick([count for count in range(1, self.shape[2]) if self.shape[2] % count == 0])
        parts = {"center": self.chance(0.8), "scale": self.chance(0.8)}
        name, arguments = self.pick([
            ["LayerNormalization", {**parts, **axis, "epsilon": self.pick([1e-3, 1e-2])}],
            ["LayerNormalization", {**parts, "axis": [1, 2, 3]}],
            ["GroupNormalization", {**parts, **axis, "groups": groups}],
            ["GroupNormalization", {**parts, **axis, "groups": -1}],
            ["RMSNormalization", {"axis": [1, 2, 3]} if self.first else {}],
            ["UnitNormalization", axis],
        ])  # fmt: skip
        self.add(name, **arguments)

    def normalize_inputs(self) -> None:
        channels = self.shape[2]
        mean = [round(float(each), 2) for each in self.random.normal(size=channels)]
        numbers = {"mean": mean, "variance": [0.25 + abs(each) for each in mean]}
        arguments = self.pick(
            [{"axis": None, "mean": 0.5, "variance": 2.0}, {"axis": 1 if self.first else -1, **numbers}]
        )
        self.add("Normalization", **arguments, invert=self.chance(0.2))

    def drop(self, rate: float) -> None:
        """Nothing happens in a prediction, and if the rate is 0."""
        name = self.pick(["Dropout", "Dropout", "SpatialDropout2D", "GaussianDropout", "AlphaDropout", "GaussianNoise"])
        self.add(name, **{"stddev" if name == "GaussianNoise" else "rate": rate})

    def pool(self) -> None:
        rows, columns, _ = self.shape
        size = [self.number(1, min(4, rows)), self.number(1, min(4, columns))]
        steps = None if self.chance(0.5) else [self.number(1, 3), self.number(1, 3)]
        padding = self.pick(["valid", "same"])
        name = self.pick(["MaxPooling2D", "MaxPooling2D", "AveragePooling2D"])
        self.add(name, pool_size=size, strides=steps, padding=padding, format=True)
        self.shape = (*self.windows(size, steps or size, padding, [1, 1]), self.shape[2])

    def pad(self) -> None:
        top, bottom, left, right = (self.number(0, 2) for _ in range(4))
        self.add("ZeroPadding2D", padding=[[top, bottom], [left, right]], format=True)
        self.shape = (self.shape[0] + top + bottom, self.shape[1] + left + right, self.shape[2])

    def rescale(self, scale: float) -> None:
        self.add("Rescaling", scale=scale, offset=self.pick([0.0, -0.5]))

    def reorder(self) -> None:
        before = self.ordered(self.shape)
        if self.chance(0.5):
            dims = self.pick([[2, 1, 3], [2, 1, 3], [1, 3, 2], [3, 1, 2], [3, 2, 1]])
            self.add("Permute", dims=dims)
            after = [before[axis - 1] for axis in dims]
        else:
            after = self.ordered((self.shape[1], self.shape[0], self.shape[2]))
            unknown = self.number(0, 2)
            self.add("Reshape", target_shape=[-1 if i == unknown else size for i, size in enumerate(after)])
        self.shape = (after[1], after[2], after[0]) if self.first else (after[0], after[1], after[2])
        self.mixed = True

    def dense(self) -> None:
        """Over the last axis of a map."""
        units = self.number(1, 11)
        self.add("Dense", units=units, activation=self.pick(["relu", "tanh", None]), **self.regularizer())
        self.shape = (self.shape[0], units, self.shape[2]) if self.first else (*self.shape[:2], units)
        self.mixed = self.first

    def activate(self) -> None:
        choices: list[LayerCall] = [
            ["ReLU", {}], ["ReLU", {"max_value": 1.5, "negative_slope": 0.1, "threshold": 0.05}],
            ["LeakyReLU", {"negative_slope": 0.2}], ["Activation", {"activation": "silu"}], ["ELU", {"alpha": 0.7}],
            ["PReLU", {"alpha_initializer": "he_normal"}], ["PReLU", {"shared_axes": [2, 3] if self.first else [1, 2]}],
            ["ActivityRegularization", {"l1": 0.001, "l2": 0.002}],
        ]  # fmt: skip
        softmax = [] if self.mixed else [["Softmax", {"axis": 1} if self.first else {}]]
        self.layers.append(self.pick([*choices, *softmax]))

    def head(self) -> int:
        """Layers from the map to a row of features, then to classes. Flatten reads either order of either map."""
        name = self.pick(["Flatten", "Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D"])
        if name == "Flatten":
            self.add("Flatten", **self.pick([{}, {}, {"data_format": "channels_first"}]))
        elif self.chance(0.3):
            self.add(name, keepdims=True, format=True)
            self.add("Flatten")
        else:
            self.add(name, format=True)
        if self.chance(0.5):
            self.add("Dense", units=self.number(1, 37), activation=self.pick(ACTIVATIONS),
                     use_bias=self.chance(0.8), **self.regularizer())  # fmt: skip
        classes = self.number(2, 13)
        self.add("Dense", units=classes)
        return classes


def _loss(builder: Builder) -> list[Any]:
    """A loss, after the last activation that it needs."""
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


def random_case(seed: int, steps: int = 3) -> Case:
    """The model of a seed, with its loss, its optimizer (they take turns), and how many steps it takes."""
    builder = Builder(seed)
    pixels = builder.chance(0.15)
    if pixels or builder.chance(0.2):
        builder.rescale(1 / 255 if pixels else builder.pick([0.5, 2.0, 1 / 3]))
    if builder.chance(0.1):
        builder.normalize_inputs()
    body = [builder.conv] * 8 + [partial(convolve, builder)] * 5 + [builder.pool] * 8
    body += [builder.pad, builder.reorder, builder.activate] * 2
    for _ in range(builder.number(1, 4)):
        builder.pick([*body, builder.dense])()
    dropout = builder.pick([0.0, 0.4]) if builder.chance(0.15) else 0.0
    if dropout or builder.chance(0.1):
        builder.drop(dropout)
    builder.head()
    loss = _loss(builder)
    layers = [[name, {"name": f"{name.lower()}_{i}", **given}] for i, (name, given) in enumerate(builder.layers)]
    return {
        "seed": seed, "input_shape": builder.input_shape, "dtype": "uint8" if pixels else "float32", "layers": layers,
        "loss": loss, "optimizer": OPTIMIZERS[seed % len(OPTIMIZERS)], "batch": builder.number(1, 9),
        "steps": 0 if dropout else steps,  # dropout is random: only the predictions can agree
    }  # fmt: skip
