"""Cross-entropies behind a softmax or a sigmoid: computed from what went into it, so that what saturated still learns.

Values are those of Keras 3.15.1 on TensorFlow (`record_logits.py`).
"""

import json
import warnings

import numpy as np
import pytest

import planish
from planish import layers, losses, primitives
from planish.autodiff import gradients
from planish.graph.graph import Graph
from planish.losses.logits import logits_under
from planish.optimizers import SGD
from planish.primitives.interpreter import interpret
from tests.losses.record_logits import PATH, cases

RECORDED = json.loads(PATH.read_text())
X = np.ones((1, 1), np.float32)
SPARSE, BINARY = "sparse_categorical_crossentropy", "binary_crossentropy"
SMOOTHED = losses.CategoricalCrossentropy(label_smoothing=0.1)
SIGMOID, SOFTMAX = [layers.Activation("sigmoid")], [layers.Softmax()]


def model_of(kernel, behind, loss, **settings):
    """A dense layer of one input and a kernel given, with layers behind it."""
    model = planish.Sequential([layers.Input((1,)), layers.Dense(len(kernel), use_bias=False), *behind])
    model.set_weights([np.array([kernel], np.float32)])
    model.compile(SGD(1.0), loss, **settings)
    return model


def evaluated_and_stepped(model, y):
    y = np.array([y])
    return model.evaluate(X, y, verbose=0), model.train_on_batch(X, y), model.get_weights()[0][0]


VALUES = [
    (SOFTMAX, SPARSE, [30, 0], 1, 30.0, [29, 1]),
    (SOFTMAX, SPARSE, [17, 0], 1, 17.0, [16, 1]),
    (SIGMOID, BINARY, [30], [0.0], 30.0, [29]),
    (SOFTMAX, SMOOTHED, [30, 0], [0.0, 1.0], 28.5, [29.05, 0.95]),
    (SIGMOID, SPARSE, [1, 0], 0, 0.3132617, [1.2689414, -0.2689414]),
    (SIGMOID, "categorical_crossentropy", [1, 0], [1.0, 0.0], 0.3132617, [1.2689414, -0.2689414]),
    (SOFTMAX, BINARY, [1, 0], [1.0, 0.0], 0.5032044, [1.1344707, -0.25]),
    ([], SPARSE, [1, -1], 0, 1.1920929e-07, [1, -1]),
]


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize(("behind", "loss", "kernel", "y", "value", "stepped"), VALUES)
def test_right_values(behind, loss, kernel, y, value, stepped, eager):
    found = evaluated_and_stepped(model_of(kernel, behind, loss, run_eagerly=eager), y)
    assert found[:2] == pytest.approx((value, value), rel=1e-6)
    np.testing.assert_allclose(found[2], stepped, rtol=1e-6, atol=2e-7)


def assert_as_recorded(case, found):
    expected = RECORDED["/".join(map(str, case))]
    for name in ("evaluate", "fit", "kernel"):
        np.testing.assert_allclose(found[name], expected[name], rtol=2e-5, atol=2e-6, err_msg=name)


def test_every_loss_activation_reduction_and_weight_agrees_with_keras():
    assert len(RECORDED) == len(cases()) == 360
    for case in cases():
        assert_as_recorded(case, case.run(planish))


@pytest.mark.parametrize("number", range(5, 360, 39))
def test_compiled_programs_agree_with_keras(number):
    case = cases()[number]
    assert_as_recorded(case, case.run(planish, run_eagerly=False))


BEHIND = {
    "an activation": lambda: [layers.Activation("softmax")],
    "a list of one axis": lambda: [layers.Softmax(axis=[1])],
    "a model inside": lambda: [planish.Sequential([layers.Input((2,)), layers.Softmax()])],
    "a layer that does nothing": lambda: [layers.Softmax(), layers.Activation("linear")],
    "a function": lambda: [layers.Activation(lambda x: primitives.softmax(x))],
    "another shape": lambda: [layers.Softmax(), layers.Flatten()],
    "rows of a map": lambda: [layers.Reshape((1, 2)), layers.Softmax(), layers.Reshape((2,))],
}


@pytest.mark.parametrize("place", BEHIND)
def test_the_softmax_is_found_wherever_it_is(place):
    value, trained, kernel = evaluated_and_stepped(model_of([30, 0], BEHIND[place](), SPARSE), 1)
    assert (value, trained) == (30, 30)
    assert kernel.tolist() == [29, 1]


@pytest.mark.parametrize("place", ["after", "between"])
def test_what_changes_values_leaves_only_probabilities(place):
    behind = [layers.Softmax(), layers.Rescaling(1.0, 1e-9)]
    if place == "between":
        behind = [layers.Softmax(), layers.Dropout(0.5, seed=1), layers.Rescaling(1.0, 1e-9)]
    model = model_of([30, 0], behind, SPARSE)
    assert model.evaluate(X, np.array([1]), verbose=0) == pytest.approx(16.118, rel=1e-4)


def test_dropout_behind_the_softmax_is_there_in_training_only():
    model = model_of([30, 0], [layers.Softmax(), layers.Dropout(0.5)], SPARSE)
    assert model.evaluate(X, np.array([1]), verbose=0) == 30
    assert model.train_on_batch(X, np.array([1])) < 17


