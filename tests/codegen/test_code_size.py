"""The size of a program's text does not grow with a user's numbers: every kernel, at small, large and huge extents.

Only text is made: LLVM takes a millisecond for each kilobyte of it or so, and recurses over what is straight.
"""

import re

import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.codegen import compile as compiler
from planish.codegen.llvm.target import make_target
from planish.codegen.planning.blocks import Blocks
from planish.codegen.planning.plan import Request
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.primitives.circle_sums import CircleSettings, circle_sums
from planish.primitives.random_uniform import random_uniform
from planish.primitives.rewritten.pool_places import pool_places
from planish.primitives.rewritten.spread2d import spread2d
from tests.codegen.kernels.test_stems import STEMS

EXTENTS = (10, 1000, 100_000)
MOST_CHARACTERS = 650_000
GROWTH = 1.5  # of the largest extent's text over that of the middle one
TARGETS = {name: make_target(name, "x86_64-unknown-linux-gnu") for name in ("avx512", "avx2", "x86-64")}
TWO = (2, 2)


class Net:
    """A graph under construction: one input of a shape, and weights."""

    def __init__(self, *shape, dtype="f32"):
        self.x = primitives.input_("x", shape, dtype)
        self.weights = []

    def weight(self, *shape):
        self.weights.append(primitives.parameter(f"w{len(self.weights)}", shape))
        return self.weights[-1]

    def trained(self, y):
        loss = primitives.reduce_sum(y, tuple(range(len(y.shape))))
        found = gradients(primitives.batch_sum(loss), self.weights)
        changed = [primitives.subtract(w, g) for w, g in zip(self.weights, found, strict=True)]
        return Graph.build({"loss": loss}, {f"w{number}": value for number, value in enumerate(changed)})

    def trained_on(self, function):
        """A new weight that a function of the batch gives."""
        return Graph.build({}, {"w": function(primitives.tanh(self.x))})


def reordered(y):
    ranks = primitives.batch_ranks(primitives.reduce_sum(y, (0, 1)))
    return primitives.batch_sum(primitives.reduce_sum(primitives.other_images(y, ranks), (0, 1)))


def paired(n):
    """The loss of pairs of images, and its gradient."""
    net, labels = Net(n), primitives.input_("labels", (), "i32")
    x = primitives.tanh(primitives.multiply(net.x, net.weight(n)))
    return net.trained(circle_sums(x, labels, x, labels, CircleSettings(gamma=1.0, margin=0.4, without_self=True)))


def convolution(shape, kernel, filters, training=False, pool=None, **settings):
    net = Net(*shape)
    x = primitives.multiply(net.x, net.weight(shape[2])) if training else net.x
    channels = shape[2] // settings.get("groups", 1)
    y = primitives.conv2d(x, net.weight(*kernel, channels, filters), **settings)
    y = y if pool is None else primitives.max_pool2d(y, pool, pool)  # where passes move it before gradients are taken
    y = primitives.relu(primitives.add(y, net.weight(filters)))
    return net.trained(y) if training else y


def on_images(features, units, before=None):
    net = Net(features)
    x = net.x if before is None else primitives.relu(primitives.dense(net.x, net.weight(features, before)))
    return net.trained(primitives.relu(primitives.dense(x, net.weight(x.shape[0], units))))


def multiplied(rows, inner, columns):
    return primitives.matmul(primitives.input_("x", (rows, inner)), primitives.input_("z", (inner, columns)))


def mapped(*shape, then):
    """A training step of something between an affine map and a loss."""
    net = Net(*shape)
    return net.trained(then(primitives.multiply(net.x, net.weight(shape[-1]))))


def embedded(rows, width):
    net = Net(9, dtype="i32")
    return net.trained(primitives.square(primitives.take(net.weight(rows, width), net.x)))


def predicted(units, features):
    net = Net(features)
    return primitives.softmax(primitives.add(primitives.dense(net.x, net.weight(features, units)), net.weight(units)))


