"""What tests of operations share: values by the interpreter, and gradients against differences."""

import numpy as np

from planish import primitives
from planish.autodiff import gradients
from planish.graph.graph import Graph
from planish.graph.verifier import verify
from planish.primitives.interpreter import interpret
from planish.primitives.registry import result_type

IMAGES = 3
STEP = 1e-5


def numbers(*shape, seed=0):
    """Normally distributed float64 numbers, none of them near zero."""
    values = np.random.default_rng(seed).standard_normal(shape)
    return np.asarray(values + 0.05 * np.sign(values))


def compute(node, dtype=np.float64, batch_size=IMAGES, **bindings):
    """The value of `node`, whose type is that of the array."""
    graph = Graph.build({"y": node})
    verify(graph, result_type)
    value = interpret(graph, bindings, batch_size=batch_size, dtype=dtype).outputs["y"]
    assert isinstance(value, np.ndarray)
    assert value.shape == ((batch_size, *node.shape) if node.batched else node.shape)
    assert value.dtype == {"f32": dtype, "i32": np.int32, "i8": np.int8}[node.type.dtype]
    return value


def leaf(name, array, batched=True):
    return primitives.input_(name, array.shape[1:]) if batched else primitives.parameter(name, array.shape)


def check_gradients(build, arrays, batched=None):
    """The gradients of a weighted sum of `build(*nodes)` agree with central differences, in type and in value."""
    arrays = [np.asarray(array) for array in arrays]
    batched = batched or [True] * len(arrays)
    names = [f"x{place}" for place in range(len(arrays))]
    nodes = [leaf(name, array, per_image) for name, array, per_image in zip(names, arrays, batched, strict=True)]
    y = build(*nodes)
    weights = numbers(*((IMAGES, *y.shape) if y.batched else y.shape), seed=99)
    weighted = primitives.multiply(y, leaf("weights", weights, y.batched))
    axes = tuple(range(len(y.shape)))
    loss = primitives.batch_sum(weighted, axes) if y.batched else primitives.reduce_sum(weighted, axes)
    bindings = {"weights": weights, **dict(zip(names, arrays, strict=True))}
    found = gradients(loss, nodes)
    graph = Graph.build({"loss": loss, **dict(zip(names, found, strict=True))})
    verify(graph, result_type)
    results = interpret(graph, bindings, batch_size=IMAGES, dtype=np.float64).outputs
    only_loss = Graph.build({"loss": loss})
    for name, node, gradient in zip(names, nodes, found, strict=True):
        assert gradient.type == node.type
        expected = differences(
            lambda values, name=name: interpret(
                only_loss, {**bindings, name: values}, batch_size=IMAGES, dtype=np.float64
            ).outputs["loss"],
            bindings[name],
        )
        np.testing.assert_allclose(results[name], expected, rtol=1e-6, atol=1e-7)


def differences(function, x):
    """The gradient of a function of one array by central differences."""
    result = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += STEP
        down[place] -= STEP
        result[place] = (function(up) - function(down)) / (2 * STEP)
    return result