def test_predictions_are_still_probabilities():
    model = model_of([30, 0], [layers.Softmax()], SPARSE, metrics=["accuracy"])
    np.testing.assert_allclose(model.predict(X, verbose=0), [[1, 9.3576e-14]], rtol=1e-4)
    assert model.train_on_batch(X, np.array([0]))[1] == 1


def test_arrays_are_taken_for_probabilities():
    shares = np.array([[1.0, 0.0]], np.float32)
    assert losses.SparseCategoricalCrossentropy()([1], shares) == pytest.approx(16.118, rel=1e-4)
    assert losses.binary_crossentropy([[0.0]], [[1.0]])[0] == pytest.approx(16.118, rel=1e-4)


def test_an_ignored_class_does_not_hide_the_logits():
    loss = losses.SparseCategoricalCrossentropy(ignore_class=7)
    value, trained, kernel = evaluated_and_stepped(model_of([30, 0], SOFTMAX, loss), 1)
    assert (value, trained, kernel.tolist()) == (30, 30, [29, 1])
    assert model_of([1, 0], SIGMOID, loss).evaluate(X, np.array([0]), verbose=0) == pytest.approx(0.5211361, rel=1e-6)


def test_logits_that_are_none_are_told_and_put_right():
    model = model_of([30, 0], SOFTMAX, losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.warns(UserWarning, match="ends in a softmax or a sigmoid, which gives probabilities"):
        assert model.evaluate(X, np.array([1]), verbose=0) == 30
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model_of([30, 0], [], losses.SparseCategoricalCrossentropy(from_logits=True)).evaluate(X, np.array([1]))


def test_a_loss_of_ones_own_sees_probabilities():
    class Own(losses.Loss):
        def call(self, y_true, y_pred):
            return primitives.reduce_sum(primitives.multiply(y_true, y_pred), (0,))

    assert model_of([30, 0], SOFTMAX, Own()).evaluate(X, np.array([[1.0, 0.0]]), verbose=0) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("build", "loss"),
    [
        (primitives.softmax, losses.SparseCategoricalCrossentropy()),
        (primitives.softmax, losses.CategoricalCrossentropy(label_smoothing=0.2)),
        (primitives.softmax, losses.BinaryCrossentropy(label_smoothing=0.2)),
        (primitives.sigmoid, losses.BinaryCrossentropy()),
        (primitives.sigmoid, losses.CategoricalCrossentropy()),
        (primitives.softmax, losses.SparseCategoricalCrossentropy(ignore_class=1)),
    ],
)
def test_gradients_of_logits_agree_with_differences(build, loss):
    random = np.random.default_rng(0)
    scores = np.concatenate([random.normal(size=(3, 4)), 60 * random.normal(size=(3, 4)), np.zeros((1, 4))])
    labels = np.array([0, 1, 3, 2, 1, 0, 2])
    targets = labels if loss.target_kind == "labels" else random.random((7, 4))
    kind = "i32" if loss.target_kind == "labels" else "f32"
    x, y = primitives.input_("x", (4,)), primitives.input_("y", targets.shape[1:], kind)
    each = loss.per_sample(y, build(x))
    total = primitives.divide(primitives.batch_sum(each), primitives.batch_size())
    graph = Graph.build({"loss": total, "gradient": gradients(total, [x])[0]})
    prepared = loss.prepare_targets(targets, scores.shape)

    def computed(scores):
        return interpret(graph, {"x": scores, "y": prepared}, dtype=np.float64).outputs

    found = computed(scores)["gradient"]
    for place in np.ndindex(scores.shape):
        shift = np.zeros_like(scores)
        shift[place] = 1e-6
        difference = (computed(scores + shift)["loss"] - computed(scores - shift)["loss"]) / 2e-6
        assert found[place] == pytest.approx(difference, rel=1e-5, abs=1e-7)


def test_the_gradient_of_a_softmax_cross_entropy_is_the_distance_from_the_target():
    x, y = primitives.input_("x", (3,)), primitives.input_("y", (3,))
    p = primitives.softmax(x)
    (gradient,) = gradients(losses.CategoricalCrossentropy().per_sample(y, p), [x])
    scores, target = np.array([[800.0, -3.0, 2.0], [0, 0, 0]]), np.array([[0, 1.0, 0], [0.2, 0.3, 0.5]])
    outputs = interpret(Graph.build({"g": gradient, "p": p}), {"x": scores, "y": target}, dtype=np.float64).outputs
    np.testing.assert_allclose(outputs["g"], outputs["p"] - target, atol=1e-15)


def test_logits_are_found_under_what_only_moves_values():
    x = primitives.input_("x", (2, 6))
    softmax, sigmoid = primitives.softmax(x), primitives.sigmoid(x)
    rows, cut, turned = (12,), (4, 3), primitives.transpose
    assert logits_under(softmax, "softmax") is x
    assert logits_under(softmax, "sigmoid") is x
    assert logits_under(softmax, "sigmoid", mixed=False) is None
    assert logits_under(x, "softmax") is None
    assert logits_under(primitives.reshape(softmax, (1, 2, 6)), "softmax").inputs == (x,)
    assert logits_under(primitives.reshape(softmax, (1, 2, 6)), "sigmoid") is None
    assert logits_under(primitives.reshape(softmax, cut), "softmax") is None
    assert logits_under(turned(softmax, (1, 0)), "softmax") is None
    found = logits_under(primitives.reshape(turned(sigmoid, (1, 0)), rows), "sigmoid")
    assert (found.op, found.inputs[0].op, found.inputs[0].inputs) == ("reshape", "transpose", (x,))
