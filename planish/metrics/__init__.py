"""Metrics with Keras 3's names, arguments and values, computed with NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planish import absent, foreign, losses, naming, serialization, tracing
from planish import custom_objects as own_objects
from planish.errors import explain, unknown_name
from planish.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from planish.metrics import accuracy as accuracies
from planish.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from planish.metrics.auc import AUC
from planish.metrics.correlation import (
    ConcordanceCorrelation,
    PearsonCorrelation,
    R2Score,
    concordance_correlation,
    pearson_correlation,
)
from planish.metrics.f_score import F1Score, FBetaScore
from planish.metrics.from_losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    RootMeanSquaredError,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from planish.metrics.iou import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from planish.metrics.metric import Metric
from planish.metrics.operating_points import (
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from planish.metrics.precision_recall import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from planish.metrics.reductions import Mean, MeanMetricWrapper, Sum

BCE = bce = binary_crossentropy
KLD = kld = kullback_leibler_divergence = kl_divergence
MAE = mae = mean_absolute_error
MAPE = mape = mean_absolute_percentage_error
MSE = mse = mean_squared_error
MSLE = msle = mean_squared_logarithmic_error
logcosh = log_cosh

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "PearsonCorrelation",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "concordance_correlation",
    "deserialize",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "pearson_correlation",
    "poisson",
    "resolve",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]

_CLASSES: dict[str, type[Metric]] = {
    name: value for name in __all__ if isinstance(value := globals().get(name), type) and issubclass(value, Metric)
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "accuracy": accuracies.accuracy,
    **{name: globals()[name] for name in __all__ if name.endswith(("_accuracy", "_correlation"))},
    **{function.__name__: function for function in losses.functions.CLASSES},
}
_NEEDS_ARGUMENTS = (
    Metric,
    MeanMetricWrapper,
    IoU,
    MeanIoU,
    OneHotIoU,
    OneHotMeanIoU,
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
_NAMED = {name: class_ for name, class_ in _CLASSES.items() if class_ not in _NEEDS_ARGUMENTS}
_BY_NAME: dict[str, type[Metric]] = {
    **_NAMED,
    **{naming.snake_case(name): class_ for name, class_ in _NAMED.items()},
    **dict.fromkeys(("bce", "BCE"), BinaryCrossentropy),
    **dict.fromkeys(("mse", "MSE"), MeanSquaredError),
    **dict.fromkeys(("mae", "MAE"), MeanAbsoluteError),
    **dict.fromkeys(("mape", "MAPE"), MeanAbsolutePercentageError),
    **dict.fromkeys(("msle", "MSLE"), MeanSquaredLogarithmicError),
    **dict.fromkeys(("rmse", "RMSE"), RootMeanSquaredError),
}
# For one output, for class numbers, for one-hot vectors.
_AUTOMATIC: dict[str, tuple[type[Metric], type[Metric], type[Metric]]] = {
    "accuracy": (BinaryAccuracy, SparseCategoricalAccuracy, CategoricalAccuracy),
    "crossentropy": (BinaryCrossentropy, SparseCategoricalCrossentropy, CategoricalCrossentropy),
}
_SHORT = {"acc": "accuracy", "ce": "crossentropy"}


def get(identifier: Any) -> Metric:
    """A metric from its name, class or configuration, from a loss or a function of (y_true, y_pred) arrays, or itself.

    ValueError for unknown names, with the nearest ones.

    `identifier`: any of these.

    >>> keras.metrics.get("mse").name
    'mean_squared_error'
    """
    if isinstance(identifier, Metric):
        identifier.require_init()
        return identifier
    if isinstance(identifier, str):
        if (own := own_objects.get_registered_object(identifier)) is not None:
            return get(own)
        if identifier in _BY_NAME:
            return _BY_NAME[identifier]()
        if identifier in _FUNCTIONS:
            return MeanMetricWrapper(_FUNCTIONS[identifier], identifier)
        known = [*_BY_NAME, *_FUNCTIONS, *_AUTOMATIC, *_SHORT]
        raise ValueError(absent.unknown_name("metric", "metrics", identifier, known))
    if isinstance(identifier, Mapping):
        return get(deserialize(identifier))
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return identifier()
    foreign.refuse(identifier, "metrics")
    if callable(identifier):
        name = getattr(identifier, "name", None) or tracing.name_of(identifier)
        return MeanMetricWrapper(identifier, naming.snake_case(str(name)))
    raise TypeError(
        explain(
            what="this is not a metric",
            expected="a metric's name, a Metric, or a function of (y_true, y_pred)",
            received=f"{identifier!r} of type {type(identifier).__name__}",
        )
    )


def resolve(identifier: Any, targets: Sequence[int | None], outputs: Sequence[int | None]) -> Metric:
    """The metric for targets and outputs of these shapes (batch axis included); 'accuracy' becomes the one that fits.

    As in Keras, its name in logs is the string that was asked for.

    `identifier`: as in `get`, or 'accuracy' or 'crossentropy'; `targets` and `outputs`: shapes.

    >>> type(keras.metrics.resolve("accuracy", (None,), (None, 10))).__name__
    'SparseCategoricalAccuracy'
    """
    if not isinstance(identifier, str):
        return get(identifier)
    name = identifier.lower()
    kind = _SHORT.get(name, name)
    if kind not in _AUTOMATIC:
        metric = get(identifier)
    elif outputs[-1] == 1:
        metric = _AUTOMATIC[kind][0]()
    else:
        sparse = len(targets) < len(outputs) or targets[-1] == 1
        metric = _AUTOMATIC[kind][1 if sparse else 2]()
    metric.name = identifier
    return metric


def function_of(serialized: Any) -> Callable[..., Any]:
    """The function or loss that a MeanMetricWrapper's configuration names. ValueError if planish does not have it."""
    if not isinstance(serialized, Mapping):
        given: Callable[..., Any] = serialized
        return given
    if (own := own_objects.named(serialized)) is not None:
        found: Callable[..., Any] = own
        return found
    if serialized.get("class_name") != "function":
        loss: Callable[..., Any] = losses.deserialize(serialized)
        return loss
    name = str(serialized.get("config"))
    if name not in _FUNCTIONS:
        raise ValueError(unknown_name("function of a metric", name, _FUNCTIONS))
    return _FUNCTIONS[name]


def serialize(metric: Metric) -> dict[str, Any]:
    """Keras's serialized form.

    `metric`: an object.

    >>> keras.metrics.serialize(keras.metrics.AUC())["class_name"]
    'AUC'
    """
    serialized: dict[str, Any] = serialization.serialize(metric)
    return serialized


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The metric, or the function, of a serialized form. ValueError for a name that planish does not have.

    `config`: a dictionary; `custom_objects`: classes of the caller's own, by name.

    >>> keras.metrics.deserialize({"class_name": "Mean", "config": {"name": "seconds"}}).name
    'seconds'
    """
    known = {**_CLASSES, **_FUNCTIONS}
    return serialization.deserialize_as("a metric", Metric, config, "keras.metrics", known, custom_objects)


if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("metrics")
