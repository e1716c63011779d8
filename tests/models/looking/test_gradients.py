"""Gradients of scores and losses: against differences, real Keras and PyTorch, and the interpreter."""

import json
from pathlib import Path

import numpy as np
import pytest

from planish import losses
from planish.layers import Dense, Flatten, Input
from planish.models import Sequential
from planish.primitives.interpreter import interpret
from tests.models.looking.introspected import MAKERS, images, made, with_seeded_weights

RECORDED = json.loads(Path(__file__).with_name("recorded_gradients.json").read_text())
CLASSES = np.array([1, 0, 2])


@pytest.mark.parametrize("library", ["keras", "torch"])
@pytest.mark.parametrize("at", ["images", "second"])
@pytest.mark.parametrize("of", ["logit", "loss"])
def test_other_libraries_say_the_same(library, of, at):
    model = made("blog")
    arguments = {"y": CLASSES, "target": "sparse_categorical_crossentropy"} if of == "loss" else {"target": CLASSES}
    found = model.gradients(images(model), of=None if at == "images" else at, **arguments)
    expected = RECORDED[library][f"{of} at {at}"]
    np.testing.assert_allclose(found.ravel()[::7], expected, rtol=2e-4, atol=3e-6)


def outputs64(model, x, *, logits):
    """Scores in float64, by the interpreter."""
    graph = model.graph()
    bindings = {variable.path: variable.value for variable in model.weights} | {"x": x}
    values = {}
    interpret(graph, bindings, dtype=np.float64, observe=lambda node, value: values.update({node: value}))
    ((_, y),) = graph.outputs
    while logits and y.op in ("softmax", "sigmoid"):
        (y,) = y.inputs
    return values[y]


