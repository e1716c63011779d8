"""Arrays of every element type, in order and gathered, as the program reads them."""

import numpy as np
import pytest

from planish import primitives
from planish.graph.graph import Graph
from planish.runtime import compile
from planish.runtime.executable import TrainingExecutable
from planish.runtime.inference_executable import InferenceExecutable
from tests.codegen.support import on_every_target

DTYPES = [
    "float32", "float64", "float16", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "bool",
]  # fmt: skip
SIZES = [1, 3, 7, 8, 9, 15, 16, 17, 31, 33]
IMAGES = 4


def numbers(dtype, size):
    generator = np.random.default_rng(size)
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return generator.integers(0, 2, (IMAGES, size)).astype(bool)
    if kind.kind == "f":
        values = (generator.standard_normal((IMAGES, size)) * 100).astype(kind)
        values[0, 0], values[1, 0], values[2, 0] = np.nan, np.inf, 2.0**-20
        return values
    limits = np.iinfo(kind)
    values = generator.integers(limits.min, limits.max, (IMAGES, size), dtype=kind, endpoint=True)
    values[0, 0], values[-1, -1] = limits.min, limits.max
    return values


@on_every_target
@pytest.mark.parametrize("dtype", DTYPES)
def test_values(target, dtype):
    nodes = {f"x{size}": primitives.input_(f"x{size}", (size,)) for size in SIZES}
    arrays = {f"x{size}": numbers(dtype, size) for size in SIZES}
    dtypes = {name: array.dtype for name, array in arrays.items()}
    outputs = {name: np.full(array.shape, 7, np.float32) for name, array in arrays.items()}
    graph = Graph.build({name: primitives.negative(primitives.negative(node)) for name, node in nodes.items()})
    InferenceExecutable(compile(graph, dtypes)).run({}, arrays, outputs, IMAGES, version=1)
    for name, array in arrays.items():
        np.testing.assert_array_equal(outputs[name], array.astype(np.float32), err_msg=name)


@pytest.mark.parametrize("dtype", DTYPES)
def test_gathered(dtype):
    nodes = {f"x{size}": primitives.input_(f"x{size}", (size,)) for size in (1, 7, 33)}
    arrays = {f"x{size}": numbers(dtype, size) for size in (1, 7, 33)}
    order = np.array([3, 0, 0, 2, 1])
    outputs = {name: np.full((len(order), *array.shape[1:]), 7, np.float32) for name, array in arrays.items()}
    graph = Graph.build(
        {name: primitives.maximum(node, node) for name, node in nodes.items()}, {"w": primitives.batch_size()}
    )
    dtypes = {name: array.dtype for name, array in arrays.items()}
    executable = TrainingExecutable(compile(graph, dtypes, training=True, max_batch=2))
    weights = {"w": np.zeros((), np.float32)}
    assert executable.run(weights, arrays, order, 2, {}, outputs) == 3
    for name, array in arrays.items():
        np.testing.assert_array_equal(outputs[name], array[order].astype(np.float32), err_msg=name)
    assert weights["w"] == 1


@on_every_target
@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if "float" not in dtype])
def test_labels(target, dtype):
    labels = np.array([[0, 1, 1], [1, 0, 1]]) if dtype == "bool" else np.array([[0, 9, 100], [4, 31, 127]])
    array = labels.astype(dtype)
    node = primitives.one_hot(primitives.input_("x", (3,), "i32"), 128)
    output = np.zeros((2, 3, 128), np.float32)
    executable = InferenceExecutable(compile(Graph.build({"y": node}), {"x": array.dtype}))
    executable.run({}, {"x": array}, {"y": output}, 2, version=1)
    assert output.argmax(axis=-1).tolist() == labels.tolist()
    assert output.sum() == 6
