"""Losses with Keras 3's names, arguments and values; each is written in graph operations, so it compiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from planish import absent, foreign, overrides, serialization, signatures
from planish import custom_objects as own_objects
from planish.errors import explain
from planish.losses import functions
from planish.losses.circle import Circle
from planish.losses.cross_entropies import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from planish.losses.focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
)
from planish.losses.function_loss import FunctionLoss
from planish.losses.functions import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
    categorical_hinge,
    circle,
    cosine_similarity,
    dice,
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
    tversky,
)
from planish.losses.hinges import CategoricalHinge, Hinge, SquaredHinge
from planish.losses.loss import Loss
from planish.losses.overlap import Dice, Tversky
from planish.losses.regression import (
    CosineSimilarity,
    Huber,
    KLDivergence,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
)

BCE = bce = binary_crossentropy
KLD = kld = kullback_leibler_divergence = kl_divergence
MAE = mae = mean_absolute_error
MAPE = mape = mean_absolute_percentage_error
MSE = mse = mean_squared_error
MSLE = msle = mean_squared_logarithmic_error
logcosh = log_cosh

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "deserialize",
    "dice",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]

_CLASSES: dict[str, type[Loss]] = {class_.__name__: class_ for class_ in functions.CLASSES.values()}
_BY_NAME: dict[str, type[Loss]] = {
    **_CLASSES,
    **{function.__name__: class_ for function, class_ in functions.CLASSES.items()},
    **dict.fromkeys(("bce", "BCE"), BinaryCrossentropy),
    **dict.fromkeys(("kld", "KLD", "kullback_leibler_divergence"), KLDivergence),
    **dict.fromkeys(("mae", "MAE"), MeanAbsoluteError),
    **dict.fromkeys(("mape", "MAPE"), MeanAbsolutePercentageError),
    **dict.fromkeys(("mse", "MSE"), MeanSquaredError),
    **dict.fromkeys(("msle", "MSLE"), MeanSquaredLogarithmicError),
    "huber_loss": Huber,
    "logcosh": LogCosh,
}


def get(identifier: Any) -> Any:
    """A loss from its name, its configuration, its class, one of the functions here, or itself; None stays None.

    Any other function is called with (y_true, y_pred) nodes. ValueError for unknown names, with the nearest ones.

    `identifier`: any of these.

    >>> keras.losses.get("mse").name
    'mean_squared_error'
    """
    if identifier is None:
        return None
    if isinstance(identifier, Loss):
        overrides.refuse(identifier, "loss", overrides.LOSS)
        identifier.require_init()
        return identifier
    foreign.refuse(identifier, "losses")
    if isinstance(identifier, str):
        if (own := own_objects.get_registered_object(identifier)) is not None:
            return get(own)
        if identifier not in _BY_NAME:
            raise ValueError(absent.unknown_name("loss", "losses", identifier, _BY_NAME))
        return _BY_NAME[identifier]()
    if isinstance(identifier, Mapping):
        return get(deserialize(identifier))
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if callable(identifier):
        class_ = functions.CLASSES.get(identifier)
        signatures.require(identifier, "the loss", "y_true", "y_pred")
        return FunctionLoss(identifier) if class_ is None else class_()
    raise TypeError(
        explain(
            what="this is not a loss",
            expected="a name such as 'sparse_categorical_crossentropy', or a loss such as MeanSquaredError()",
            received=f"{identifier!r} of type {type(identifier).__name__}",
        )
    )


def serialize(loss: Any) -> dict[str, Any]:
    """Keras's serialized form of a loss or of one of the functions here.

    >>> keras.losses.serialize(keras.losses.Huber(2.0))["config"]["delta"]
    2.0
    """
    if loss in functions.CLASSES:
        name = loss.__name__
        return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
    serialized: dict[str, Any] = serialization.serialize(loss.function if isinstance(loss, FunctionLoss) else loss)
    return serialized


def deserialize(name: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The loss, or the function, of a serialized form. ValueError for a name that planish does not have.

    `name`: the dictionary; `custom_objects`: classes of the caller's own, by name.

    >>> keras.losses.deserialize(keras.losses.serialize(keras.losses.Huber(2.0))).delta
    2.0
    """
    known = {**_CLASSES, **{function.__name__: function for function in functions.CLASSES}}
    return serialization.deserialize_as("a loss", Loss, name, "keras.losses", known, custom_objects)


if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("losses")
