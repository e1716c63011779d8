"""What a training step sees: the loss of each image in the graph, and its gradient against differences."""

import numpy as np
import pytest

from planish import losses, primitives
from planish.autodiff import gradients
from planish.graph.graph import Graph
from planish.primitives.interpreter import interpret

RANDOM = np.random.default_rng(3)
IMAGES, CLASSES, STEP = 5, 4, 1e-6
NUMBERS = RANDOM.normal(size=(IMAGES, CLASSES))
SHARES = np.exp(NUMBERS) / np.exp(NUMBERS).sum(axis=-1, keepdims=True)
TARGETS = RANDOM.random((IMAGES, CLASSES))
ONE_HOT = np.eye(CLASSES)[[1, 0, 3, 2, 1]]
LABELS = np.array([1, 0, 3, 2, 1])
DIRECTIONS = NUMBERS / np.linalg.norm(NUMBERS, axis=1, keepdims=True)
PEOPLE = np.array([4, -1, 4, 4, 0])

CASES = [
    (losses.MeanSquaredError(), TARGETS, NUMBERS),
    (losses.MeanAbsoluteError(), TARGETS, NUMBERS),
    (losses.MeanAbsolutePercentageError(), TARGETS, NUMBERS),
    (losses.MeanSquaredLogarithmicError(), TARGETS, NUMBERS),
    (losses.LogCosh(), TARGETS, NUMBERS),
    (losses.Huber(0.7), TARGETS, NUMBERS),
    (losses.CosineSimilarity(), TARGETS, NUMBERS),
    (losses.CosineSimilarity(axis=0), TARGETS, NUMBERS),
    (losses.CosineSimilarity(axis=-2, reduction="sum"), TARGETS, NUMBERS),
    (losses.CosineSimilarity(axis=1), TARGETS.reshape(IMAGES, 2, 2), NUMBERS.reshape(IMAGES, 2, 2)),
    (losses.Hinge(), ONE_HOT, NUMBERS),
    (losses.SquaredHinge(), ONE_HOT, NUMBERS),
    (losses.CategoricalHinge(), ONE_HOT, NUMBERS),
    (losses.KLDivergence(), TARGETS, SHARES),
    (losses.Poisson(), TARGETS, SHARES),
    (losses.BinaryCrossentropy(), TARGETS, SHARES),
    (losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1), TARGETS, NUMBERS),
    (losses.CategoricalCrossentropy(), ONE_HOT, SHARES),
    (losses.CategoricalCrossentropy(), ONE_HOT, 3 * SHARES),
    (losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), ONE_HOT, NUMBERS),
    (losses.SparseCategoricalCrossentropy(), LABELS, SHARES),
    (losses.SparseCategoricalCrossentropy(from_logits=True), LABELS, NUMBERS),
    (losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1), LABELS, NUMBERS),
    (losses.MeanSquaredError(reduction="sum"), TARGETS, NUMBERS),
    (losses.Circle(), PEOPLE, DIRECTIONS),
    (losses.Circle(3.0, 0.1, False), PEOPLE, DIRECTIONS),
    (losses.Circle(3.0, reduction="sum"), PEOPLE, DIRECTIONS),
    (losses.Circle(reduction="mean_with_sample_weight"), np.arange(IMAGES), DIRECTIONS),
    (losses.SparseCategoricalCrossentropy(reduction="sum", ignore_class=0), LABELS, SHARES),
    (losses.SparseCategoricalCrossentropy(ignore_class=9), np.full(IMAGES, 9), SHARES),
    (losses.MeanSquaredError(), TARGETS.reshape(IMAGES, 2, 2), NUMBERS.reshape(IMAGES, 2, 2)),
    (losses.SparseCategoricalCrossentropy(), LABELS[:4].reshape(2, 2), SHARES[:4].reshape(2, 2, CLASSES)),
    (losses.SparseCategoricalCrossentropy(ignore_class=3), LABELS[:4].reshape(2, 2), SHARES[:4].reshape(2, 2, CLASSES)),
]


