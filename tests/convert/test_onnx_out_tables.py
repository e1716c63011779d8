"""Every layer, every operation, and primitives in forms that no layer has: exported, and compared."""

import itertools

import numpy as np
import onnx
import pytest

import planish
from planish import primitives
from planish.convert.graphs.foreign_graph import Port
from planish.convert.onnx_writer import file
from planish.convert.onnx_writer.translating import translated
from planish.graph.graph import Graph
from planish.graph.settings import name_of
from planish.primitives.conv2d import conv2d_settings
from planish.primitives.conv2d_input_grad import conv2d_input_grad
from planish.primitives.interpreter import interpret
from planish.primitives.scan import linear_scan
from planish.primitives.take_grad import take_grad
from tests.convert.exported import NEAR, apart, differences, evaluated
from tests.flattening.test_every_layer import LAYERS, MERGING, OTHERS, SEQUENCES
from tests.ops.case import Case
from tests.ops.cases import CASES
from tests.ops.support import graph_of

IMAGES = 3
RANDOM = np.random.default_rng(0)


def written(graph, weights, folder, opset=file.USUAL):
    """The file of a graph, after ONNX's checker has passed it."""
    inputs = {
        name_of(leaf): Port(f"in_{i}", (None, *leaf.shape), np.dtype(leaf.dtype))
        for i, leaf in enumerate(graph.leaves("input"))
    }
    outputs = [f"out_{i}" for i in range(len(graph.outputs))]
    network, ports = translated(graph, weights, inputs, outputs, "graph")
    path = folder / "graph.onnx"
    file.write(str(path), network, ports, opset, {}, "0")
    onnx.checker.check_model(str(path), full_check=True)
    return path


def wrong(graph, bindings, folder, opset=file.USUAL):
    """What the file of a graph gives otherwise, in words."""
    names = [name_of(leaf) for leaf in graph.leaves("input")]
    weights = {name: array for name, array in bindings.items() if name not in names}
    path = written(graph, weights, folder, opset)
    expected = interpret(graph, bindings, batch_size=IMAGES).outputs.values()
    given = evaluated(path, [bindings[name] for name in names])
    return [f"{far:.2g}" for far in map(apart, given, expected) if not far <= NEAR]


def failures(rows, check):
    """Rows that differ or cannot be written, each with what is wrong."""
    found = {}
    for name, row in rows:
        try:
            said = check(row)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        if said:
            found[name] = said
    return found


def of_images(row):
    layer, *_ = row
    return planish.Sequential([planish.Input((6, 5, 2)), layer])


def of_sequences(row):
    return planish.Sequential([planish.Input((10, 2)), row[0]])


def of_their_own_shape(row):
    return planish.Sequential([planish.Input(row[1]), row[0]])


def of_two(row):
    one, other = planish.Input((6, 5, 2)), planish.Input((6, 5, 2))
    return planish.Model([one, other], row[0]([one, other]))


@pytest.mark.parametrize(
    ("table", "made"),
    [(LAYERS, of_images), (SEQUENCES, of_sequences), (OTHERS, of_their_own_shape), (MERGING, of_two)],
    ids=["on images", "on sequences", "on others", "on several"],
)
def test_every_layer(table, made, tmp_path):
    assert failures(table.items(), lambda row: differences(made(row), tmp_path)) == {}


WRITABLE = [case for case in CASES if case.nodes is not None and "b" in case.nodes]
ONE_OF_EACH = [*{case.name: case for case in WRITABLE}.values()]


def test_every_operation(tmp_path):
    versions = itertools.cycle((13, 18, 21))

    def check(case: Case):
        return wrong(*graph_of(case), tmp_path, next(versions))

    assert failures([(case.key, case) for case in ONE_OF_EACH], check) == {}


