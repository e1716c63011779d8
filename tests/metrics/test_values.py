"""Values of metrics, recorded from Keras 3 (3.15.1) on its JAX backend."""

import numpy as np
import pytest

from planish import metrics

OUTPUTS = np.array([[0.2, 0.7, 0.1], [0.5, 0.2, 0.3], [0.05, 0.05, 0.9], [0.1, 0.6, 0.3], [0.3, 0.3, 0.4]], np.float32)
ONE_HOT = np.array([[0, 1, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
CLASSES = np.array([1, 0, 1, 0, 2])
SHARES = np.array([[0.3, 0.3, 0.4], [0.9, 0.05, 0.05], [0.0, 1.0, 0.0], [0.6, 0.2, 0.2], [0.1, 0.8, 0.1]], np.float32)
SCORES = np.array([0.9, 0.35, 0.5, 0.8, 0.1, 0.65, 0.35, 0.02], np.float32)
ANSWERS = np.array([1, 0, 1, 0, 0, 1, 1, 0])
LOGITS = np.array([2.0, -0.4, 0.1, 1.3, -3.0, 0.5, -0.3, -4.0], np.float32)
WEIGHTS = np.array([1.0, 2.0, 0.5, 0.0, 3.0], np.float32)
WEIGHTS8 = np.array([1.0, 2.0, 0.5, 0.0, 3.0, 1.0, 2.5, 0.2], np.float32)

# metric, targets, outputs, weights, result without weights, result with weights
VALUES = [
    (metrics.AUC(), ANSWERS, SCORES, WEIGHTS8, 0.78125, 0.9038461),
    (metrics.AUC(curve="PR"), ANSWERS, SCORES, WEIGHTS8, 0.7523963, 0.9048913),
    (metrics.AUC(summation_method="minoring"), ANSWERS, SCORES, WEIGHTS8, 0.75, 0.8076923),
    (metrics.AUC(summation_method="majoring"), ANSWERS, SCORES, WEIGHTS8, 0.8125, 1.0),
    (metrics.AUC(curve="PR", summation_method="minoring"), ANSWERS, SCORES, WEIGHTS8, 0.4583333, 0.6571429),
    (metrics.AUC(curve="PR", summation_method="majoring"), ANSWERS, SCORES, WEIGHTS8, 0.7916667, 1.0),
    (metrics.AUC(num_thresholds=7), ANSWERS, SCORES, WEIGHTS8, 0.75, 0.8846154),
    (metrics.AUC(thresholds=[0.2, 0.4, 0.6]), ANSWERS, SCORES, WEIGHTS8, 0.78125, 0.9038461),
    (metrics.AUC(num_thresholds=2), ANSWERS, SCORES, WEIGHTS8, 0.5, 0.5),
    (metrics.AUC(curve="PR", num_thresholds=5), ANSWERS, SCORES, WEIGHTS8, 0.6069671, 0.8802653),
    (metrics.AUC(from_logits=True), ANSWERS, LOGITS, WEIGHTS8, 0.8125, 1.0),
    (metrics.AUC(), ONE_HOT, OUTPUTS, WEIGHTS, 0.54, 0.8890532),
    (metrics.Precision(), ANSWERS, SCORES, WEIGHTS8, 0.6666667, 1.0),
    (metrics.Precision(thresholds=0.3), ANSWERS, SCORES, WEIGHTS8, 0.6666667, 0.7142857),
    (
        metrics.Precision(thresholds=[0.1, 0.5, 0.85]),
        ANSWERS,
        SCORES,
        WEIGHTS8,
        [0.6666667, 0.6666667, 1.0],
        [0.7142857, 1.0, 1.0],
    ),
    (metrics.Precision(), ONE_HOT, OUTPUTS, WEIGHTS, 0.3333333, 0.6666667),
    (metrics.Precision(top_k=1), ONE_HOT, OUTPUTS, WEIGHTS, 0.6, 0.9230769),
    (metrics.Precision(top_k=2), ONE_HOT, OUTPUTS, WEIGHTS, 0.3, 0.4615385),
    (metrics.Precision(class_id=1), ONE_HOT, OUTPUTS, WEIGHTS, 0.5, 1.0),
    (metrics.Precision(top_k=2, class_id=2), ONE_HOT, OUTPUTS, WEIGHTS, 0.25, 0.5454546),
    (metrics.Precision(top_k=2, thresholds=0.25), ONE_HOT, OUTPUTS, WEIGHTS, 0.375, 0.5217391),
    (metrics.Recall(), ANSWERS, SCORES, WEIGHTS8, 0.5, 0.4),
    (metrics.Recall(thresholds=0.3), ANSWERS, SCORES, WEIGHTS8, 1.0, 1.0),
    (metrics.Recall(thresholds=[0.1, 0.5, 0.85]), ANSWERS, SCORES, WEIGHTS8, [1.0, 0.5, 0.25], [1.0, 0.4, 0.2]),
    (metrics.Recall(), ONE_HOT, OUTPUTS, WEIGHTS, 0.2, 0.1538462),
    (metrics.Recall(top_k=1), ONE_HOT, OUTPUTS, WEIGHTS, 0.6, 0.9230769),
    (metrics.Recall(top_k=2), ONE_HOT, OUTPUTS, WEIGHTS, 0.6, 0.9230769),
    (metrics.Recall(class_id=1), ONE_HOT, OUTPUTS, WEIGHTS, 0.5, 0.6666667),
    (metrics.Recall(top_k=2, class_id=2), ONE_HOT, OUTPUTS, WEIGHTS, 1.0, 1.0),
    (metrics.Recall(top_k=2, thresholds=0.25), ONE_HOT, OUTPUTS, WEIGHTS, 0.6, 0.9230769),
    (metrics.Accuracy(), ANSWERS, SCORES > 0.4, WEIGHTS8, 0.75, 0.7549019),
    (metrics.BinaryAccuracy(), ANSWERS[:, None], SCORES[:, None], WEIGHTS8, 0.625, 0.7058824),
    (metrics.BinaryAccuracy(threshold=0.35), ANSWERS[:, None], SCORES[:, None], WEIGHTS8, 0.75, 0.7549019),
    (metrics.BinaryAccuracy(), ONE_HOT, OUTPUTS, WEIGHTS, 0.6, 0.6923077),
    (metrics.CategoricalAccuracy(), ONE_HOT, OUTPUTS, WEIGHTS, 0.6, 0.9230769),
    (metrics.SparseCategoricalAccuracy(), CLASSES, OUTPUTS, WEIGHTS, 0.6, 0.9230769),
    (metrics.SparseCategoricalAccuracy(), CLASSES[:, None], OUTPUTS, WEIGHTS, 0.6, 0.9230769),
    (metrics.TopKCategoricalAccuracy(k=2), ONE_HOT, OUTPUTS, WEIGHTS, 0.8, 1.0),
    (metrics.TopKCategoricalAccuracy(), ONE_HOT, OUTPUTS, WEIGHTS, 1.0, 1.0),
    (metrics.SparseTopKCategoricalAccuracy(k=1), CLASSES, OUTPUTS, WEIGHTS, 0.6, 0.9230769),
    (metrics.SparseTopKCategoricalAccuracy(k=2), CLASSES, OUTPUTS, WEIGHTS, 0.8, 1.0),
    (metrics.SparseTopKCategoricalAccuracy(k=2), CLASSES[:, None], OUTPUTS, WEIGHTS, 0.8, 1.0),
    (metrics.MeanSquaredError(), SHARES, OUTPUTS, WEIGHTS, 0.2013333, 0.1408975),
    (metrics.MeanAbsoluteError(), SHARES, OUTPUTS, WEIGHTS, 0.3666667, 0.325641),
    (metrics.MeanAbsolutePercentageError(), SHARES, OUTPUTS, WEIGHTS, 63333460.0, 24359160.0),
    (metrics.MeanSquaredLogarithmicError(), SHARES, OUTPUTS, WEIGHTS, 0.1004625, 0.07004379),
    (metrics.RootMeanSquaredError(), SHARES, OUTPUTS, WEIGHTS, 0.4487018, 0.3753631),
    (metrics.LogCoshError(), SHARES, OUTPUTS, WEIGHTS, 0.09280533, 0.06662045),
    (metrics.KLDivergence(), SHARES, OUTPUTS, WEIGHTS, 1.019643, 0.6567017),
    (metrics.Poisson(), SHARES, OUTPUTS, WEIGHTS, 0.8780543, 0.7468385),
    (metrics.Hinge(), ONE_HOT, OUTPUTS, WEIGHTS, 1.1, 1.033333),
    (metrics.SquaredHinge(), ONE_HOT, OUTPUTS, WEIGHTS, 1.369, 1.206538),
    (metrics.CategoricalHinge(), ONE_HOT, OUTPUTS, WEIGHTS, 1.11, 0.8807691),
    (metrics.BinaryCrossentropy(), SHARES, OUTPUTS, WEIGHTS, 0.9413092, 0.7230273),
    (metrics.CategoricalCrossentropy(), SHARES, OUTPUTS, WEIGHTS, 1.634164, 1.240516),
    (metrics.SparseCategoricalCrossentropy(), CLASSES, OUTPUTS, WEIGHTS, 1.452886, 0.9214935),
    (metrics.CategoricalCrossentropy(label_smoothing=0.1), ONE_HOT, OUTPUTS, WEIGHTS, 1.449022, 0.9539746),
    (metrics.BinaryCrossentropy(from_logits=True), ANSWERS[:, None], LOGITS[:, None], WEIGHTS8, 0.5275647, 0.4151485),
    (metrics.SparseCategoricalCrossentropy(from_logits=True), CLASSES, OUTPUTS, WEIGHTS, 1.112386, 0.997033),
]


def _told(value):
    return value.name if isinstance(value, metrics.Metric) else None


def _bound(metric):
    return {"rtol": 3e-6, "atol": 1e-7}


@pytest.mark.parametrize(("metric", "y_true", "y_pred", "_weights", "expected", "_weighted"), VALUES, ids=_told)
def test_plain(metric, y_true, y_pred, _weights, expected, _weighted):
    metric.reset_state()
    metric.update_state(y_true, y_pred)
    np.testing.assert_allclose(metric.result(), expected, **_bound(metric))


@pytest.mark.parametrize(("metric", "y_true", "y_pred", "weights", "_expected", "weighted"), VALUES, ids=_told)
def test_weighted(metric, y_true, y_pred, weights, _expected, weighted):
    metric.reset_state()
    metric.update_state(y_true, y_pred, sample_weight=weights)
    np.testing.assert_allclose(metric.result(), weighted, **_bound(metric))


@pytest.mark.parametrize(("metric", "y_true", "y_pred", "weights", "_expected", "weighted"), VALUES, ids=_told)
def test_rows_may_come_in_any_groups(metric, y_true, y_pred, weights, _expected, weighted):
    metric.reset_state()
    for rows in (slice(0, 1), slice(1, 4), slice(4, None)):
        metric.update_state(y_true[rows], y_pred[rows], sample_weight=weights[rows])
    np.testing.assert_allclose(metric.result(), weighted, **_bound(metric))


@pytest.mark.parametrize("metric", [row[0] for row in VALUES], ids=_told)
def test_configurations_make_the_same_metric(metric):
    again = metrics.deserialize(metrics.serialize(metric))
    assert type(again) is type(metric)
    assert again.get_config() == metric.get_config()
