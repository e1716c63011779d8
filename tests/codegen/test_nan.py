"""NaN goes where the interpreter says it goes, whatever is fused with what."""

import numpy as np
import pytest

from planish import primitives
from planish.autodiff import gradients
from planish.graph.graph import Graph
from planish.runtime import compile
from planish.runtime.executable import TrainingExecutable
from tests.codegen.support import Case, on_every_target

WINDOWS = [(2, 2), (1, 2), (3, 3), (2, 3), (4, 5), (12, 12)]


def broken_maps(case, rows, columns, channels):
    """NaN at one pixel of each window at most, in a channel each: all places of a window are met."""
    values = case.generator.standard_normal((case.images, rows, columns, channels)).astype(np.float32)
    for channel in range(channels):
        values[0, channel % rows, channel // rows % columns, channel] = np.nan
    return case.input(rows, columns, channels, values=values)


def same_numbers(case, *, training=False):
    """Every output is NaN where the interpreter's is, and only there, and right elsewhere."""
    expected, found = case.expected(), case.computed(training=training)
    for name in case.outputs:
        assert np.isnan(expected[name]).any(), f"{name} does not test anything"
        np.testing.assert_allclose(found[name], expected[name], rtol=2e-5, atol=2e-5, err_msg=name)


@on_every_target
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("training", [False, True])
def test_a_pool_keeps_it_wherever_in_the_window_it_stands(target, window, training):
    case = Case(images=2)
    x = broken_maps(case, 12, 12, 19)
    one = case.weight(1, 1, 19, 19, values=np.eye(19, dtype=np.float32)[None, None])
    # a convolution adds 0 * NaN of the other channels, so that here it takes one group a channel
    alone = case.weight(1, 1, 1, 19, values=np.ones((1, 1, 1, 19), np.float32))
    case.output(primitives.max_pool2d(x, window, window))
    case.output(primitives.max_pool2d(primitives.conv2d(x, one), window, window))
    case.output(primitives.relu(primitives.max_pool2d(primitives.conv2d(x, alone, groups=19), window, window)))
    same_numbers(case, training=training)


@on_every_target
@pytest.mark.parametrize("training", [False, True])
def test_a_pool_behind_winograds_method_keeps_it(target, training):
    case = Case(images=2)
    x = broken_maps(case, 12, 12, 19)
    y = primitives.conv2d(x, case.weight(3, 3, 19, 33, values=np.full((3, 3, 19, 33), 0.01, np.float32)))
    case.output(primitives.max_pool2d(y, (2, 2), (2, 2)))
    found, expected = case.computed(training=training)["y0"], case.expected()["y0"]
    assert np.isnan(found[np.isnan(expected)]).all()  # a tile spreads it to all of its outputs
    assert np.isnan(found[0]).any()
    assert np.isfinite(found[1]).all()


@on_every_target
@pytest.mark.parametrize("size", [1, 3])
def test_maxima_beside_their_places_keep_it(target, size):
    case = Case(images=2)
    x = broken_maps(case, 12, 12, 17)
    w = case.weight(size, size, 17, 17)
    pooled = primitives.max_pool2d(primitives.conv2d(x, w), (2, 2), (2, 2))
    (gradient,) = gradients(primitives.batch_sum(pooled, (0, 1, 2)), [w])
    found = {"y": np.zeros((2, *pooled.shape), np.float32)}
    graph = Graph.build({"y": pooled}, {"w0": gradient})
    program = TrainingExecutable(compile(graph, {"x0": np.float32}, training=True, max_batch=2))
    case.output(pooled, "y")
    expected = case.expected()["y"]
    program.run(case.parameters, case.inputs, np.arange(2), 2, {}, found)
    assert np.isnan(found["y"][np.isnan(expected)]).all()
    assert np.isnan(expected).any()
    assert np.isfinite(found["y"][1]).all()
    assert np.isnan(case.parameters["w0"]).any()


ELEMENTWISE = {
    "relu": primitives.relu,
    "relu6": lambda x: primitives.minimum(primitives.relu(x), 6.0),
    "clip": lambda x: primitives.maximum(primitives.minimum(x, 1.0), -1.0),
    "clip from the left": lambda x: primitives.maximum(-1.0, primitives.minimum(1.0, x)),
    "leaky relu": lambda x: primitives.leaky_relu(x, 0.2),
    "elu": lambda x: primitives.elu(x, 1.0),
    "softplus": primitives.softplus,
    "tanh": primitives.tanh,
    "sigmoid": primitives.sigmoid,
    "largest of all": lambda x: primitives.reduce_max(x, (0, 1, 2)),
    "global maximum": lambda x: primitives.reduce_max(x, (0, 1)),
}


@on_every_target
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_activations_and_maxima_keep_it_and_so_do_their_gradients(target, name):
    case = Case(images=2)
    x = broken_maps(case, 3, 5, 19)
    y = ELEMENTWISE[name](x)
    case.output(y)
    same_numbers(case)
    case.outputs.clear()
    w = case.weight(19)
    scaled = ELEMENTWISE[name](primitives.multiply(x, w))
    axes = tuple(range(len(scaled.shape)))
    (gradient,) = gradients(primitives.batch_sum(scaled, axes), [w])
    case.output(gradient)
    found, expected = case.computed(), case.expected(np.float32)
    for output in case.outputs:
        np.testing.assert_array_equal(np.isnan(found[output]), np.isnan(expected[output]))
