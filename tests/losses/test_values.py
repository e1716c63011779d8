"""Values of losses, recorded from Keras 3 (3.15.1) on its JAX backend, or on TensorFlow where they differ."""

import numpy as np
import pytest

from planish import losses
from planish.layers import Identity, Input
from planish.models import Sequential

OUTPUTS = np.array([[0.2, 0.7, 0.1], [0.5, 0.25, 0.25], [0.05, 0.05, 0.9], [0.0, 1.0, 0.0]], np.float32)
NUMBERS = np.array([[0.3, 1.7, -0.4], [-2.5, 0.25, 0.9], [3.05, -0.05, 0.6], [0.0, 1.0, -1.3]], np.float32)
ONE_HOT = np.array([[0, 1, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0]], np.float32)
SIGNS = np.array([[1, -1, 1], [-1, -1, 1], [1, 1, -1], [-1, 1, 1]], np.float32)
CLASSES = np.array([1, 0, 1, 0])
SHARES = np.array([[0.3, 0.3, 0.4], [0.9, 0.05, 0.05], [0.0, 1.0, 0.0], [0.6, 0.2, 0.2]], np.float32)
WEIGHTS = np.array([1.0, 2.0, 0.5, 0.0], np.float32)

VALUES = [
    (losses.MeanSquaredError(), SHARES, OUTPUTS, 0.27125),
    (losses.MeanSquaredError(), NUMBERS, SHARES, 2.411458),
    (losses.MeanAbsoluteError(), SHARES, OUTPUTS, 0.425),
    (losses.MeanAbsoluteError(), NUMBERS, SHARES, 1.1875),
    (losses.MeanAbsolutePercentageError(), SHARES, OUTPUTS, 79166810.0),
    (losses.MeanAbsolutePercentageError(), NUMBERS, SHARES, 50000260.0),
    (losses.MeanSquaredLogarithmicError(), SHARES, OUTPUTS, 0.1331541),
    (losses.MeanSquaredLogarithmicError(), NUMBERS, SHARES, 0.3845302),
    (losses.LogCosh(), SHARES, OUTPUTS, 0.1235877),
    (losses.LogCosh(), NUMBERS, SHARES, 0.7022535),
    (losses.Huber(), SHARES, OUTPUTS, 0.135625),
    (losses.Huber(), NUMBERS, SHARES, 0.7734375),
    (losses.Poisson(), SHARES, OUTPUTS, 1.846961),
    (losses.Poisson(), ONE_HOT, SHARES, 0.4850132),
    (losses.Huber(delta=0.3), NUMBERS, SHARES, 0.3154167),
    (losses.MeanSquaredLogarithmicError(), SHARES, NUMBERS, 0.3845302),
    (losses.MeanAbsolutePercentageError(), ONE_HOT, NUMBERS, 650000100.0),
    (losses.Hinge(), SIGNS, NUMBERS, 1.008333),
    (losses.Hinge(), ONE_HOT, NUMBERS, 1.520833),
    (losses.SquaredHinge(), SIGNS, NUMBERS, 1.772083),
    (losses.SquaredHinge(), ONE_HOT, NUMBERS, 3.711458),
    (losses.CategoricalHinge(), ONE_HOT, NUMBERS, 2.625),
    (losses.KLDivergence(), SHARES, OUTPUTS, 3.932492),
    (losses.KLDivergence(), ONE_HOT, SHARES, 0.4550376),
    (losses.CategoricalCrossentropy(), ONE_HOT, OUTPUTS, 5.040913),
    (losses.CategoricalCrossentropy(from_logits=True), ONE_HOT, NUMBERS, 2.190816),
    (losses.CategoricalCrossentropy(label_smoothing=0.1), ONE_HOT, OUTPUTS, 4.920717),
    (losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2), ONE_HOT, NUMBERS, 2.08915),
    (losses.CategoricalCrossentropy(), SHARES, OUTPUTS, 4.540885),
    (losses.CategoricalCrossentropy(from_logits=True), SHARES, NUMBERS, 2.443941),
    (losses.CategoricalCrossentropy(label_smoothing=0.1), SHARES, OUTPUTS, 4.470692),
    (losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2), SHARES, NUMBERS, 2.291649),
    (losses.BinaryCrossentropy(), ONE_HOT, OUTPUTS, 3.280315),
    (losses.BinaryCrossentropy(from_logits=True), ONE_HOT, NUMBERS, 1.106731),
    (losses.BinaryCrossentropy(label_smoothing=0.1), ONE_HOT, OUTPUTS, 3.23235),
    (losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2), ONE_HOT, NUMBERS, 1.062981),
    (losses.BinaryCrossentropy(), SHARES, OUTPUTS, 2.912453),
    (losses.BinaryCrossentropy(from_logits=True), SHARES, NUMBERS, 1.191106),
    (losses.BinaryCrossentropy(label_smoothing=0.1), SHARES, OUTPUTS, 2.901274),
    (losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.2), SHARES, NUMBERS, 1.130481),
    (losses.CategoricalCrossentropy(), ONE_HOT, 3 * SHARES, 0.4550397),
    (losses.SparseCategoricalCrossentropy(), CLASSES, OUTPUTS, 5.040913),
    (losses.SparseCategoricalCrossentropy(), CLASSES[:, None], OUTPUTS, 5.040913),
    (losses.SparseCategoricalCrossentropy(), CLASSES, 3 * SHARES, 0.5464505),
    (losses.SparseCategoricalCrossentropy(from_logits=True), CLASSES, NUMBERS, 2.190816),
    (losses.SparseCategoricalCrossentropy(from_logits=True), CLASSES, 20 * NUMBERS, 37.5),
    (losses.SparseCategoricalCrossentropy(from_logits=True), CLASSES.reshape(2, 2), NUMBERS.reshape(2, 2, 3), 2.190816),
]
WEIGHTED = [
    (losses.MeanSquaredError(reduction="sum_over_batch_size"), SHARES, OUTPUTS, 0.133125),
    (losses.SparseCategoricalCrossentropy(reduction="sum_over_batch_size"), CLASSES, OUTPUTS, 0.8102089),
    (losses.MeanSquaredError(reduction="sum"), SHARES, OUTPUTS, 0.5325),
    (losses.SparseCategoricalCrossentropy(reduction="sum"), CLASSES, OUTPUTS, 3.240835),
    (losses.MeanSquaredError(reduction="mean"), SHARES, OUTPUTS, 0.133125),
    (losses.SparseCategoricalCrossentropy(reduction="mean"), CLASSES, OUTPUTS, 0.8102089),
    (losses.MeanSquaredError(reduction="mean_with_sample_weight"), SHARES, OUTPUTS, 0.1521429),
    (losses.SparseCategoricalCrossentropy(reduction="mean_with_sample_weight"), CLASSES, OUTPUTS, 0.925953),
    (losses.MeanSquaredError(reduction="none"), SHARES, OUTPUTS, [0.08666667, 0.16, 0.2858333, 0.0]),
    (losses.SparseCategoricalCrossentropy(reduction="none"), CLASSES, OUTPUTS, [0.356675, 1.386294, 1.497866, 0.0]),
]
EACH = [
    ("mean_squared_error", SHARES, OUTPUTS, [0.08666667, 0.08, 0.5716667, 0.3466667]),
    ("kl_divergence", SHARES, OUTPUTS, [0.4219679, 0.3680641, 2.995729, 11.94421]),
    ("sparse_categorical_crossentropy", CLASSES, OUTPUTS, [0.356675, 0.6931472, 2.995732, 16.1181]),
    ("binary_crossentropy", ONE_HOT, OUTPUTS, [0.228393, 0.4228371, 1.783203, 10.68683]),
    ("categorical_hinge", ONE_HOT, NUMBERS, [0.0, 4.4, 4.1, 2.0]),
    ("log_cosh", NUMBERS, SHARES, [0.3522131, 1.017491, 1.000534, 0.4387763]),
    ("huber", NUMBERS, SHARES, [0.4066667, 1.09375, 1.093333, 0.5]),
    ("mean_absolute_percentage_error", SHARES, OUTPUTS, [80.55555, 281.4815, 316666700.0, 200.0]),
]


