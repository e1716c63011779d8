"""Windows against what really happens: every number of an image is changed, and the flat feature moves or does not."""

import numpy as np

from planish import primitives
from planish.flattening import FlattenMap
from planish.graph.graph import Graph
from planish.primitives.interpreter import interpret
from tests.rows import failures

from .random_nets import random_branches, random_chain

SEEDS = range(200)
BRANCH_SEEDS = range(60)


def moved_by(image, result, index, bindings, random):
    """Which numbers of the image move element `index` of the flattened result: of the image's shape.

    Weights are positive and changes are large, so that no change is cancelled by another, lost in the flat part of an
    activation, or smaller than the maximum of a window that it is in.
    """
    graph = Graph.build({"y": primitives.reshape(result, (result.type.size,))})
    base = random.normal(size=image.type.size)
    changed = base + np.diag(random.uniform(1e3, 3e3, image.type.size))
    batch = np.concatenate([base[None], changed]).reshape(-1, *image.shape)
    y = interpret(graph, {**bindings, "x": batch}, dtype=np.float64).outputs["y"][:, index]
    return (np.abs(y[1:] - y[0]) > 1e-9 * (1 + np.abs(y[0]))).reshape(image.shape)


def check(image, result, shapes, random):
    bindings = {path: random.uniform(0.5, 1.5, shape) for path, shape in shapes.items()}
    flat = FlattenMap(result.shape, feature_map=result)
    index = int(random.integers(flat.size))
    window = flat.receptive_field(index)
    moved = moved_by(image, result, index, bindings, random)
    np.testing.assert_array_equal(window.mask, moved)
    for axis, inside in enumerate(window.slices):
        touched = np.flatnonzero(moved.any(axis=tuple(other for other in range(moved.ndim) if other != axis)))
        assert (inside.start, inside.stop) == ((touched[0], touched[-1] + 1) if touched.size else (0, 0))
        assert not touched.size or {touched[0], touched[-1]} <= set(window.unclipped[axis])


def test_a_number_moves_the_feature_exactly_if_the_window_has_it():
    def holds(seed):
        random = np.random.default_rng(seed)
        image, result, variables = random_chain(random)
        check(image, result, {variable.path: variable.shape for variable in variables}, random)

    assert failures(SEEDS, holds) == {}


def test_the_same_through_branches():
    def holds(seed):
        random = np.random.default_rng(seed)
        image, result, kernels = random_branches(random)
        check(image, result, kernels, random)

    assert failures(BRANCH_SEEDS, holds) == {}
