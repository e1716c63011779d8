"""Metrics with Keras 3's names, arguments and values, computed with NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from planish import naming, serialization
from planish.errors import explain, unknown_name
from planish.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from planish.metrics.confusion import AUC, Precision, Recall
from planish.metrics.from_losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
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
from planish.metrics.metric import Mean, MeanMetricWrapper, Metric, Sum

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "Hinge",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "Poisson",
    "Precision",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "accuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "deserialize",
    "get",
    "resolve",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]

_CLASSES: dict[str, type[Metric]] = {
    name: value for name, value in globals().items() if isinstance(value, type) and issubclass(value, Metric) and name in __all__
}
_BY_NAME: dict[str, type[Metric]] = {
    **_CLASSES,
    **{naming.snake_case(name): class_ for name, class_ in _CLASSES.items()},
    "auc": AUC, "mse": MeanSquaredError, "MSE": MeanSquaredError, "mae": MeanAbsoluteError, "MAE": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError, "MAPE": MeanAbsolutePercentageError, "msle": MeanSquaredLogarithmicError,
    "MSLE": MeanSquaredLogarithmicError, "rmse": RootMeanSquaredError, "RMSE": RootMeanSquaredError,
    "kl_divergence": KLDivergence, "bce": BinaryCrossentropy, "top_k_categorical_accuracy": TopKCategoricalAccuracy,
    "sparse_top_k_categorical_accuracy": SparseTopKCategoricalAccuracy,
}  # fmt: skip
_AUTOMATIC = {
    "accuracy": (BinaryAccuracy, SparseCategoricalAccuracy, CategoricalAccuracy),
    "crossentropy": (BinaryCrossentropy, SparseCategoricalCrossentropy, CategoricalCrossentropy),
}
_SHORT = {"acc": "accuracy", "ce": "crossentropy"}


def get(identifier: Any) -> Metric:
    """A metric from its name, its configuration, a function of (y_true, y_pred) arrays, or itself."""
    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, str):
        if identifier not in _BY_NAME:
            raise ValueError(unknown_name("metric", identifier, [*_BY_NAME, *_AUTOMATIC, *_SHORT]))
        return _BY_NAME[identifier]()
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return identifier()
    if callable(identifier):
        return MeanMetricWrapper(identifier)
    raise TypeError(
        explain(
            what="this is no metric",
            expected="a metric's name, a Metric, or a function of (y_true, y_pred)",
            received=f"{identifier!r} of type {type(identifier).__name__}",
        )
    )


def resolve(identifier: Any, targets: Sequence[int | None], outputs: Sequence[int | None]) -> Metric:
    """The metric for targets and outputs of these shapes (batch axis included); 'accuracy' becomes what fits them, as in Keras.

    The name in logs is the one that was asked for.
    """
    if not isinstance(identifier, str):
        return get(identifier)
    name = identifier.lower()
    kind = _SHORT.get(name, name)
    if kind not in _AUTOMATIC:
        metric = get(identifier)
        metric.name = identifier if identifier in _SHORT or identifier.islower() else metric.name
        return metric
    binary, sparse, dense = _AUTOMATIC[kind]
    if outputs[-1] == 1:
        class_ = binary
    else:
        class_ = sparse if len(targets) < len(outputs) or (targets[-1] == 1 and outputs[-1] != 1) else dense
    metric = class_()
    metric.name = identifier
    return metric


def serialize(metric: Metric) -> dict[str, Any]:
    """Keras's serialized form."""
    serialized: dict[str, Any] = serialization.serialize(metric)
    return serialized


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Metric:
    """The metric of a serialized form."""
    metric: Metric = serialization.deserialize({"module": "keras.metrics", **config}, _CLASSES, custom_objects)
    return metric
