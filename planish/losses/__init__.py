"""Losses with Keras 3's names, arguments and values; each is written in graph operations, so it compiles with its gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from planish import naming, serialization
from planish.errors import explain, unknown_name
from planish.losses.cross_entropies import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from planish.losses.loss import Array, Loss
from planish.losses.regression import (
    CategoricalHinge,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SquaredHinge,
)

_CLASSES: tuple[type[Loss], ...] = (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)


def _function(class_: type[Loss], name: str) -> Callable[..., Array]:
    def loss(y_true: Any, y_pred: Any, **arguments: Any) -> Array:
        return class_(**arguments).call(y_true, y_pred)

    loss.__name__ = loss.__qualname__ = name
    loss.__doc__ = f"{class_.__name__} of arrays, one value for each image (each position, if outputs are maps)."
    return loss


binary_crossentropy = _function(BinaryCrossentropy, "binary_crossentropy")
categorical_crossentropy = _function(CategoricalCrossentropy, "categorical_crossentropy")
categorical_hinge = _function(CategoricalHinge, "categorical_hinge")
hinge = _function(Hinge, "hinge")
huber = _function(Huber, "huber")
kl_divergence = _function(KLDivergence, "kl_divergence")
log_cosh = _function(LogCosh, "log_cosh")
mean_absolute_error = _function(MeanAbsoluteError, "mean_absolute_error")
mean_absolute_percentage_error = _function(MeanAbsolutePercentageError, "mean_absolute_percentage_error")
mean_squared_error = _function(MeanSquaredError, "mean_squared_error")
mean_squared_logarithmic_error = _function(MeanSquaredLogarithmicError, "mean_squared_logarithmic_error")
poisson = _function(Poisson, "poisson")
sparse_categorical_crossentropy = _function(SparseCategoricalCrossentropy, "sparse_categorical_crossentropy")
squared_hinge = _function(SquaredHinge, "squared_hinge")

_BY_NAME: dict[str, type[Loss]] = {class_.__name__: class_ for class_ in _CLASSES}
_BY_NAME |= {naming.snake_case(class_.__name__): class_ for class_ in _CLASSES}
_BY_NAME |= {
    "mse": MeanSquaredError, "MSE": MeanSquaredError, "mae": MeanAbsoluteError, "MAE": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError, "MAPE": MeanAbsolutePercentageError, "msle": MeanSquaredLogarithmicError,
    "MSLE": MeanSquaredLogarithmicError, "bce": BinaryCrossentropy, "BCE": BinaryCrossentropy, "kld": KLDivergence,
    "KLD": KLDivergence, "kl_divergence": KLDivergence, "kullback_leibler_divergence": KLDivergence, "huber_loss": Huber,
    "logcosh": LogCosh,
}  # fmt: skip


def class_named(name: str) -> type[Loss]:
    """The loss class of a name as `compile` takes it. ValueError for unknown names, with the nearest ones."""
    if name not in _BY_NAME:
        raise ValueError(unknown_name("loss", name, _BY_NAME))
    return _BY_NAME[name]


class FunctionLoss(Loss):
    """A function of (y_true, y_pred) nodes, written in `planish.ops`, as a loss."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(getattr(function, "__name__", "loss"))
        self._function = function

    def value(self, y_true: Any, y_pred: Any) -> Any:
        from planish.graph.node import Node

        result = self._function(y_true, y_pred)
        if not isinstance(result, Node):
            raise TypeError(
                explain(
                    what=f"the loss function '{self.name}' does not build a loss",
                    expected="a function that computes with planish.ops, which can be compiled",
                    received=f"a result of type {type(result).__name__}",
                )
            )
        return result


def get(identifier: Any) -> Any:
    """A loss from its name, its configuration, one of the functions here, or itself; None stays None."""
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, str):
        return class_named(identifier)()
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if callable(identifier):
        name = getattr(identifier, "__name__", "")
        own = getattr(identifier, "__module__", "") == __name__ and name in _BY_NAME
        return _BY_NAME[name]() if own else FunctionLoss(identifier)
    raise TypeError(
        explain(
            what="this is no loss",
            expected="a name such as 'sparse_categorical_crossentropy', or a loss such as MeanSquaredError()",
            received=f"{identifier!r} of type {type(identifier).__name__}",
        )
    )


def serialize(loss: Loss) -> dict[str, Any]:
    """Keras's serialized form."""
    serialized: dict[str, Any] = serialization.serialize(loss)
    return serialized


def deserialize(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The loss of a serialized form."""
    return serialization.deserialize(
        {"module": "keras.losses", **config}, {class_.__name__: class_ for class_ in _CLASSES}, custom_objects
    )
