"""Small random graphs of what networks are made of."""

import numpy as np

from planish import primitives
from planish.autodiff import gradients
from planish.graph.graph import Graph
from planish.graph.settings import name_of

SMOOTH = ["tanh", "sigmoid", "erf", "relu", "square", "negative", "absolute", "softplus"]

PAIRS = [
    primitives.add,
    primitives.multiply,
    primitives.subtract,
    primitives.maximum,
    primitives.minimum,
    primitives.sigmoid_cross_entropy,
]


class RandomGraph:
    """Grows by an operation at a time from one image; every choice comes from the generator.

    Graphs of odd seeds join and cut values.
    """

    def __init__(self, seed):
        self.generator = np.random.default_rng(seed)
        self.joining = bool(seed % 2)
        self.weights = []
        extents = (self.number(3, 9), self.number(3, 9), self.number(1, 20))
        self.values = [primitives.input_("x", extents)]

    def number(self, first, stop):
        return int(self.generator.integers(first, stop))

    def one_of(self, choices):
        return choices[self.number(0, len(choices))]

    def weight(self, *shape):
        self.weights.append(primitives.parameter(f"w{len(self.weights)}", shape))
        return self.weights[-1]

    def border(self):
        return (
            tuple((self.number(0, 3), self.number(0, 3)) for _ in range(2)) if self.number(0, 2) else ((0, 0), (0, 0))
        )

    def maps(self, x):
        """An operation on maps, as far as the extents allow it."""
        rows, columns, channels = x.shape
        kind = self.number(0, 9)
        if kind <= 2 and min(rows, columns) >= 3:
            groups = 2 if channels % 2 == 0 and self.number(0, 3) == 0 else 1
            kernel = (3, 3) if self.number(0, 2) else (self.number(1, 4), self.number(1, 4))
            filters = groups * self.number(1, 20)
            if kind == 0 and channels % 3 == 0:
                groups = filters = channels
            strides = (1, 1) if self.number(0, 2) else (self.number(1, 3), self.number(1, 3))
            w = self.weight(*kernel, channels // groups, filters)
            y = primitives.conv2d(x, w, strides, self.border(), groups=groups)
            return primitives.add(y, self.weight(filters)) if self.number(0, 2) else y
        if kind <= 5 and min(rows, columns) >= 2:
            window, strides = (2, 2), (2, 2) if self.number(0, 2) else (self.number(1, 3), self.number(1, 3))
            pool = primitives.max_pool2d if self.number(0, 3) else primitives.average_pool2d
            return pool(x, window, strides, ((0, 0), (0, 0)) if self.number(0, 2) else ((1, 0), (0, 1)))
        if kind == 6:
            return primitives.dense(x, self.weight(channels, self.number(1, 20)))
        if kind == 7:
            return primitives.transpose(primitives.transpose(x, (1, 0, 2)), self.one_of([(1, 0, 2), (0, 1, 2)]))
        return primitives.reshape(primitives.reshape(x, (rows * columns * channels,)), (columns, rows, channels))

    def elementwise(self, x):
        channels = x.shape[-1]
        kind = self.number(0, 7)
        if kind <= 1:
            return getattr(primitives, self.one_of(SMOOTH))(x)
        if kind == 2:
            return self.one_of([primitives.elu, primitives.leaky_relu])(x, self.one_of([0.2, 0.0, -0.3, 1.5]))
        others = [self.weight(channels), self.weight(1, 1, channels), self.weight(), self.weight(*x.shape)]
        numbers = [0.0, -0.0, 1.0, 0.5]
        alike = [value for value in self.values if value.shape == x.shape]
        other = self.one_of([*others, *numbers, *alike])
        operation = self.one_of(PAIRS)
        return operation(x, other) if self.number(0, 2) else operation(other, x)

    def beside(self, x, axis):
        """A value that can be joined with x along the axis; a new one where there is none."""
        found = [value for value in self.values if _without(value.shape, axis) == _without(x.shape, axis)]
        if axis != 2 or self.number(0, 2):
            return self.one_of(found)
        return primitives.tanh(primitives.dense(x, self.weight(x.shape[2], self.number(1, 13))))

    def parts(self, x):
        """Values joined and cut, products of maps, sums along an axis."""
        kind = self.number(0, 8)
        if kind <= 1:
            axis = self.number(0, 3)
            together = [x, self.beside(x, axis)]
            return primitives.concatenate(together if self.number(0, 2) else together[::-1], axis)
        if kind <= 3:
            return self.growing(x)
        if kind == 4:
            axis = self.number(0, 3)
            start = self.number(0, x.shape[axis])
            return primitives.slice_axis(x, axis, start, self.number(start, x.shape[axis]) + 1)
        if kind == 5:
            steps = [self.number(1, 3) for _ in x.shape]
            counts = [-(-extent // step) for extent, step in zip(x.shape, steps, strict=True)]
            return primitives.slice_strided(x, [0, 0, 0], counts, steps)
        if kind == 6:
            return primitives.matmul(primitives.transpose(x, (0, 2, 1)), primitives.tanh(x))
        sums = primitives.reduce_mean(x, (self.number(0, 2), 2) if self.number(0, 2) else (0, 1), keepdims=True)
        return primitives.multiply(x, sums)

    def growing(self, x):
        """Lists of maps that begin alike, in front or behind, and a sum of what became of them."""
        axis = self.number(0, 3)
        listed = [x, primitives.tanh(x)]
        for _ in range(self.number(1, 3)):
            seen = primitives.concatenate(listed, axis)
            self.values.append(primitives.add(primitives.square(seen), 0.5) if self.number(0, 2) else seen)
            made = primitives.sigmoid(primitives.multiply(x, self.weight(x.shape[2])))
            listed = [*listed, made] if self.number(0, 3) else [made, *listed]
        return primitives.concatenate(listed, axis)

    def grow(self, steps):
        for _ in range(steps):
            x = self.values[-1] if self.number(0, 4) else self.one_of(self.values)
            makers = [self.maps, self.elementwise]
            if self.joining:
                makers += [self.elementwise, self.parts]
            self.values.append(self.one_of(makers)(x))
        return self


def _without(shape, axis):
    return shape[:axis] + shape[axis + 1 :]


def random_inference(seed):
    """Two results of which the second is the last value."""
    graph = RandomGraph(seed).grow(7)
    return Graph.build({"a": graph.one_of(graph.values[1:]), "b": graph.values[-1]})


def random_training(seed):
    """Gradients of all weights, and a step along them."""
    graph = RandomGraph(seed).grow(6)
    graph.values.append(primitives.multiply(graph.values[-1], graph.weight(graph.values[-1].shape[-1])))
    loss = primitives.reduce_mean(primitives.tanh(graph.values[-1]), (0, 1, 2))
    total = primitives.divide(primitives.batch_sum(loss), primitives.batch_size())
    used = [node for node in Graph.build({"loss": loss}).nodes if node.op == "parameter"]
    rate = primitives.scalar("rate")
    pairs = zip(used, gradients(total, used), strict=True)
    updates = {name_of(node): primitives.subtract(node, primitives.multiply(g, rate)) for node, g in pairs}
    return Graph.build({"loss": loss}, updates)