def _told(value):
    return f"{value.name}-{value.reduction}" if isinstance(value, losses.Loss) else None


def batch_loss(loss, y_true, y_pred):
    """What training makes smaller, in float64: a node, and what its leaves are."""
    prepared = loss.prepare_targets(y_true, y_pred.shape)
    kind = "i32" if loss.target_kind == "labels" else "f32"
    outputs = primitives.input_("y_pred", y_pred.shape[1:])
    each = loss.per_sample(primitives.input_("y_true", prepared.shape[1:], kind), outputs)
    assert (each.batched, each.shape) == (True, ())
    return (
        primitives.divide(primitives.batch_sum(each), primitives.batch_size()),
        outputs,
        {"y_true": prepared, "y_pred": y_pred},
    )


def value_of(node, bindings):
    return interpret(Graph.build({"value": node}), bindings, dtype=np.float64).outputs["value"]


@pytest.mark.parametrize(("loss", "y_true", "y_pred"), CASES, ids=_told)
def test_the_mean_over_the_batch_is_the_loss_of_arrays(loss, y_true, y_pred):
    node, _, bindings = batch_loss(loss, y_true, y_pred)
    np.testing.assert_allclose(value_of(node, bindings), loss(y_true, y_pred), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("loss", "y_true", "y_pred"), CASES, ids=_told)
def test_gradient(loss, y_true, y_pred):
    node, outputs, bindings = batch_loss(loss, y_true, y_pred)
    (gradient,) = gradients(node, [outputs])
    differences = np.zeros_like(y_pred)
    for place in np.ndindex(y_pred.shape):
        shift = np.zeros_like(y_pred)
        shift[place] = STEP
        up, down = (value_of(node, {**bindings, "y_pred": y_pred + sign * shift}) for sign in (1, -1))
        differences[place] = (up - down) / (2 * STEP)
    scale = 1e-7 * max(1.0, np.abs(differences).max())
    np.testing.assert_allclose(value_of(gradient, bindings), differences, rtol=1e-5, atol=scale)


@pytest.mark.parametrize("loss", [losses.MeanSquaredError(reduction=None), losses.CosineSimilarity(0, "none")])
def test_without_a_reduction_gradients_of_all_values_are_added_up(loss):
    """As TensorFlow has it; what is shown is the mean."""
    mean, outputs, bindings = batch_loss(loss, TARGETS, NUMBERS)
    y_true = primitives.input_("y_true", TARGETS.shape[1:])
    values = loss(TARGETS, NUMBERS)
    assert value_of(mean, bindings) == pytest.approx(values.mean())
    assert value_of(loss.minimised(mean, y_true, outputs), bindings) == pytest.approx(values.sum())


def test_one_number_may_go_with_all_outputs():
    """Keras repeats targets of one number; what Keras makes of these is -1.2649111, 0.5506557 and so on."""
    y, p = np.full((3, 1), 0.2), np.full((3, 2), [0.3, 0.1])
    for loss, expected in [
        (losses.MeanSquaredError(), 0.01),
        (losses.CosineSimilarity(), -1.2649111),
        (losses.Hinge(), 0.96),
        (losses.KLDivergence(), 0.0575364),
        (losses.Poisson(), 0.5506557),
        (losses.MeanSquaredLogarithmicError(), 0.0069889),
        (losses.MeanAbsolutePercentageError(), 50.0),
        (losses.Huber(), 0.005),
        (losses.LogCosh(), 0.0049917),
        (losses.CategoricalHinge(), 1.16),
    ]:
        assert loss(y, p) == pytest.approx(expected, rel=1e-5)
        node, _, bindings = batch_loss(loss, y, p)
        assert value_of(node, bindings) == pytest.approx(expected, rel=1e-5)
    for loss in (losses.BinaryCrossentropy(), losses.CategoricalCrossentropy()):
        with pytest.raises(ValueError, match="do not have the shape of the model's outputs"):
            loss(y, p)