def numbers(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def image(*shape, name="x"):
    return primitives.input_(name, shape)


SPREAD = conv2d_settings((2, 1), ((1, 1), (0, 0)), (1, 2), 1)  # ONNX's own evaluator fails with several groups


def other(back):
    """Images in the order of their sums, or back from it."""
    x = image(4)
    return primitives.other_images(x, primitives.batch_ranks(primitives.reduce_sum(x, (0,))), back=back)


def first_image(values):
    """A value without the batch axis that is computed from the images."""
    return primitives.batch_sum(values)


FORMS = {
    "take of each image": lambda: primitives.take(image(3, 4, 2), image(5, name="i"), 1),
    "take of what all images share": lambda: primitives.take(first_image(image(3, 4)), image(2, 2, name="i"), 1),
    "take_along_axis of what all share": lambda: primitives.take_along_axis(
        first_image(image(3, 4)), image(3, 2, name="i"), 1
    ),
    "take_along_axis by what all share": lambda: primitives.take_along_axis(
        image(3, 4), first_image(image(3, 2, name="i")), 1
    ),
    "take_grad": lambda: take_grad(image(2, 5, 3), image(5, name="i"), 1, (2, 4, 3)),
    "take_grad at the end": lambda: take_grad(image(5), image(5, name="i"), 0, (4,)),
    "linear_scan": lambda: linear_scan(image(7, 2), image(7, 2, name="i"), 0),
    "linear_scan, back": lambda: linear_scan(image(7, 2), image(7, 2, name="i"), 0, reverse=True),
    "cumprod, back": lambda: primitives.cumprod(image(2, 6), 1, reverse=True),
    "spread": lambda: primitives.spread_strided(image(3, 2), (9, 4), (7, 1), (-3, 2), 0.5),
    "a transposed convolution": lambda: conv2d_input_grad(
        image(3, 4, 4), primitives.table(numbers(3, 2, 6, 4)), (6, 6, 6), SPREAD
    ),
    "ranks": lambda: primitives.batch_ranks(primitives.reduce_sum(image(4), (0,))),
    "other images": lambda: other(back=False),
    "images back": lambda: other(back=True),
    "the batch's size": lambda: primitives.divide(primitives.batch_max(image(3, 4), (1,)), primitives.batch_size()),
    "joined maps, in parts": lambda: primitives.slice_axis(
        primitives.reshape(primitives.max_pool2d(image(4, 4, 3), (2, 2), (2, 2)), (12,)), 0, 1, 7
    ),
    "joined maps and a vector": lambda: primitives.add(
        primitives.tanh(primitives.reshape(primitives.max_pool2d(image(4, 4, 3), (2, 2), (2, 2)), (12,))),
        primitives.multiply(image(12, name="i"), primitives.table(numbers(12))),
    ),
    "products of maps": lambda: primitives.matmul(
        primitives.max_pool2d(image(4, 4, 3), (2, 2), (2, 2)), primitives.transpose(image(2, 2, 3, name="i"), (0, 2, 1))
    ),
}  # fmt: skip


def test_forms_of_primitives(tmp_path):
    def check(make):
        graph = Graph.build({"y": make()})
        shapes = {name_of(leaf): leaf.shape for leaf in graph.leaves("input")}
        given = {name: numbers(IMAGES, *shape) for name, shape in shapes.items()}
        if "i" in given:
            given["i"] = np.round(given["i"] * 2)
        return wrong(graph, given, tmp_path)

    assert failures(FORMS.items(), check) == {}


def test_functions_that_onnx_lacks_are_exact_at_the_edges(tmp_path):
    tiny = np.array([[1e-7, -1e-7, 0.0, 3.0, -0.9, 80.0]], np.float32).repeat(IMAGES, 0)
    powers = np.array([[0.125, 1.0, 2.0, 8.0, 1024.0, 2.0**-20]], np.float32).repeat(IMAGES, 0)
    signs = np.array([[1.0, -1.0, 0.0, -2.5, 1e30, -1e-30]], np.float32).repeat(IMAGES, 0)
    x, y, z = image(6, name="tiny"), image(6, name="powers"), image(6, name="signs")
    made = {
        "expm1": primitives.expm1(x),
        "log1p": primitives.log1p(x),
        "log2": primitives.log2(y),
        "arctan2": primitives.arctan2(z, x),
        "hypot": primitives.hypot(z, z),
        "remainder": primitives.remainder(z, 0.7),
        "logaddexp": primitives.logaddexp(z, z),
    }
    graph, given = Graph.build(made), {"tiny": tiny, "powers": powers, "signs": signs}
    expected = interpret(graph, given).outputs
    names = [name_of(leaf) for leaf in graph.leaves("input")]
    answers = evaluated(written(graph, {}, tmp_path), [given[name] for name in names])
    for (name, right), answer in zip(expected.items(), answers, strict=True):
        np.testing.assert_allclose(answer, right, rtol=3e-6, atol=0 if name != "arctan2" else 1e-12, err_msg=name)
    np.testing.assert_array_equal(answers[2], np.log2(powers))
