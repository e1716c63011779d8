"""Which metric a name means, what it is called, and metrics of one's own."""

import re

import numpy as np
import pytest

from planish import losses, metrics, utils

OUTPUTS = np.array([[0.2, 0.7, 0.1], [0.5, 0.2, 0.3], [0.05, 0.05, 0.9], [0.1, 0.6, 0.3], [0.3, 0.3, 0.4]], np.float32)
CLASSES = np.array([1, 0, 1, 0, 2])
WEIGHTS = np.array([1, 2, 0.5, 0, 3], np.float32)


@pytest.mark.parametrize(
    ("targets", "outputs", "kind"),
    [
        ((8,), (None, 1), "Binary"),
        ((8, 1), (None, 1), "Binary"),
        ((8,), (None, 3), "SparseCategorical"),
        ((8, 1), (None, 3), "SparseCategorical"),
        ((8, 3), (None, 3), "Categorical"),
        ((8, 4, 4), (None, 4, 4, 3), "SparseCategorical"),
        ((8, 4, 4, 3), (None, 4, 4, 3), "Categorical"),
    ],
)
@pytest.mark.parametrize(
    ("name", "ending"), [("accuracy", "Accuracy"), ("acc", "Accuracy"), ("crossentropy", "Crossentropy")]
)
def test_automatic_names(name, ending, targets, outputs, kind):
    metric = metrics.resolve(name, targets, outputs)
    assert type(metric).__name__ == kind + ending
    assert metric.name == name


@pytest.mark.parametrize("name", ["MSE", "auc", "AUC", "SparseCategoricalAccuracy", "top_k_categorical_accuracy"])
def test_a_metric_is_called_what_was_asked_for(name):
    assert metrics.resolve(name, (8, 3), (None, 3)).name == name


def test_metrics_without_a_name_are_numbered():
    utils.clear_session(free_memory=False)
    assert [metrics.Precision().name for _ in range(3)] == ["precision", "precision_1", "precision_2"]
    assert metrics.AUC().name == "auc"
    assert metrics.Recall(name="found").name == "found"


def test_every_class_has_its_two_names():
    for name in metrics.__all__:
        class_ = getattr(metrics, name)
        if isinstance(class_, type) and class_ not in metrics._NEEDS_ARGUMENTS:
            assert type(metrics.get(name)) is class_
    assert type(metrics.get("root_mean_squared_error")) is metrics.RootMeanSquaredError
    assert type(metrics.get("BCE")) is metrics.BinaryCrossentropy


def test_what_get_passes_on():
    metric = metrics.Mean()
    assert metrics.get(metric) is metric
    assert type(metrics.get(metrics.Recall)) is metrics.Recall
    again = metrics.get(
        {"class_name": "TopKCategoricalAccuracy", "config": {"name": "top", "dtype": "float32", "k": 2}}
    )
    assert (again.name, again.k) == ("top", 2)


def test_functions_and_losses_are_metrics():
    def distanceFromTarget(y_true, y_pred):  # noqa: N802 (Keras turns the name into snake case)
        return np.abs(y_true[:, None] - y_pred).mean(axis=-1)

    metric = metrics.get(distanceFromTarget)
    assert metric.name == "distance_from_target"
    assert metric(CLASSES, OUTPUTS) == pytest.approx(np.abs(CLASSES[:, None] - OUTPUTS).mean())
    assert metrics.get("huber")([[1.0]], [[0.5]]) == pytest.approx(0.125)
    loss = metrics.get(losses.SparseCategoricalCrossentropy())
    assert (loss.name, loss._direction) == ("sparse_categorical_crossentropy", "down")
    assert loss(CLASSES, OUTPUTS) == pytest.approx(1.452886, rel=3e-6)


def test_wrappers_are_written_with_their_function():
    metric = metrics.MeanMetricWrapper(metrics.binary_accuracy, name="mostly", threshold=0.8)
    config = metrics.serialize(metric)
    assert config["config"]["fn"] == {
        "module": "builtins",
        "class_name": "function",
        "config": "binary_accuracy",
        "registered_name": "function",
    }
    again = metrics.deserialize(config)
    assert again([1, 0], [0.7, 0.7]) == metric([1, 0], [0.7, 0.7]) == 0.5
    loss = metrics.MeanMetricWrapper(losses.Huber(0.1))
    assert metrics.deserialize(metrics.serialize(loss))([[1.0]], [[0.0]]) == pytest.approx(0.095)


