"""Which direction of a metric is better, and what is an improvement: one rule for all callbacks, which is Keras's."""

import math
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from planish import metrics
from planish.callbacks import Callback, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from planish.losses import mean_squared_error
from planish.metrics import F1Score, MeanMetricWrapper, Metric

NAN, INF = math.nan, math.inf

UP = (
    *("AUC", "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "CosineSimilarity", "F1Score", "FBetaScore"),
    *("Precision", "PrecisionAtRecall", "Recall", "RecallAtPrecision", "SensitivityAtSpecificity"),
    *("SparseCategoricalAccuracy", "SparseTopKCategoricalAccuracy", "SpecificityAtSensitivity"),
    *("TopKCategoricalAccuracy", "BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU", "R2Score"),
    *("ConcordanceCorrelation", "PearsonCorrelation"),
)
DOWN = (
    *("BinaryCrossentropy", "CategoricalCrossentropy", "CategoricalHinge", "Hinge", "KLDivergence", "LogCoshError"),
    *("MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError", "MeanSquaredLogarithmicError"),
    *("Poisson", "RootMeanSquaredError", "SparseCategoricalCrossentropy", "SquaredHinge"),
)
UNKNOWN = ("FalseNegatives", "FalsePositives", "Mean", "Sum", "TrueNegatives", "TruePositives")


def closeness(y_true, y_pred):
    return 1 - np.abs(y_true - y_pred)


def made(kind, path):
    """A callback that watches a metric, by the name of its class."""
    if kind is ModelCheckpoint:
        return lambda monitor, **options: kind(path / "best.keras", monitor, save_best_only=True, **options)
    return lambda monitor, **options: kind(monitor, **options)


def metric(name):
    at_one_point = name.endswith(("AtRecall", "AtPrecision", "AtSpecificity", "AtSensitivity"))
    classes = {"IoU": (2, [0]), "MeanIoU": (2,), "OneHotIoU": (2, [0]), "OneHotMeanIoU": (2,)}
    return getattr(metrics, name)(*classes.get(name, [0.5] * at_one_point))


def test_every_metric_has_the_direction_that_it_has_in_keras():
    classes = {
        name: item for name, item in vars(metrics).items() if isinstance(item, type) and issubclass(item, Metric)
    }
    found = {name: metric(name)._direction for name in classes if name not in ("Metric", "MeanMetricWrapper")}
    assert found == {**dict.fromkeys(UP, "up"), **dict.fromkeys(DOWN, "down"), **dict.fromkeys(UNKNOWN)}


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau, ModelCheckpoint])
@pytest.mark.parametrize(
    ("monitor", "watched", "smaller"),
    [
        ("loss", [], True),
        ("val_loss", [], True),
        ("val_auc", [metrics.AUC(name="auc")], False),
        ("val_precision", [metrics.Precision(name="precision")], False),
        ("recall", [metrics.Recall(name="recall")], False),
        ("val_f1_score", [F1Score(average="macro", name="f1_score")], False),
        ("acc", ["acc"], False),
        ("val_accuracy_loss", [metrics.MeanSquaredError(name="accuracy_loss")], True),
        ("mse", ["mse"], True),
        ("my", [MeanMetricWrapper(mean_squared_error, name="my")], True),
    ],
)
def test_all_callbacks_ask_the_metric(small_fit, tmp_path, kind, monitor, watched, smaller):
    callback = made(kind, tmp_path)(monitor)
    small_fit([callback], watched, validation_split=0.5)
    assert callback.prefers_smaller() is smaller


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau, ModelCheckpoint])
@pytest.mark.parametrize(
    ("monitor", "watched", "remedy"),
    [
        ("val_tp", [metrics.TruePositives(name="tp")], "pass mode='min' or mode='max'"),
        ("val_closeness", [closeness], "pass mode='min' or mode='max'"),
        ("val_acc", ["accuracy"], "monitor='val_accuracy'"),
        ("nothing", [], "compile(metrics=[...]) with a metric of that name, or pass mode='min' or mode='max'"),
    ],
)
def test_what_nobody_can_know_is_refused_before_the_first_step(small_fit, tmp_path, kind, monitor, watched, remedy):
    with pytest.raises(ValueError, match=kind.__name__) as caught:
        small_fit([made(kind, tmp_path)(monitor)], watched, validation_split=0.5)
    assert str(caught.value).endswith(remedy)
    assert small_fit.model.optimizer.iterations == 0
    small_fit([made(kind, tmp_path)(monitor, mode="max")], watched, validation_split=0.5) if watched else None