CASES = {
    "dense: units": lambda n: predicted(n, 20),
    "dense: features": lambda n: predicted(20, n),
    "dense on images: units": lambda n: on_images(784, n),
    "dense on images: features": lambda n: on_images(n, 64),
    "dense on images: features, few units": lambda n: on_images(n, 10),
    "dense behind others: units": lambda n: on_images(20, n, before=8),
    "dense behind others: features": lambda n: on_images(8, 20, before=n),
    "convolution: filters": lambda n: convolution((6, 6, 16), (3, 3), n),
    "convolution: channels": lambda n: convolution((6, 6, n), (3, 3), 16),
    "convolution: rows": lambda n: convolution((n, 4, 3), (3, 3), 4),
    "convolution: columns": lambda n: convolution((4, n, 1), (3, 3), 4),
    "convolution: kernel rows": lambda n: convolution((n + 2, 4, 3), (n, 3), 8),
    "convolution: kernel columns": lambda n: convolution((4, n + 2, 1), (3, n), 4),
    "convolution: strides": lambda n: convolution((4, 3 * n, 3), (3, 3), 4, strides=(1, n)),
    "convolution: dilation": lambda n: convolution((4, 2 * n + 3, 3), (3, 3), 4, dilation=(1, n)),
    "convolution: groups": lambda n: convolution((4, 4, n), (3, 3), n, groups=n),
    "convolution: window": lambda n: convolution((4, n + 2, 16), (3, 3), 16, pool=(1, n)),
    "gradient of a convolution: filters": lambda n: convolution((6, 6, 16), (3, 3), n, training=True),
    "gradient of a convolution: channels": lambda n: convolution((6, 6, n), (3, 3), 6, training=True),
    "gradient of a convolution: columns": lambda n: convolution((4, n, 16), (3, 3), 16, training=True),
    "gradient of a convolution: kernel columns": lambda n: convolution((4, n + 2, 1), (3, n), 4, training=True),
    "gradient of a convolution: kernel rows": lambda n: convolution((n + 2, 4, 3), (n, 3), 4, training=True),
    "gradient of a convolution: strides": lambda n: convolution((4, n + 3, 3), (3, 3), 8, True, strides=(1, n)),
    "gradient of a convolution: groups": lambda n: convolution((4, 4, n), (3, 3), n, True, groups=n),
    "gradient behind a pool: filters": lambda n: convolution((8, 8, 16), (3, 3), n, True, TWO),
    "gradient behind a pool: channels": lambda n: convolution((8, 8, n), (3, 3), 16, True, TWO),
    "gradient behind a pool: one channel": lambda n: convolution((8, 8, 1), (3, 3), n, True, TWO),
    "gradient behind a pool: columns": lambda n: convolution((6, n + 3, 3), (3, 3), 8, True, TWO),
    "gradient behind a pool: kernel columns": lambda n: convolution((6, n + 3, 1), (3, n), 64, True, TWO),
    "gradient behind a pool: window": lambda n: convolution((4, 2 * n + 2, 3), (3, 3), 8, True, (1, n)),
    "maximum: rows of a window": lambda n: primitives.max_pool2d(primitives.input_("x", (n, 3, 5)), (n, 1), (1, 1)),
    "maximum: columns of a window": lambda n: primitives.max_pool2d(primitives.input_("x", (3, n, 5)), (1, n), (1, 1)),
    "maximum: channels": lambda n: primitives.max_pool2d(primitives.input_("x", (4, 4, n)), TWO, (1, 1)),
    "maximum: gradient": lambda n: mapped(3, n + 2, 5, then=lambda x: primitives.max_pool2d(x, (1, n), (1, 1))),
    "maximum: places": lambda n: pool_places(primitives.input_("x", (3, n, 5)), (1, min(n, 127)), (1, 1)),
    "average: columns of a window": lambda n: primitives.average_pool2d(
        primitives.input_("x", (3, n, 5)), (1, n), (1, 1)
    ),
    "average: border": lambda n: primitives.average_pool2d(
        primitives.input_("x", (3, n, 5)), (1, n), (1, 1), ((0, 0), (1, 1))
    ),
    "average: gradient": lambda n: mapped(3, 2 * n + 1, 5, then=lambda x: primitives.average_pool2d(x, (1, n), (1, n))),
    "average: many channels": lambda n: mapped(
        3, 2 * n, 50, then=lambda x: primitives.average_pool2d(x, (1, n), (1, n))
    ),
    "average: overlapping": lambda n: mapped(3, 2 * n, 5, then=lambda x: primitives.average_pool2d(x, (1, n), (1, 1))),
    "labels: classes": lambda n: primitives.one_hot(primitives.input_("x", (3,), "i32"), n),
    "labels: as numbers": lambda n: primitives.as_floats(primitives.input_("x", (n,), "i32")),
    "labels: rows": lambda n: primitives.one_hot(primitives.input_("x", (n,), "i32"), 10),
    "softmax: classes": lambda n: mapped(3, n, then=primitives.softmax),
    "softmax: rows": lambda n: primitives.log_softmax(primitives.input_("x", (n, 3))),
    "sum: last axis": lambda n: primitives.reduce_sum(primitives.input_("x", (3, n)), (1,)),
    "sum: first axis": lambda n: primitives.reduce_max(primitives.input_("x", (n, 64)), (0,)),
    "sum: kept axis": lambda n: primitives.reduce_mean(primitives.input_("x", (3, n)), (0,)),
    "product: last axis": lambda n: primitives.reduce_prod(primitives.input_("x", (3, n)), (1,)),
    "smallest: first axis": lambda n: primitives.reduce_min(primitives.input_("x", (n, 64)), (0,)),
    "largest of the batch": lambda n: Net(3, n).trained_on(primitives.batch_max),
    "sums over several processes": lambda n: Net(3, n).trained_on(
        lambda x: primitives.total(primitives.batch_sum(x), blocks=8)
    ),
    "images of the batch in another order": lambda n: Net(3, n).trained_on(reordered),
    "pairs of images": paired,
    "place of the largest: last axis": lambda n: primitives.argmax(primitives.input_("x", (3, n)), 1),
    "place of the largest: first axis": lambda n: primitives.argmax(primitives.input_("x", (n, 40)), 0),
    "place of the largest: axis beside": lambda n: primitives.argmax(primitives.input_("x", (3, n)), 0),
    "running sum: last axis": lambda n: primitives.cumsum(primitives.input_("x", (3, n)), 1),
    "running product: first axis": lambda n: mapped(n, 40, then=lambda x: primitives.cumprod(x, 0)),
    "sorting: all": lambda n: primitives.sort(primitives.input_("x", (3, n)), 1),
    "sorting: the largest": lambda n: primitives.top_k(primitives.input_("x", (3, n)), 5)[1],
    "product of matrices: rows": lambda n: multiplied(n, 20, 40),
    "product of matrices: columns": lambda n: multiplied(30, 20, n),
    "product of matrices: inner": lambda n: multiplied(30, n, 40),
    "product of matrices: how many": lambda n: primitives.matmul(
        primitives.input_("x", (n, 3, 5)), primitives.input_("z", (n, 5, 4))
    ),
    "transposition": lambda n: primitives.transpose(primitives.input_("x", (n, 3, 33)), (2, 1, 0)),
    "border": lambda n: primitives.pad2d(primitives.input_("x", (3, 3, 5)), ((n, 1), (1, n // 10))),
    "crop": lambda n: primitives.crop2d(primitives.input_("x", (n + 4, 5, 3)), ((n, 0), (0, 0))),
    "pieces": lambda n: primitives.concatenate([primitives.input_("x", (3, n)), primitives.input_("z", (3, n))], 1),
    "element by element": lambda n: primitives.add(primitives.input_("x", (3, n)), primitives.parameter("w", (3, 1))),
    "part": lambda n: primitives.slice_axis(primitives.input_("x", (3, 2 * n)), 1, n, 2 * n),
    "strided part": lambda n: primitives.input_("x", (3, 2 * n))[:, ::-1, ::2],
    "elements apart": lambda n: primitives.spread_strided(primitives.input_("x", (3, n)), (9, 2 * n), (8, 1), (-3, 2)),
    "entries": lambda n: primitives.take(primitives.parameter("w", (n, n // 10)), primitives.input_("x", (n,), "i32")),
    "entries: gradient": lambda n: mapped(n, then=lambda x: primitives.take(x, primitives.input_("i", (n,), "i32"))),
    "entries of weights: gradient": lambda n: embedded(n, n // 10),
    "entries of their own": lambda n: primitives.take_along_axis(
        primitives.input_("x", (n, 3)), primitives.input_("i", (n, 7)), 1
    ),
    "entries of their own: gradient": lambda n: mapped(
        n, 3, then=lambda x: primitives.take_along_axis(x, primitives.input_("i", (n, 7)), 1)
    ),
    "another size": lambda n: primitives.resize2d(primitives.input_("x", (7, n, 5)), (n, 3), "bilinear"),
    "another size: gradient": lambda n: mapped(n, 3, n // 10, then=lambda x: primitives.resize2d(x, (3, n))),
    "spread": lambda n: spread2d(primitives.input_("x", (3, 3, 5)), (1, n)),
    "sum of products over the batch": lambda n: mapped(3, n, then=primitives.tanh),
    "random numbers": lambda n: primitives.multiply(
        primitives.input_("x", (n,)), random_uniform(primitives.scalar("seed", "i32"), (n,), 0)
    ),
}


def text_of(made, target, batch=64):
    graph = made if isinstance(made, Graph) else Graph.build({"y": made})
    types = {"f32": "float32", "i32": "int32"}
    dtypes = {name_of(node): types[node.type.dtype] for node in graph.leaves("input")}
    training = bool(graph.updates)
    blocks = Blocks(8, 8) if any(node.op == "total" for node in graph.nodes) else None
    return compiler.generate(Request(graph, dtypes, target, training, batch if training else 0, blocks)).text


@pytest.mark.parametrize("case", CASES)
def test_no_extent_makes_code_grow(case):
    for target in [TARGETS["avx2"]] if "gradient" in case else TARGETS.values():
        sizes = [len(text_of(CASES[case](extent), target)) for extent in EXTENTS]
        assert max(sizes) <= MOST_CHARACTERS, f"{case} on {target.name}: {sizes}"
        assert sizes[2] <= GROWTH * sizes[1] + 20_000, f"{case} on {target.name}: {sizes}"


def test_every_kernel_is_measured():
    texts = [text_of(make(extent), TARGETS["avx2"]) for make in CASES.values() for extent in EXTENTS[:2]]
    found = set(re.findall(r"@k\d+_(\w+)\(", "".join(texts)))
    assert found == STEMS - {"places_beside"}  # which another kernel writes


@pytest.mark.parametrize("batch", EXTENTS)
def test_no_batch_makes_code_grow(batch):
    assert len(text_of(convolution((8, 8, 3), (3, 3), 8, True, TWO), TARGETS["avx2"], batch)) <= 200_000
    assert len(text_of(on_images(40, 50), TARGETS["avx2"], batch)) <= 300_000


def deep(layers):
    net = Net(16)
    y = net.x
    for _ in range(layers):
        y = primitives.relu(primitives.add(primitives.dense(y, net.weight(16, 16)), net.weight(16)))
    return net.trained(y)


def test_a_layer_that_is_like_another_adds_its_calls_only():
    few, many = (len(text_of(deep(layers), TARGETS["avx2"])) for layers in (10, 60))
    assert (many - few) / 50 <= 8000


def test_stages_are_looked_up():
    """A deep net's step has hundreds: what draws their pieces is there once."""
    lengths = []
    for layers in (2, 12):
        net = Net(6, 6, 4)
        y = net.x
        for _ in range(layers):
            y = primitives.conv2d(y, net.weight(1, 1, 4, 4))
            y = primitives.subtract(y, primitives.batch_sum(y, (0, 1)))  # a stage needs all of the batch
        text = compiler.generate(Request(net.trained(y), {"x": "float32"}, TARGETS["avx2"], True, 8)).text
        lengths.append((text.count("call void @stage"), len(re.search(r"@train\(.*?^}", text, re.S | re.M)[0])))
    (few, short), (many, long) = lengths
    assert many > 32 > few
    assert long == short
    assert "optnone" in text
    assert re.search(r"@stage0\(.*#2 {", text)
