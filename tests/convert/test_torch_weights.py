"""Weights of PyTorch's modules stay as they are, so that they can go back."""

import numpy as np

import planish
from planish import layers
from planish.convert import building, to_torch_state_dict
from planish.convert.graphs.foreign_graph import ForeignGraph, Operation, Port
from planish.convert.torch_state import ORIGINS, Origin


def shuffling(library):
    """Channels that are shuffled between two groups in front of a convolution."""
    operations = (
        Operation("Reshape", ("x", "apart"), ("a",)),
        Operation("Transpose", ("a",), ("b",), {"perm": (0, 2, 1, 3, 4)}),
        Operation("Reshape", ("b", "whole"), ("c",)),
        Operation("Conv", ("c", "k"), ("y",), {}, "conv"),
    )
    kernel = np.random.default_rng(0).normal(size=(2, 6, 1, 1)).astype(np.float32)
    constants = {"apart": np.array([0, 2, 3, 4, 5]), "whole": np.array([0, 6, 4, 5]), "k": kernel}
    port = Port("x", (None, 6, 4, 5), np.dtype("f4"))
    return ForeignGraph(library, "net", (port,), ("y",), operations, constants)


def test_kernels_behind_shuffled_channels_are_those_of_the_module():
    graph = shuffling("PyTorch")
    model = building.model_of(graph)
    (kernel,) = model.get_weights()
    np.testing.assert_array_equal(kernel, graph.constants["k"].transpose(2, 3, 1, 0))
    x = np.random.default_rng(1).normal(size=(2, 4, 5, 6)).astype(np.float32)
    shuffled = x.reshape(2, 4, 5, 2, 3).swapaxes(3, 4).reshape(2, 4, 5, 6)
    model.compile(run_eagerly=True)
    np.testing.assert_allclose(np.asarray(model(x)), shuffled @ kernel[0, 0], rtol=1e-5, atol=1e-5)


def test_a_state_dict_has_the_versions_of_its_modules():
    model = planish.Sequential([planish.Input((3,)), layers.Dense(2, name="fc")])
    ORIGINS[model] = Origin(metadata={"fc": {"version": 2}})
    assert to_torch_state_dict(model)._metadata == {"fc": {"version": 2}}