def test_a_metric_that_will_not_be_there_is_said_once_before_training(small_fit):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        small_fit([EarlyStopping(patience=5)], epochs=3)
    (warning,) = told
    assert str(warning.message) == (
        "EarlyStopping: metric 'val_loss' is not available\n"
        "  expected: one of loss\n"
        "  remedy:   pass validation_data=(x_val, y_val) or validation_split=0.2 to fit"
    )


@pytest.mark.filterwarnings("error")
def test_epochs_without_a_validation_are_no_surprise(small_fit):
    callbacks = [EarlyStopping(), ReduceLROnPlateau()]
    assert len(small_fit(callbacks, epochs=4, validation_split=0.5, validation_freq=2)["val_loss"]) == 2


def test_what_a_callback_of_the_users_own_adds_can_be_watched(small_fit):
    class Add(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["mine"] = float(-epoch)

    stopping = EarlyStopping("mine", mode="min")
    small_fit([Add(), stopping], epochs=3)
    assert stopping.best == -2.0


def stopped(values, **options):
    """(the epoch after which it stopped, the best epoch) for a loss with these values."""
    model = Stopped()
    callback = EarlyStopping("loss", **options)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"loss": value})
        if model.stop_training:
            break
    return epoch if model.stop_training else None, callback.best_epoch


class Stopped:
    stop_training = False
    metrics = ()

    def get_weights(self):
        return []


@pytest.mark.parametrize(
    ("values", "patience", "expected"),
    [
        ([INF, 1.0, 2.0, 3.0], 0, (2, 1)),
        ([INF, 1.0, 2.0, 3.0], 2, (3, 1)),
        ([INF, INF, INF, INF], 2, (2, 0)),
        ([NAN, NAN, NAN, NAN], 0, (1, 0)),
        ([NAN, NAN, NAN, NAN], 2, (2, 0)),
        ([1.0, NAN, 0.9, 0.8], 0, (1, 0)),
        ([1.0, NAN, 0.9, 0.8], 2, (None, 3)),
    ],
)
def test_early_stopping_after_what_is_not_finite_is_that_of_keras(values, patience, expected):
    assert stopped(values, patience=patience) == expected
    assert stopped(values, patience=patience, restore_best_weights=True) == expected


def test_any_number_is_better_than_nan():
    assert stopped([NAN, 1.0, 0.9, 0.8], patience=1) == (None, 3)
    assert stopped([NAN, 1.0, 2.0, 3.0], patience=1) == (2, 1)


def test_the_first_value_of_a_rate_that_is_reduced_may_be_infinite(small_fit):
    plateau = ReduceLROnPlateau("loss", patience=2)
    plateau.set_model(Rated())
    plateau.on_train_begin()
    for value in (INF, INF):
        plateau.on_epoch_end(0, {"loss": value})
    assert plateau.wait == 1
    plateau.on_epoch_end(2, {"loss": 1.0})
    assert (plateau.best, plateau.wait) == (1.0, 0)


class Rated:
    optimizer = SimpleNamespace(learning_rate=np.float32(1e-3))


def test_a_rate_at_its_least_is_not_reduced_again():
    plateau = ReduceLROnPlateau("loss", patience=1, min_lr=1e-3, verbose=1)
    plateau.set_model(Rated())
    plateau.on_train_begin()
    for epoch in range(3):
        plateau.on_epoch_end(epoch, {"loss": 1.0})
    assert plateau.wait == 2


def test_a_metric_with_several_values_cannot_be_watched(small_fit):
    with pytest.raises(ValueError, match="'f' has several values, so none of them is the best"):
        small_fit([EarlyStopping("f")], [F1Score(name="f")])


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: EarlyStopping(patience="5"),
        lambda: EarlyStopping(min_delta=None),
        lambda: EarlyStopping(baseline="best"),
        lambda: EarlyStopping(monitor=None),
        lambda: EarlyStopping(metrics.AUC()),
        lambda: EarlyStopping(start_from_epoch=None),
        lambda: ReduceLROnPlateau(factor="0.1"),
        lambda: ReduceLROnPlateau(min_lr=None),
        lambda: ReduceLROnPlateau(cooldown=None),
        lambda: ModelCheckpoint("a.keras", initial_value_threshold="0.5"),
        lambda: ModelCheckpoint(None),
    ],
)
def test_arguments_of_the_wrong_type_are_refused_at_once(mistake):
    with pytest.raises(TypeError, match="received:"):
        mistake()
