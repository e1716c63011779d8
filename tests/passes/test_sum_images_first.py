"""Sums over a batch of maps are taken of sums over each image."""

import numpy as np
import pytest

from planish import primitives
from planish.graph.graph import Graph
from planish.layers import BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D
from planish.models import Sequential
from planish.passes.share_equal_nodes import share_equal_nodes
from planish.passes.sum_images_first import sum_images_first
from planish.primitives.interpreter import interpret
from tests.passes.support import after, operations

X = primitives.input_("x", (5, 4, 3))


def test_a_sum_over_all_pixels():
    text = after(sum_images_first, primitives.batch_sum(X, (0, 1)))
    assert operations(text) == ["input", "reduce_sum", "batch_sum"]
    assert "f32[N,3]" in text


@pytest.mark.parametrize("axes", [(), (0,), (2,), (0, 1, 2), (1, 2)])
def test_other_sums_stay(axes):
    assert "reduce_sum" not in after(sum_images_first, primitives.batch_sum(X, axes))


def test_few_pixels_stay():
    assert "reduce_sum" not in after(sum_images_first, primitives.batch_sum(primitives.input_("x", (7, 1, 3)), (0, 1)))


def test_a_variance_reads_the_maps_before_the_mean_is_known():
    mean = primitives.divide(primitives.batch_sum(X, (0, 1)), primitives.multiply(primitives.batch_size(), 20.0))
    text = after(sum_images_first, primitives.batch_sum(primitives.squared_deviation(X, mean), (0, 1)))
    deviations = [line for line in text.splitlines() if "squared_deviation" in line]
    assert [line.split(": ")[1].split(" =")[0] for line in deviations] == ["f32[N,5,4,3]", "f32[N,3]"]
    name = mean_name(text)
    assert name not in deviations[0].split()
    assert name in deviations[1].split()


def mean_name(text):
    return next(line.split(":")[0] for line in text.splitlines() if " = divide" in line)


def test_any_value_may_stand_for_the_mean():
    """It is an identity, not an approximation."""
    after(
        sum_images_first, primitives.batch_sum(primitives.squared_deviation(X, primitives.parameter("m", (3,))), (0, 1))
    )
    by_row = primitives.squared_deviation(X, primitives.parameter("m", (4, 3)))
    assert operations(after(sum_images_first, primitives.batch_sum(by_row, (0, 1)))).count("squared_deviation") == 1


def variance_of(x):
    count = primitives.multiply(primitives.batch_size(), float(np.prod(x.shape[:-1])))
    mean = primitives.divide(primitives.batch_sum(x, (0, 1)), count)
    return primitives.divide(primitives.batch_sum(primitives.squared_deviation(x, mean), (0, 1)), count)


def test_maps_that_are_joined_along_channels_are_summed_by_themselves():
    """And only once, however many layers see them: `after` interprets both graphs."""
    first, second, third = (primitives.input_(name, (5, 4, depth)) for name, depth in (("a", 3), ("b", 2), ("c", 1)))
    inner = primitives.concatenate([first, second], 2)
    outer = primitives.concatenate([inner, third], -1)
    graph = share_equal_nodes(sum_images_first(Graph.build({"v": variance_of(inner), "w": variance_of(outer)})))
    assert [node.inputs[0].shape for node in graph.nodes if node.op == "reduce_sum"] == [
        (5, 4, 3), (5, 4, 3), (5, 4, 2), (5, 4, 2), (5, 4, 1), (5, 4, 1)
    ]  # fmt: skip
    after(sum_images_first, variance_of(outer))


def test_maps_that_are_joined_along_rows_are_summed_together():
    variance = variance_of(primitives.concatenate([X, primitives.relu(X)], 0))
    graph = share_equal_nodes(sum_images_first(Graph.build({"v": variance})))
    assert [node.inputs[0].shape for node in graph.nodes if node.op == "reduce_sum"] == [(10, 4, 3)] * 2


def test_blocks_that_join_a_thousand_maps_one_by_one():
    """Without recursion, and with as many sums as there are maps."""
    x = X
    for _ in range(1200):
        x = primitives.concatenate([x, X], 2)
    graph = share_equal_nodes(sum_images_first(Graph.build({"s": primitives.batch_sum(x, (0, 1))})))
    assert sum(node.op == "reduce_sum" for node in graph.nodes) == 1


def test_large_means_do_not_cancel():
    random = np.random.default_rng(0)
    x = (1000 + random.standard_normal((4, 5, 4, 3))).astype(np.float32)
    mean = primitives.divide(primitives.batch_sum(X, (0, 1)), primitives.multiply(primitives.batch_size(), 20.0))
    graph = sum_images_first(Graph.build({"v": primitives.batch_sum(primitives.squared_deviation(X, mean), (0, 1))}))
    variance = interpret(graph, {"x": x}).outputs["v"]
    exact = np.square(x - x.astype(np.float64).mean(axis=(0, 1, 2))).sum(axis=(0, 1, 2))
    np.testing.assert_allclose(variance, exact, rtol=1e-4)


def test_normalization_reads_a_map_of_the_batch_once_before_it_is_normalized():
    layers = [Conv2D(8, 3, input_shape=(9, 9, 2)), BatchNormalization(name="norm"), GlobalAveragePooling2D(), Dense(3)]
    model = Sequential(layers)
    model.compile("sgd", "sparse_categorical_crossentropy")
    loops = model.program(emit="loops", training=True)
    stages = loops.split("stage ")
    (convolved,) = [stage for stage in stages if ": f32[N,7,7,8] = conv2d_panels" in stage]
    assert convolved.count("f32[N,8] = reduce_sum") == 2