def _told(value):
    return f"{value.name}-{value.reduction}" if isinstance(value, losses.Loss) else None


@pytest.mark.parametrize(("loss", "y_true", "y_pred", "expected"), VALUES, ids=_told)
def test_mean_over_the_batch(loss, y_true, y_pred, expected):
    assert loss(y_true, y_pred) == pytest.approx(expected, rel=3e-6, abs=1e-7)


@pytest.mark.parametrize(("loss", "y_true", "y_pred", "expected"), WEIGHTED, ids=_told)
def test_reductions_with_weights(loss, y_true, y_pred, expected):
    np.testing.assert_allclose(loss(y_true, y_pred, sample_weight=WEIGHTS), expected, rtol=3e-6, atol=1e-7)


@pytest.mark.parametrize(("name", "y_true", "y_pred", "expected"), EACH)
def test_each_image(name, y_true, y_pred, expected):
    np.testing.assert_allclose(getattr(losses, name)(y_true, y_pred), expected, rtol=3e-6, atol=1e-7)


@pytest.mark.parametrize("loss", [row[0] for row in VALUES], ids=_told)
def test_configurations_make_the_same_loss(loss):
    again = losses.deserialize(losses.serialize(loss))
    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("reduction", "axis", "weights", "expected"),  # Keras 3.15.1 on TensorFlow
    [
        ("sum", None, [1.0, 2.0, 3.0], 3.576499),
        ("sum_over_batch_size", None, [1.0, 2.0, 3.0], 1.1921663),
        ("sum", (1, 2), [1.0, 2.0, 3.0], 3.5265667),
        ("sum_over_batch_size", (1, 2), [1.0, 2.0, 3.0], 1.1755223),
        ("sum", None, None, 0.59608316),
    ],
)
def test_weighted_overlaps_in_a_model_and_on_arrays(reduction, axis, weights, expected):
    y_true = np.random.RandomState(1).rand(3, 4, 2).astype(np.float32)
    y_pred = np.random.RandomState(2).rand(3, 4, 2).astype(np.float32)
    weights = None if weights is None else np.array(weights, np.float32)
    for loss in (losses.Dice(reduction, axis=axis), losses.Tversky(reduction=reduction, axis=axis)):
        assert float(loss(y_true, y_pred, weights)) == pytest.approx(expected, rel=1e-6)
        model = Sequential([Input((4, 2)), Identity()])
        model.compile("sgd", loss)
        assert model.evaluate(y_pred, y_true, sample_weight=weights, verbose=0) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("reduction", ["sum", "sum_over_batch_size", "mean", "mean_with_sample_weight", "none"])
def test_one_weight_for_the_loss_of_a_batch(reduction):
    y_true, y_pred = SHARES, OUTPUTS
    loss = losses.Dice(reduction)
    assert float(loss(y_true, y_pred, 2.0)) == pytest.approx(2 * float(loss(y_true, y_pred)))
