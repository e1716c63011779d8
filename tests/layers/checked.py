"""What a layer computes, checked in three ways: compiled code against the interpreter, in prediction and in a step of
training, and gradients against differences."""

import numpy as np

from planish import layers, optimizers, primitives, random_seed
from planish.autodiff import gradients
from planish.graph.graph import Graph
from planish.layers.base.context import CallContext
from planish.models import Sequential
from planish.primitives.interpreter import interpret

from .support import again, images

STEP = 1e-5


def check_layer(layer, *shape, rtol=1e-4, atol=1e-5):
    """All three, for images of the shape (batch axis first). The layer gets other weights."""
    layer.build((None, *shape[1:]))
    layer.set_weights([images(*weight.shape, seed=seed) for seed, weight in enumerate(layer.weights, 3)])
    model = Sequential([layers.Input(shape[1:]), layer])
    x = images(*shape)
    np.testing.assert_allclose(model.predict(x, verbose=0), layer(x), rtol=rtol, atol=atol)
    check_gradients(layer, x)
    compiled, interpreted = (_trained(layer, x, eager) for eager in (False, True))
    for one, other in zip(compiled, interpreted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def _trained(layer, x, eager):
    """The weights after two steps of a small model with a copy of the layer in its middle."""
    random_seed.set_seed(5)
    copy = again(layer)
    model = Sequential(
        [layers.Input(x.shape[1:]), layers.Dense(x.shape[-1]), copy, layers.Flatten(), layers.Dense(2, "tanh")]
    )
    copy.set_weights(layer.get_weights())
    model.compile(optimizers.SGD(0.1), "mse", run_eagerly=eager)
    for seed in (1, 2):
        model.train_on_batch(x, images(len(x), 2, seed=seed))
    return model.get_weights()


def check_gradients(layer, x):
    """The gradients of a weighted sum of the output in training, by the input and by each weight, in float64."""
    node = primitives.input_("x", x.shape[1:])
    y = layer.connect(node, CallContext(training=True))
    weighted = primitives.multiply(y, primitives.input_("factors", y.shape))
    loss = primitives.batch_sum(weighted, range(len(y.shape)))
    variables = [weight for weight in layer.weights if weight.trainable]
    arrays = {weight.path: np.float64(weight.value) for weight in layer.weights if weight.dtype == "float32"}
    arrays |= {"x": np.float64(x), "factors": np.float64(images(len(x), *y.shape, seed=9))}
    arrays |= {"seed": np.int32(7), "iteration": np.int32(1)}
    wrt = {"x": node, **{weight.path: weight.node for weight in variables}}
    found = _computed(dict(zip(wrt, gradients(loss, [*wrt.values()]), strict=True)), arrays, len(x))
    for name in wrt:
        expected = _differences(lambda values, name=name: _computed({"y": loss}, {**arrays, name: values}, len(x))["y"],
                                arrays[name])  # fmt: skip
        given = found[name].ravel()[list(expected)]
        np.testing.assert_allclose(given, [*expected.values()], rtol=1e-5, atol=1e-6, err_msg=name)


def _computed(outputs, arrays, count):
    return interpret(Graph.build(outputs), arrays, batch_size=count, dtype=np.float64).outputs


def _differences(function, x):
    """Central differences by some of the elements, by their flat index."""
    found = {}
    for place in np.unique(np.linspace(0, x.size - 1, 12).astype(int)):
        ends = []
        for step in (STEP, -STEP):
            moved = x.copy()
            moved.flat[place] += step
            ends.append(float(function(moved)))
        found[int(place)] = (ends[0] - ends[1]) / (2 * STEP)
    return found
