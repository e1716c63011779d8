"""Overlaps, correlations and R2 are those of Keras (recorded by `record_families.py`: 3.15.1 on TensorFlow)."""

import json
from pathlib import Path

import numpy as np
import pytest

from planish import metrics
from planish.layers import Dense, Input
from planish.models import Sequential
from tests.metrics import cases

RECORDED = json.loads((Path(__file__).parent / "recorded_families.json").read_text(encoding="utf-8"))
PAIRS = list(zip(cases.CASES, RECORDED, strict=True))


def told(value):
    return value[0] if isinstance(value, tuple) else ""


def made(case):
    return getattr(metrics, case[0])(**case[1])


@pytest.mark.parametrize(("case", "recorded"), PAIRS, ids=told)
def test_values_are_those_of_keras(case, recorded):
    metric, arrays = made(case), cases.ARRAYS[case[2]]
    for weights, expected in zip((None, cases.weights(case)), recorded["values"], strict=True):
        metric.reset_state()
        metric.update_state(*arrays, sample_weight=weights)
        np.testing.assert_allclose(np.ravel(metric.result()), expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize(("case", "recorded"), PAIRS, ids=told)
def test_rows_may_come_in_any_groups(case, recorded):
    metric, (targets, outputs) = made(case), cases.ARRAYS[case[2]]
    if case[1].get("axis") == 0:
        assert metric.by_batch
        return
    for rows in (slice(0, 1), slice(1, 5), slice(5, None)):
        metric.update_state(targets[rows], outputs[rows])
    np.testing.assert_allclose(np.ravel(metric.result()), recorded["values"][0], rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize(("case", "recorded"), PAIRS, ids=told)
def test_configurations_and_variables_are_those_of_keras(case, recorded):
    again = metrics.deserialize(metrics.serialize(made(case)))
    again.update_state(*cases.ARRAYS[case[2]])
    config, expected = again.get_config(), recorded["config"]
    assert config | {"dtype": None} == expected | {"dtype": None, "name": config["name"]}
    assert type(again).from_config(expected).get_config()["name"] == expected["name"]
    assert [[variable.name, list(variable.shape)] for variable in again.variables] == recorded["variables"]


def test_channels_first_are_the_same_vectors():
    """Keras fails here: it takes the axis of the outputs for one of its result."""
    last, first = metrics.OneHotMeanIoU(3), metrics.OneHotMeanIoU(3, axis=1)
    last.update_state(*cases.ARRAYS["vectors"])
    first.update_state(*cases.ARRAYS["channels_first"])
    assert float(first.result()) == float(last.result())


def test_weights_of_images_hold_for_all_their_positions():
    weights = np.array([1.0, 0.5, 0.0, 2.0, 0.25, 1.0])
    each, spread = metrics.MeanIoU(4), metrics.MeanIoU(4)
    each.update_state(*cases.ARRAYS["classes"], sample_weight=weights)
    spread.update_state(*cases.ARRAYS["classes"], sample_weight=np.repeat(weights[:, None], 4, axis=1))
    np.testing.assert_array_equal(each.total_cm, spread.total_cm)
    assert each.total_cm.value.sum() < 24


def test_they_are_metrics_of_a_model():
    x, y = np.random.default_rng(0).random((9, 3)), np.random.default_rng(1).random((9, 2))
    model = Sequential([Input((3,)), Dense(2)])
    model.compile("sgd", "mse", metrics=["r2_score", metrics.PearsonCorrelation(axis=0), metrics.BinaryIoU(name="b")])
    results = model.evaluate(x, (y > 0.5).astype(np.float32), verbose=0, return_dict=True)
    assert set(results) == {"loss", "r2_score", "pearson_correlation", "b"}
    assert metrics.get("concordance_correlation").name == "concordance_correlation"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.MeanIoU(0), r"metric 'mean_io_u\w*': `num_classes` is not a number of classes"),
        (lambda: metrics.IoU(2, [2]), r"`target_class_ids` are not class numbers\n  expected: 0 to 1, one or more"),
        (lambda: metrics.BinaryIoU([]), "`target_class_ids` are not class numbers"),
        (lambda: metrics.MeanIoU(3)([1, 2], [[0.1, 0.9, 0.0], [0.2, 0.8, 0.0]]), "do not have as many class numbers"),
        (lambda: metrics.R2Score("sum"), "unknown class_aggregation of R2Score 'sum'"),
        (lambda: metrics.R2Score(num_regressors=-1), "`num_regressors` is not a number of variables"),
        (lambda: metrics.R2Score()([1.0, 2.0], [1.0, 2.0]), "needs targets and outputs of shape"),
        (lambda: metrics.PearsonCorrelation(axis=None), "`axis` is not the number of an axis"),
        (lambda: metrics.pearson_correlation([[1.0, 2.0]], [[1.0, 2.0, 3.0]]), "of the same shape"),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_too_many_regressors_are_told():
    metric = metrics.R2Score(num_regressors=30)
    metric.update_state(*cases.ARRAYS["numbers"])
    plain = metrics.R2Score()
    plain.update_state(*cases.ARRAYS["numbers"])
    with pytest.warns(UserWarning, match="cannot be adjusted for 30 variables"):
        assert float(metric.result()) == float(plain.result())
