"""Functions as losses, activations and metrics: written with operators, as for arrays.

Numbers are those of Keras 3.15.1 on TensorFlow.
"""

import numpy as np
import pytest

import planish
from planish import layers, losses, primitives
from planish.optimizers import SGD

RANDOM = np.random.default_rng(0)
Y = RANDOM.normal(size=(6, 3)).astype(np.float32)
X = RANDOM.normal(size=(6, 3)).astype(np.float32)
SHARES = np.abs(X) / np.abs(X).sum(axis=1, keepdims=True)


def linear(loss, **settings):
    """A layer that gives what it gets, until it is trained."""
    model = planish.Sequential([layers.Input((3,)), layers.Dense(3, use_bias=False)])
    model.set_weights([np.eye(3, dtype=np.float32)])
    model.compile(SGD(0.1), loss, **settings)
    return model


def squared(t, p):
    return (t - p) ** 2


FUNCTIONS = {
    "squared": (squared, np.mean((Y - X) ** 2)),
    "absolute": (lambda t, p: abs(t - p), np.mean(np.abs(Y - X))),
    "of Keras's name": (lambda t, p: losses.mean_squared_error(t, p) + 1, np.mean((Y - X) ** 2) + 1),
    "an object": (lambda t, p: 0.5 * losses.MeanAbsoluteError()(t, p), 0.5 * np.mean(np.abs(Y - X))),
    "one column": (lambda t, p: (t[:, 0] - p[:, 0]) ** 2, np.mean((Y[:, 0] - X[:, 0]) ** 2)),
    "of NumPy": (lambda t, p: np.square(np.maximum(t - p, 0)), np.mean(np.maximum(Y - X, 0) ** 2)),
    "one number": (lambda t, p: primitives.batch_sum(abs(t - p), (0,)) / 18, np.mean(np.abs(Y - X))),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("eager", [False, True])
def test_losses(name, eager):
    function, expected = FUNCTIONS[name]
    model = linear(function, run_eagerly=eager)
    assert model.evaluate(X, Y, batch_size=6, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert model.fit(X, Y, batch_size=6, verbose=0).history["loss"][0] == pytest.approx(expected, rel=1e-5)
    assert model.evaluate(X, Y, batch_size=6, verbose=0) < expected


def test_the_same_function_is_a_loss_and_a_metric():
    history = linear(squared, metrics=[squared]).fit(X, Y, batch_size=6, verbose=0).history
    assert history["squared"] == pytest.approx(history["loss"])


def test_a_saturated_softmax_is_seen_inside_a_function():
    model = planish.Sequential([layers.Input((1,)), layers.Dense(2, activation="softmax", use_bias=False)])
    model.set_weights([np.array([[30.0, 0.0]], np.float32)])
    one = np.ones((1, 1), np.float32)
    for y, loss in [
        ([[0.0, 1.0]], lambda t, p: losses.categorical_crossentropy(t, p)),
        ([1], lambda t, p: losses.sparse_categorical_crossentropy(t, p)),
        ([[1]], lambda t, p: losses.sparse_categorical_crossentropy(t, p) + 0.0),
    ]:
        model.compile(SGD(1.0), loss)
        assert model.evaluate(one, np.array(y), verbose=0) == pytest.approx(30.0)


def test_targets_of_any_shape_go_with_a_function():
    """Keras's programs pack several things into the targets."""
    packed = np.concatenate([Y, SHARES], axis=1)
    model = linear(lambda t, p: t[:, 3:] * (t[:, :3] - p) ** 2)
    assert model.evaluate(X, packed, verbose=0) == pytest.approx(np.mean(SHARES * (Y - X) ** 2), rel=1e-5)


ACTIVATIONS = {
    "times": (lambda x: x * primitives.sigmoid(x), lambda x: x / (1 + np.exp(-x))),
    "clipped": (lambda x: np.minimum(np.maximum(x, 0), 1), lambda x: np.clip(x, 0, 1)),
    "polynomial": (lambda x: 1 - x + x**2 / 2, lambda x: 1 - x + x**2 / 2),
    "gate": (lambda x: (x > 0) * x - 0.1, lambda x: np.maximum(x, 0) - 0.1),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name):
    function, meaning = ACTIVATIONS[name]
    images = RANDOM.normal(size=(2, 4, 5, 3)).astype(np.float32)
    behind = [
        layers.Activation(function),
        layers.Dense(3, activation=function, kernel_initializer="identity"),
        layers.Conv2D(3, 1, activation=function, kernel_initializer=lambda shape, dtype=None: np.eye(3)[None, None]),
    ]
    for layer in behind:
        model = planish.Sequential([layers.Input((4, 5, 3)), layer])
        np.testing.assert_allclose(model.predict(images, verbose=0), meaning(images), rtol=1e-4, atol=1e-6)


def test_an_activation_sees_the_axes_that_its_layer_has():
    layer = layers.Conv2D(2, 1, activation=lambda x: x[:, 0:1] * 2 + x, data_format="channels_first")
    assert layer(np.ones((1, 3, 4, 5), np.float32)).shape == (1, 2, 4, 5)


MISTAKES = [
    (
        lambda: linear(lambda t, p: 1.0).evaluate(X, Y),
        "loss '<lambda>': the result cannot be compiled",
        "(y_true - y_pred)",
    ),
    (lambda: linear(lambda t, p: (t - p).mean()).evaluate(X, Y), "has no `mean`", "ops.mean(x, axis=-1)"),
    (lambda: linear(lambda t, p: t if t > p else p).evaluate(X, Y), "neither true nor false", "ops.where"),
    (
        lambda: layers.Dense(3, activation=lambda x: 1.0)(X),
        "the activation '<lambda>' does not give a value",
        "lambda x:",
    ),
]


@pytest.mark.parametrize(("mistake", "what", "remedy"), MISTAKES)
def test_mistakes(mistake, what, remedy):
    with pytest.raises((TypeError, AttributeError)) as caught:
        mistake()
    assert what in str(caught.value)
    assert remedy in str(caught.value)


def test_without_a_reduction_the_mean_is_told_and_the_sum_is_minimised():
    model = linear(losses.MeanSquaredError(reduction=None))
    assert model.evaluate(X, Y, batch_size=4, verbose=0) == pytest.approx(np.mean((Y - X) ** 2), rel=1e-5)
    model.train_on_batch(X, Y)
    gradient = 2 / 3 * X.T @ (X - Y)
    np.testing.assert_allclose(model.get_weights()[0], np.eye(3) - 0.1 * gradient, rtol=1e-4, atol=1e-6)


def test_cosine_similarity_along_the_batch():
    """Recorded from Keras: evaluate in batches of 6 and of 4."""
    random = np.random.default_rng(0)
    y, x = (random.normal(size=(6, 3)).astype(np.float32) for _ in range(2))
    model = linear(losses.CosineSimilarity(axis=0))
    assert model.evaluate(x, y, batch_size=6, verbose=0) == pytest.approx(-0.45444655, rel=1e-5)
    assert model.evaluate(x, y, batch_size=4, verbose=0) == pytest.approx(-0.4378455, rel=1e-5)
    assert losses.CosineSimilarity(axis=0)(y, x) == pytest.approx(-0.45444652, rel=1e-6)
    assert losses.cosine_similarity(y, x, axis=-2) == pytest.approx([-0.65868676, -0.27683797, -0.42781484], rel=1e-6)
    with pytest.raises(ValueError, match="cannot weight images") as caught:
        model.evaluate(x, y, sample_weight=np.ones(6), verbose=0)
    assert "remedy: axis=-1, or no sample_weight" in str(caught.value)
    with pytest.raises(ValueError, match="axis 2 is not an axis of the outputs"):
        losses.CosineSimilarity(axis=2)(y, x)


def test_one_target_for_two_outputs():
    model = planish.Sequential([layers.Input((1,)), layers.Dense(2, use_bias=False)])
    model.set_weights([np.array([[3.0, 1.0]], np.float32)])
    model.compile(SGD(1.0), "mse", metrics=["mse"])
    x, y = np.ones((3, 1), np.float32), np.full((3, 1), 2.0)
    assert model.evaluate(x, y, verbose=0) == [1, 1]
    model.train_on_batch(x, y)
    assert model.get_weights()[0].tolist() == [[2, 2]]


@pytest.mark.parametrize(
    ("reduction", "evaluated", "trained", "corner"),
    [
        ("sum_over_batch_size", 17.594294, 17.587551, 29.970865),
        ("sum", 928.79492, 828.99878, 28.602667),
        ("none", 17.594294, 17.270807, 28.602667),
    ],
)
def test_reductions_of_maps(reduction, evaluated, trained, corner):
    """Recorded from Keras: saturated maps in two batches."""
    x = np.random.default_rng(0).normal(size=(6, 4, 4, 2)).astype(np.float32)
    y = np.random.default_rng(1).integers(0, 3, (6, 4, 4))
    model = planish.Sequential([layers.Input((4, 4, 2)), layers.Conv2D(3, 1, activation="softmax", use_bias=False)])
    model.set_weights([np.array([30, -2, 1, 4, 25, -9], np.float32).reshape(1, 1, 2, 3)])
    model.compile(SGD(0.05), losses.SparseCategoricalCrossentropy(reduction=reduction))
    assert model.evaluate(x, y, batch_size=4, verbose=0) == pytest.approx(evaluated, rel=1e-6)
    history = model.fit(x, y, batch_size=3, shuffle=False, verbose=0).history
    assert history["loss"][0] == pytest.approx(trained, rel=1e-6)
    assert model.get_weights()[0].ravel()[0] == pytest.approx(corner, rel=1e-6)