@pytest.mark.parametrize("logits", [True, False])
@pytest.mark.parametrize("maker", MAKERS)
def test_gradients_at_images_are_differences(maker, logits):
    model = made(maker)
    x = images(model, 2).astype(np.float64)
    classes = np.arange(2) % model.output_shape[-1]
    found = model.gradients(x, classes, logits=logits)
    assert found.shape == x.shape
    assert found.dtype == np.float32
    random, step = np.random.default_rng(1), 1e-6
    for _ in range(12):
        direction = random.standard_normal(x.shape)
        above, below = (outputs64(model, x + sign * step * direction, logits=logits) for sign in (1, -1))
        expected = (above - below)[np.arange(2), classes] / (2 * step)
        along = (found * direction).reshape(2, -1).sum(axis=1)
        np.testing.assert_allclose(along, expected, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("layer", ["first", "pool", "second", "flatten", "hidden"])
def test_gradients_at_layers_are_differences(layer):
    """The layers behind the one in question, fed with what it gives plus a little."""
    model = made("blog")
    x = images(model, 2)
    found = model.gradients(x, 3, of=layer)
    place = [each.name for each in model.layers].index(layer) + 1
    last = model.layers[-1]
    values = model.activations(x, layer)
    # Where several maxima of a pool's window are zero, there is no one gradient: those elements stay as they are.
    direction = np.random.default_rng(2).standard_normal(values.shape).astype(np.float32) * (values != 0)

    def logit(maps):
        for each in model.layers[place:-1]:
            maps = each(maps)
        return maps.astype(np.float64) @ last.kernel.value[:, 3] + last.bias.value[3]

    step = 1e-3
    expected = (logit(values + step * direction) - logit(values - step * direction)) / (2 * step)
    along = (found * direction).reshape(2, -1).sum(axis=1)
    np.testing.assert_allclose(along, expected, rtol=5e-3, atol=5e-3)


def test_the_class_that_the_model_gives_is_the_default():
    model = made("blog")
    x = images(model)
    classes = model.predict(x, verbose=0).argmax(axis=-1)
    np.testing.assert_array_equal(model.gradients(x), model.gradients(x, classes))
    np.testing.assert_array_equal(model.gradients(x, 2)[1:], model.gradients(x[1:], 2))


def test_several_places_at_once():
    model = made("blog")
    x = images(model)
    found = model.gradients(x, 1, of=[None, "pool"])
    assert list(found) == [None, "pool"]
    np.testing.assert_allclose(found[None], model.gradients(x, 1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["pool"], model.gradients(x, 1, of=model.get_layer("pool")), rtol=1e-5, atol=1e-6)


def test_the_loss_of_compile():
    model = made("blog")
    x = images(model)
    model.compile("sgd", "categorical_crossentropy", loss_weights=2.0)
    by_compile = model.gradients(x, y=np.eye(4)[CLASSES])
    by_object = model.gradients(x, losses.SparseCategoricalCrossentropy(), y=CLASSES)
    np.testing.assert_allclose(by_compile, by_object, rtol=1e-4, atol=1e-6)


def test_each_image_has_a_loss_of_its_own():
    model = made("averaged")
    x = images(model, 5)
    y = np.arange(5) % 4
    together = model.gradients(x, losses.SparseCategoricalCrossentropy(reduction="sum"), y=y)
    alone = [model.gradients(x[i : i + 1], "sparse_categorical_crossentropy", y=y[i : i + 1])[0] for i in range(5)]
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-6)


def test_a_regression():
    model = with_seeded_weights(Sequential([Input((6,)), Dense(4)]))
    x, y = images(model), np.ones((3, 4), np.float32)
    residual = 2 * (model.predict(x, verbose=0) - y) / 4
    found = model.gradients(x, "mse", y=y)
    np.testing.assert_allclose(found, residual @ model.layers[0].kernel.value.T, rtol=1e-5, atol=1e-6)


def mistake_of(model, *arguments, **options):
    with pytest.raises((ValueError, TypeError)) as caught:
        model.gradients(images(model), *arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        ((4,), {}, "there is no class 4\n  expected: 0 to 3: the model gives 4 scores\n  received: 4"),
        ((1.5,), {}, "`target` does not name a class\n  expected: a class index, or one for each of the 3 images"),
        (([0, 1],), {}, "received: int64 of shape (2,)"),
        ((1,), {"y": CLASSES}, "`y` goes with a loss, and `target` is a class\n  remedy: target='loss'"),
        (("mse",), {}, "the gradients of a loss need the right answers\n  remedy: pass y"),
        (("mse",), {"y": np.zeros((2, 4))}, "`x` and `y` differ in length"),
        (("loss",), {"y": CLASSES}, "gradients of the loss was called on a model that is not compiled"),
        (("no such loss",), {"y": CLASSES}, "unknown loss 'no such loss'"),
        ((0,), {"of": "scores"}, "Dense 'scores': the score does not depend on this layer's output"),
    ],
)
def test_arguments_that_do_not_fit(arguments, options, text):
    assert text in mistake_of(made("blog"), *arguments, **options)


def test_a_model_that_was_compiled_without_a_loss():
    model = made("blog")
    model.compile("sgd")
    assert mistake_of(model, y=CLASSES).startswith("the model was compiled without a loss")


def test_a_model_without_classes():
    model = with_seeded_weights(Sequential([Input((5, 4, 2)), Dense(3)]))
    assert (
        "the model does not give a score for each class\n  expected: an output of shape (None, classes)"
        in mistake_of(model)
    )
    y = np.zeros((3, 5, 4, 3), np.float32)
    assert model.gradients(images(model), "mse", y=y).shape == (3, 5, 4, 2)


def test_the_gradient_of_an_activated_score_at_the_last_layer():
    model = with_seeded_weights(Sequential([Input((3, 2)), Flatten(), Dense(3, activation="softmax", name="scores")]))
    found = model.gradients(images(model), 1, of="scores", logits=False)
    np.testing.assert_array_equal(found, np.eye(3, dtype=np.float32)[[1, 1, 1]])
