"""Seeded random functional models, described without either library: `graphs.py` builds them from the same JSON.

A network is `{"name", "inputs": [[name, shape], ...], "layers": {id: [class, arguments]}, "calls": [[result, id or
operator, operands], ...], "outputs": [tensor, ...], "input_form", "output_form"}`. A layer of the class `"Network"` has
a network as its arguments, one of the class `"Stack"` a list of layers for a Sequential model. An operand is the name
of a tensor, a number, or a list of operands; a result is a name, or a list of names.

Where a bias could be shifted without any effect, its gradient would be only rounding errors, from which Adam takes
whole steps. So a layer with a bias always has an activation that is not linear, unless the loss reads its outputs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Network = dict[str, Any]
Shape = tuple[int, ...]

# Their derivatives do not jump, except relu's; none of them grows faster than its argument.
ACTIVATIONS = ["relu", "relu", "sigmoid", "tanh", "elu", "selu", "gelu", "softplus", "softsign", "silu", "leaky_relu"]
MERGES = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"]
FORMS = ["list", "list", "tuple", "dict"]


class Dice:
    def __init__(self, seed: list[int]) -> None:
        self.random = np.random.default_rng(seed)

    def number(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def pick(self, choices: list[Any]) -> Any:
        return choices[self.number(0, len(choices) - 1)]


def _tensors(operands: Any) -> list[str]:
    """All names in the operands of a call."""
    if isinstance(operands, list):
        return [name for part in operands for name in _tensors(part)]
    return [operands] if isinstance(operands, str) else []


class NetworkBuilder:
    """Adds calls at random. `shapes` has the shape of every tensor; a map is (rows, columns, channels)."""

    def __init__(self, dice: Dice, name: str, inputs: list[tuple[str, Shape]], depth: int, *, named: bool) -> None:
        self.dice, self.name, self.depth, self.named = dice, name, depth, named
        self.inputs = inputs
        self.made = 0
        self.shapes = dict(inputs)
        self.layers: dict[str, list[Any]] = {}
        self.calls: list[list[Any]] = []

    def finish(self, outputs: list[str]) -> Network:
        several = len(self.inputs) > 1
        self._forget_what_nothing_reads(outputs)
        return {
            "name": self.name, "inputs": [[name, list(shape)] for name, shape in self.inputs],
            "layers": self.layers, "calls": self.calls, "outputs": outputs,
            "input_form": self.dice.pick(FORMS) if several else "single",
            "output_form": self.dice.pick(FORMS) if len(outputs) > 1 else "single",
        }  # fmt: skip

    def _forget_what_nothing_reads(self, outputs: list[str]) -> None:
        read, kept = set(outputs), []
        for result, called, operands in reversed(self.calls):
            if read & set(result if isinstance(result, list) else [result]):
                read |= set(_tensors(operands))
                kept.append([result, called, operands])
        self.calls = kept[::-1]
        used = {called for _, called, _ in self.calls}
        self.layers = {name: told for name, told in self.layers.items() if name in used}

    # What networks are made of

    def layer(self, kind: str, **arguments: Any) -> str:
        """A layer of this class; with a name, or with the one that the library gives."""
        self.made += 1
        name = f"{self.name}_{kind.lower()}_{self.made}"
        if self.named:
            arguments["name"] = name
        self.layers[name] = [kind, arguments]
        return name

    def call(self, called: str, operands: Any, shape: Shape) -> str:
        result = f"{self.name}_t{len(self.shapes)}"
        self.calls.append([result, called, operands])
        self.shapes[result] = shape
        return result

    def apply(self, kind: str, operands: Any, shape: Shape, **arguments: Any) -> str:
        return self.call(self.layer(kind, **arguments), operands, shape)

    def merge(self, kind: str, tensors: list[str], shape: Shape) -> str:
        return self.apply(kind, tensors, shape)

    # Maps

    def conv(self, x: str, filters: int | None = None, size: int | None = None) -> str:
        """A convolution that keeps rows and columns; sometimes with batch normalization."""
        dice, (rows, columns, channels) = self.dice, self.shapes[x]
        size = size or dice.pick([1, 3, 3, 2, 5])
        filters = filters or dice.number(1, 7)
        shape = (rows, columns, filters)
        settings: dict[str, Any] = {"filters": filters, "kernel_size": size, "padding": "same"}
        if dice.chance(0.2):
            kind = dice.pick(["SeparableConv2D", "Conv2DTranspose"])
            return self.apply(kind, x, shape, activation=dice.pick(ACTIVATIONS), **settings)
        if channels % 2 == 0 and filters % 2 == 0 and dice.chance(0.15):
            settings["groups"] = 2
        if not dice.chance(0.3):
            biased = dice.chance(0.8)
            return self.apply("Conv2D", x, shape, activation=dice.pick(ACTIVATIONS), use_bias=biased, **settings)
        if dice.chance(0.3):  # as in MobileNet
            x = self.apply("DepthwiseConv2D", x, (rows, columns, channels), kernel_size=3, padding="same",
                           activation="relu6")  # fmt: skip
        y = self.apply("Conv2D", x, shape, use_bias=False, **settings)
        y = self.apply("BatchNormalization", y, shape, momentum=dice.pick([0.9, 0.99]), scale=dice.chance(0.8))
        return self.apply("Activation", y, shape, activation=dice.pick(["relu", "tanh", "silu"]))

    def shrink(self, x: str) -> str:
        """Fewer rows and columns, by strides, a pool or borders."""
        dice, (rows, columns, channels) = self.dice, self.shapes[x]
        if min(rows, columns) < 4:
            return self.conv(x)
        if dice.chance(0.4):
            filters, halved = dice.number(1, 6), (math.ceil(rows / 2), math.ceil(columns / 2))
            return self.apply("Conv2D", x, (*halved, filters), filters=filters, kernel_size=3, strides=2,
                              padding="same", activation=dice.pick(ACTIVATIONS))  # fmt: skip
        if dice.chance(0.6):
            kind = dice.pick(["MaxPooling2D", "AveragePooling2D"])
            return self.apply(kind, x, (rows // 2, columns // 2, channels), pool_size=2)
        return self.apply("Conv2D", x, (rows - 2, columns - 1, 3), filters=3, kernel_size=[3, 2], activation="tanh")

    def residual(self, x: str) -> str:
        """As in ResNet, with the layer Add or with the operator."""
        channels = self.shapes[x][-1]
        filters, shortcut = channels, x
        if self.dice.chance(0.4):
            filters = self.dice.number(1, 6)
            shortcut = self.conv(x, filters, 1)
        y = self.conv(self.conv(x), filters)
        shape = self.shapes[y]
        y = self.merge("Add", [y, shortcut], shape) if self.dice.chance(0.6) else self.call("+", [y, shortcut], shape)
        return self.apply("Activation", y, shape, activation=self.dice.pick(["relu", "tanh"]))

    def inception(self, x: str) -> str:
        """Branches side by side."""
        rows, columns, channels = self.shapes[x]
        branches = [self.conv(x, size=1), self.conv(self.conv(x, size=1), size=3)]
        if self.dice.chance(0.6):
            pooled = self.apply("MaxPooling2D", x, (rows, columns, channels), pool_size=3, strides=1, padding="same")
            branches.append(self.conv(pooled, size=1))
        if self.dice.chance(0.3):
            branches.append(x)
        return self.joined(branches, 3)

    def densely(self, x: str) -> str:
        """As in DenseNet: each sees all before it."""
        for _ in range(self.dice.number(1, 3)):
            x = self.joined([x, self.conv(x, self.dice.number(1, 3))], 3)
        return x

    def joined(self, tensors: list[str], axis: int) -> str:
        """Concatenated along an axis (1 is the first behind the batch), which may be counted from the end."""
        shapes = [self.shapes[tensor] for tensor in tensors]
        shape = list(shapes[0])
        shape[axis - 1] = sum(one[axis - 1] for one in shapes)
        told = axis - len(shape) - 1 if self.dice.chance(0.5) else axis
        return self.apply("Concatenate", tensors, tuple(shape), axis=told)

    def beside(self, x: str) -> str:
        """Two maps, below or beside each other."""
        return self.joined([x, self.conv(x, self.shapes[x][-1])], self.dice.pick([1, 2]))

    def merged(self, x: str) -> str:
        """Two or three tensors of one shape, or of shapes that broadcast."""
        dice, shape = self.dice, self.shapes[x]
        kind = dice.pick(MERGES)
        others = [self.conv(x, shape[-1]) for _ in range(2 if kind != "Subtract" and dice.chance(0.3) else 1)]
        if dice.chance(0.25):
            others = [self.conv(x, 1)]
        return self.merge(kind, [x, *others] if dice.chance(0.7) else [*others, x], shape)

    def gate(self, x: str) -> str:
        """Channels times what their means say, as in squeeze and excitation."""
        rows, columns, channels = self.shapes[x]
        means = self.apply("GlobalAveragePooling2D", x, (1, 1, channels), keepdims=True)
        share = self.apply("Dense", means, (1, 1, channels), units=channels, activation="sigmoid")
        shape = (rows, columns, channels)
        return self.merge("Multiply", [x, share], shape) if self.dice.chance(0.5) else self.call("*", [x, share], shape)

    def arithmetic(self, x: str) -> str:
        """Python's operators, with numbers on either side and with another tensor."""
        dice, shape = self.dice, self.shapes[x]
        y = self.conv(x, shape[-1]) if len(shape) == 3 else self.dense(x, shape[-1])
        expressions: list[list[Any]] = [
            ["+", [x, 0.5]], ["+", [1, x]], ["-", [1, x]], ["-", [x, y]], ["*", [x, 0.5]], ["*", [2.0, x]],
            ["*", [x, y]], ["/", [x, 2]], ["/", [x, 1.5]], ["neg", [x]], ["abs", [x]], ["+", [x, y]], ["-", [y, x]],
        ]  # fmt: skip
        for _ in range(dice.number(1, 3)):
            operator, operands = dice.pick(expressions)
            z = self.call(operator, operands, shape)
            expressions = [[name, [z if part == x else part for part in parts]] for name, parts in expressions]
            x = z
        return x

    def sliced(self, x: str) -> str:
        """Some rows, columns or channels."""
        rows, columns, channels = self.shapes[x]
        choices: list[tuple[list[Any], Shape]] = []
        whole = [None, None, None]
        if rows > 3:
            choices.append(([whole, [1, None, None]], (rows - 1, columns, channels)))
            choices.append(([whole, [None, -1, None], [1, None, None]], (rows - 1, columns - 1, channels)))
        if columns > 3:
            choices.append(([whole, whole, [None, None, 2]], (rows, math.ceil(columns / 2), channels)))
        if channels > 1:
            choices.append((["...", [None, channels // 2, None]], (rows, columns, channels // 2)))
            choices.append(([whole, whole, whole, [1, 2, None]], (rows, columns, 1)))
        if not choices:
            return self.conv(x)
        key, shape = self.dice.pick(choices)
        return self.call("slice", [x, {"key": key}], shape)

    def shared(self, x: str) -> str:
        """A layer called twice: on its own result, or on two tensors."""
        dice, shape = self.dice, self.shapes[x]
        layer = self.layer(
            "Conv2D", filters=shape[-1], kernel_size=3, padding="same", activation=dice.pick(ACTIVATIONS)
        )
        once = self.call(layer, x, shape)
        if dice.chance(0.5):
            return self.call(layer, once, shape)
        other = self.call(layer, self.conv(x, shape[-1]), shape)
        return self.merge(dice.pick(MERGES), [once, other], shape)

    def nested(self, x: str) -> str:
        """A model in the model, used once or twice."""
        dice, shape = self.dice, self.shapes[x]
        if dice.chance(0.4):
            return self.stacked(x)
        name = f"{self.name}_inner{len(self.layers)}"
        two = dice.chance(0.35)
        inputs = [(f"{name}_in{i}", shape) for i in range(2 if two else 1)]
        inner = NetworkBuilder(dice, name, inputs, self.depth - 1, named=True)
        y = inner.body(inputs[0][0], dice.number(1, 2))
        if two:
            other = inner.conv(inputs[1][0], shape[-1])
            y = inner.joined([y, inner.matched(other, inner.shapes[y])], 3)
        y = inner.matched(y, shape)
        outputs = [y, inner.conv(y, 2)] if dice.chance(0.3) else [y]
        made = inner.finish(outputs)
        made["input_form"] = "list" if two else "single"
        made["output_form"] = "list" if len(outputs) > 1 else "single"
        self.layers[name] = ["Network", made]
        for _ in range(dice.number(1, 2)):
            operands: Any = [x, self.conv(x, shape[-1])] if two else x
            x = self._called_model(name, operands, [inner.shapes[tensor] for tensor in outputs])
        return x

    def _called_model(self, name: str, operands: Any, shapes: list[Shape]) -> str:
        """The first output; a second one is joined with it."""
        if len(shapes) == 1:
            return self.call(name, operands, shapes[0])
        results = [f"{self.name}_t{len(self.shapes) + i}" for i in range(len(shapes))]
        self.calls.append([results, name, operands])
        self.shapes |= dict(zip(results, shapes, strict=True))
        return self.conv(self.joined(results, 3), shapes[0][-1])

    def stacked(self, x: str) -> str:
        """A Sequential model as a layer."""
        dice, (rows, columns, channels) = self.dice, self.shapes[x]
        name = f"{self.name}_stack{len(self.layers)}"
        body: list[list[Any]] = [
            ["Conv2D", {"filters": dice.number(1, 5), "kernel_size": 3, "padding": "same", "activation": "relu"}],
            ["Conv2D", {"filters": channels, "kernel_size": 1, "activation": "tanh"}],
        ]
        if dice.chance(0.4):
            body[:1] = [["Conv2D", {"filters": 3, "kernel_size": 2, "padding": "same", "use_bias": False}],
                        ["BatchNormalization", {}], ["ReLU", {}]]  # fmt: skip
        for i, (kind, arguments) in enumerate(body):
            arguments["name"] = f"{name}_{kind.lower()}_{i}"
        self.layers[name] = ["Stack", {"name": name, "shape": [rows, columns, channels], "layers": body}]
        for _ in range(dice.number(1, 2)):
            x = self.call(name, x, (rows, columns, channels))
        return x

    def matched(self, x: str, shape: Shape) -> str:
        """A map of this shape, by cutting, repeating and a convolution."""
        rows, columns, _ = self.shapes[x]
        while rows < shape[0]:
            x = self.joined([x, x], 1)
            rows *= 2
        while columns < shape[1]:
            x = self.joined([x, x], 2)
            columns *= 2
        if (rows, columns) != shape[:2]:
            key = [[None, None, None], [None, shape[0], None], [None, shape[1], None]]
            x = self.call("slice", [x, {"key": key}], (shape[0], shape[1], self.shapes[x][-1]))
        return x if self.shapes[x] == shape else self.conv(x, shape[-1])

    def body(self, x: str, count: int) -> str:
        blocks = [
            self.conv, self.shrink, self.residual, self.residual, self.inception, self.densely, self.beside,
            self.merged, self.merged, self.gate, self.arithmetic, self.arithmetic, self.sliced, self.shared,
        ]  # fmt: skip
        if self.depth:
            blocks += [self.nested] * 3
        for _ in range(count):
            x = self.dice.pick(blocks)(x)
            rows, columns, channels = self.shapes[x]
            if channels > 12 or rows * columns > 200:
                x = self.shrink(self.conv(x, 4))
        return x

    # Rows of features

    def dense(self, x: str, units: int) -> str:
        shape = (*self.shapes[x][:-1], units)
        return self.apply("Dense", x, shape, units=units, activation=self.dice.pick(ACTIVATIONS))

    def features(self, x: str) -> str:
        """A row for each image."""
        shape = self.shapes[x]
        if len(shape) == 1:
            return x
        kind = self.dice.pick(["Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D"])
        return self.apply(kind, x, (math.prod(shape),) if kind == "Flatten" else shape[-1:])

    def together(self, rows: list[str]) -> str:
        """Several rows as one, sometimes with how alike they are."""
        dice = self.dice
        if len(rows) == 1:
            return rows[0]
        if len(rows) == 2 and dice.chance(0.4):
            units = dice.number(2, 5)
            one, other = (self.dense(row, units) for row in rows)
            alike = self.apply("Dot", [one, other], (1,), axes=dice.pick([1, -1]), normalize=dice.chance(0.5))
            rows = [*rows, alike]
        return self.joined(rows, 1)