def test_a_metric_of_ones_own():
    class Spread(metrics.Metric):
        def __init__(self, name="spread", **options):
            super().__init__(name=name, **options)
            self.largest = self.add_variable(shape=(3,), initializer="zeros", name="largest")
            self.rows = self.add_weight(name="rows")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.largest.assign(np.maximum(self.largest, y_pred.max(axis=0)))
            self.rows.assign_add(len(y_pred))

        def result(self):
            return (self.largest - 0.1) / self.rows

    metric = Spread()
    metric.update_state(CLASSES[:2], OUTPUTS[:2])
    np.testing.assert_allclose(metric(CLASSES[2:], OUTPUTS[2:]), (OUTPUTS.max(axis=0) - 0.1) / 5, rtol=1e-6)
    assert [(state.name, state.shape, state.dtype) for state in metric.variables] == [
        ("largest", (3,), np.float64),
        ("rows", (), np.float64),
    ]
    metric.reset_state()
    assert metric.largest.numpy().tolist() == [0, 0, 0]
    assert float(metric.rows) == 0


def test_means_and_sums_by_image():
    values = np.array([[1.0, 2.0], [3.0, 5.0]])
    assert (metrics.Mean()(values), metrics.Sum()(values)) == (2.75, 11)
    assert (metrics.Mean()(values, [1, 3]), metrics.Sum()(values, [1, 3])) == (3.375, 27)
    metric = metrics.Mean()
    metric.update_state([1.0, 2.0, 3.0])
    metric.update_state(10.0, sample_weight=2.0)
    metric.update_state([4.0, 6.0], sample_weight=3.0)
    assert metric.result() == 5.125
    assert metrics.Mean().result() == 0


def test_an_ignored_class_counts_as_keras_counts_it():
    """Its loss is 0; its weight is left out, if there are weights."""
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=2)
    assert metric(CLASSES, OUTPUTS) == pytest.approx(1.2696278, rel=3e-6)
    metric.reset_state()
    metric.update_state(CLASSES, OUTPUTS, sample_weight=WEIGHTS)
    assert metric.result() == pytest.approx(0.925953, rel=3e-6)


def test_classes_in_order_of_likelihood():
    likeliest = np.argsort(-OUTPUTS, axis=-1, kind="stable")
    metric = metrics.SparseTopKCategoricalAccuracy(k=2, from_sorted_ids=True)
    assert metric(CLASSES, likeliest) == pytest.approx(0.6)
    assert metric.get_config()["from_sorted_ids"] is True


def test_classes_out_of_range_are_never_among_the_largest():
    assert metrics.sparse_top_k_categorical_accuracy([7, -1, 1], OUTPUTS[:3], 3).tolist() == [0, 0, 1]


def test_the_cosine_is_not_negated():
    one_hot = np.eye(3)[CLASSES]
    assert metrics.CosineSimilarity()(one_hot, OUTPUTS) == pytest.approx(0.5305015, rel=3e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.get("acuracy"), "unknown metric 'acuracy'"),
        (lambda: metrics.Mean(dtype="float16"), "metric 'mean': `dtype` is not supported\n  rule:     metrics are"),
        (
            lambda: metrics.SparseCategoricalAccuracy()(np.eye(3)[CLASSES], OUTPUTS),
            "metric 'sparse_categorical_accuracy' needs one class number for each vector of outputs\n"
            "  expected: targets of shape (5,)\n"
            "  received: targets of shape (5, 3)\n"
            "  remedy:   for one-hot targets use 'categorical_accuracy'",
        ),
        (
            lambda: metrics.BinaryAccuracy()(CLASSES, OUTPUTS),
            "metric 'binary_accuracy': targets and outputs of a yes-or-no metric differ in shape\n"
            "  expected: targets of shape (5, 3)\n"
            "  received: targets of shape (5,)",
        ),
        (
            lambda: metrics.MeanMetricWrapper.from_config({"fn": {"class_name": "function", "config": "mine"}}),
            "unknown function of a metric 'mine'",
        ),
    ],
)
def test_mistakes(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_no_metric():
    with pytest.raises(TypeError, match="this is not a metric\n  expected: a metric's name"):
        metrics.get(3)


@pytest.mark.parametrize("method", ["update_state", "result"])
def test_a_metric_without_meaning(method):
    with pytest.raises(NotImplementedError, match=f"metric Metric defines no {method}"):
        getattr(metrics.Metric(), method)()
