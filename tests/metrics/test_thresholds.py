"""Counts at thresholds and what is made of them. Numbers are recorded from Keras 3 (3.15.1) on its JAX backend."""

import re

import numpy as np
import pytest

from planish import metrics

OUTPUTS = np.array([[0.2, 0.7, 0.1], [0.5, 0.2, 0.3], [0.05, 0.05, 0.9], [0.1, 0.6, 0.3], [0.3, 0.3, 0.4]], np.float32)
ONE_HOT = np.array([[0, 1, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
WEIGHTS = np.array([1, 2, 0.5, 0, 3], np.float32)
SCORES = np.array([0.9, 0.35, 0.5, 0.8, 0.1, 0.65, 0.35, 0.02], np.float32)
ANSWERS = np.array([1, 0, 1, 0, 0, 1, 1, 0])
WEIGHTS8 = np.array([1, 2, 0.5, 0, 3, 1, 2.5, 0.2], np.float32)
THREE = [0.1, 0.5, 0.85]

ANSWERED = [
    (metrics.TruePositives(), 2, 2),
    (metrics.TruePositives(THREE), [4, 2, 1], [5, 2, 1]),
    (metrics.FalsePositives(), 1, 0),
    (metrics.FalsePositives(THREE), [2, 1, 0], [2, 0, 0]),
    (metrics.TrueNegatives(), 3, 5.2),
    (metrics.TrueNegatives(THREE), [2, 3, 4], [3.2, 5.2, 5.2]),
    (metrics.FalseNegatives(), 2, 3),
    (metrics.FalseNegatives(THREE), [0, 2, 3], [0, 3, 4]),
    (metrics.SensitivityAtSpecificity(0.6), 0.75, 1),
    (metrics.SpecificityAtSensitivity(0.6), 0.75, 0.6153846),
    (metrics.PrecisionAtRecall(0.6), 0.75, 0.7142857),
    (metrics.RecallAtPrecision(0.7), 0.75, 1),
    (metrics.RecallAtPrecision(0.7, num_thresholds=5), 0, 1),
]
LABELS = [0.2, 0.3, 0.5]
CLASSIFIED = [
    (metrics.AUC(multi_label=True), 0.638889, 0.8412699),
    (metrics.AUC(multi_label=True, num_labels=3, label_weights=LABELS), 0.6583334, 0.8285714),
    (metrics.AUC(label_weights=LABELS), 0.5542857, 0.8805435),
    (metrics.AUC(multi_label=True, curve="pr"), 0.5614852, 0.8029575),
    (metrics.AUC(curve="PRGAIN"), 0.25, 0.8541666),
    (metrics.AUC(curve="PRGAIN", summation_method="majoring"), 0.376736, 0.9010416),
    (metrics.F1Score(), [0.6666666, 0.4999999, 0.6666666], [1, 0.7999999, 0.9230769]),
    (metrics.F1Score("micro"), 0.6, 0.9230769),
    (metrics.F1Score("macro"), 0.611111, 0.9076923),
    (metrics.F1Score("weighted"), 0.5999999, 0.9183432),
    (metrics.FBetaScore(None, 2.0, 0.25), [0.5, 0.4545454, 0.6249999], [0.7692308, 0.4999999, 0.8571429]),
    (metrics.FBetaScore("micro", 2.0, 0.25), 0.5172414, 0.7407407),
    (metrics.FBetaScore("macro", 2.0, 0.25), 0.5265151, 0.7087912),
    (metrics.FBetaScore("weighted", 2.0, 0.25), 0.5068182, 0.7476754),
]
VALUES = [
    *((metric, ANSWERS, SCORES, WEIGHTS8, plain, weighted) for metric, plain, weighted in ANSWERED),
    *((metric, ONE_HOT, OUTPUTS, WEIGHTS, plain, weighted) for metric, plain, weighted in CLASSIFIED),
]


def _told(value):
    return value.name if isinstance(value, metrics.Metric) else None


@pytest.mark.parametrize(("metric", "y_true", "y_pred", "weights", "plain", "weighted"), VALUES, ids=_told)
def test_values(metric, y_true, y_pred, weights, plain, weighted):
    metric.reset_state()
    metric.update_state(y_true, y_pred)
    np.testing.assert_allclose(metric.result(), plain, rtol=3e-6, atol=1e-7)
    metric.reset_state()
    for rows in (slice(0, 2), slice(2, 3), slice(3, None)):
        metric.update_state(y_true[rows], y_pred[rows], sample_weight=weights[rows])
    np.testing.assert_allclose(metric.result(), weighted, rtol=3e-6, atol=1e-7)


@pytest.mark.parametrize("metric", [row[0] for row in VALUES], ids=_told)
def test_configurations_make_the_same_metric(metric):
    again = metrics.deserialize(metrics.serialize(metric))
    assert type(again) is type(metric)
    assert again.get_config() == metric.get_config()


def test_ties_are_decided_in_float32():
    assert metrics.Precision(thresholds=[0.1, 0.7])([1, 1], np.array([0.1, 0.7], np.float32)).tolist() == [1, 0]
    thresholds = np.arange(200) / 199  # evenly spread: Keras multiplies and rounds, in float32 too
    counts = metrics.TruePositives(list(thresholds))(np.ones(200), np.arange(200).astype(np.float32) / np.float32(199))
    assert np.flatnonzero(counts != np.arange(199, -1, -1)).tolist() == [31, 53, 62, 103, 106, 111, 119, 124]


def test_outputs_that_are_no_number_are_no():
    metric = metrics.FalseNegatives([0.0, 0.5])
    assert metric([1, 1], np.array([np.nan, 0.9])).tolist() == [1, 1]


def test_targets_other_than_zero_are_yes():
    assert metrics.Recall()([2, 0, 0.5], [0.9, 0.9, 0.2]) == 0.5


def test_equal_outputs_at_the_edge_of_the_largest():
    """The first one is among them."""
    assert metrics.Precision(top_k=2)([[1, 1, 0]], [[0.3, 0.3, 0.3]]) == 1


def test_nothing_seen():
    assert metrics.AUC(multi_label=True).result() == 0
    assert metrics.F1Score().result() == 0
    assert metrics.Precision().result() == 0


def test_the_thresholds():
    assert metrics.AUC(num_thresholds=3).thresholds == pytest.approx([-1e-7, 0.5, 1 + 1e-7])
    assert metrics.AUC(thresholds=[0.7, 0.2]).thresholds == pytest.approx([-1e-7, 0.2, 0.7, 1 + 1e-7])
    assert metrics.Recall(0.25).thresholds == [0.25]


def test_counts_can_be_read():
    metric = metrics.Precision()
    metric.update_state(ANSWERS, SCORES)
    assert (metric.true_positives.numpy().tolist(), metric.false_positives.numpy().tolist()) == ([2], [1])
    with pytest.raises(AttributeError, match="'Precision' object has no attribute 'true_negatives'"):
        metric.true_negatives.numpy()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.Precision(thresholds=[0.5, 1.5]), "`thresholds` are not shares\n  expected: 0 to 1"),
        (lambda: metrics.AUC(curve="DET"), "AUC: unknown `curve`\n  expected: 'ROC' or 'PR' or 'PRGAIN'"),
        (
            lambda: metrics.AUC(summation_method="sum"),
            "AUC: unknown `summation_method`\n  expected: 'interpolation' or",
        ),
        (
            lambda: metrics.AUC(1),
            "AUC: `num_thresholds` is not a number of thresholds\n  expected: an integer from 2 to 1,000,000",
        ),
        (lambda: metrics.AUC(num_labels=3), "AUC: `num_labels` goes with multi_label=True only"),
        (lambda: metrics.PrecisionAtRecall(2), "PrecisionAtRecall: `recall` is not a share\n  expected: 0 to 1"),
        (
            lambda: metrics.RecallAtPrecision(0.5, 0),
            "RecallAtPrecision: `num_thresholds` is not a number of thresholds",
        ),
        (lambda: metrics.F1Score("mean"), "unknown average of an F-score 'mean'"),
        (lambda: metrics.FBetaScore(beta=0), "metric 'fbeta_score': `beta` is wrong\n  expected: above 0"),
        (lambda: metrics.F1Score(threshold=2), "metric 'f1_score': `threshold` is not a share"),
        (lambda: metrics.F1Score()([0, 1], [0.5, 0.5]), "needs one-hot targets and outputs of shape (n, classes)"),
        (
            lambda: metrics.Precision(class_id=3)(ONE_HOT, OUTPUTS),
            ": there is no class 3\n  expected: outputs of shape",
        ),
        (lambda: metrics.AUC(multi_label=True, num_labels=2)(ONE_HOT, OUTPUTS), "expected: outputs of shape (n, 2)"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
