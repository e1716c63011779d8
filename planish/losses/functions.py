"""Losses as functions of arrays: one value for each image (for each position, if outputs are maps).

Inside a user's loss they are functions of nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import ArrayLike

from planish import naming
from planish.errors import explain
from planish.graph.node import Node
from planish.losses import circle as circle_loss
from planish.losses import cross_entropies, focal, hinges, overlap, regression
from planish.losses.loss import Loss
from planish.tensor import tensor

LossFunction = Callable[..., Any]


def _values(loss: Loss, y_true: Any, y_pred: Any) -> Any:
    return loss.call(y_true, y_pred) if isinstance(y_pred, Node) else tensor(loss.values(y_true, y_pred))


def _function(class_: type[Loss]) -> LossFunction:
    def loss(y_true: ArrayLike, y_pred: ArrayLike) -> Any:
        return _values(class_(), y_true, y_pred)

    loss.__name__ = loss.__qualname__ = naming.snake_case(class_.__name__)
    loss.__doc__ = f"For `y_true` and `y_pred` of the same shape: {class_.__doc__}"
    return loss


categorical_hinge = _function(hinges.CategoricalHinge)
hinge = _function(hinges.Hinge)
kl_divergence = _function(regression.KLDivergence)
log_cosh = _function(regression.LogCosh)
mean_absolute_error = _function(regression.MeanAbsoluteError)
mean_absolute_percentage_error = _function(regression.MeanAbsolutePercentageError)
mean_squared_error = _function(regression.MeanSquaredError)
mean_squared_logarithmic_error = _function(regression.MeanSquaredLogarithmicError)
poisson = _function(regression.Poisson)
squared_hinge = _function(hinges.SquaredHinge)


def huber(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Any:
    """Half the square up to `delta`, a straight line beyond.

    `y_true` and `y_pred` [n, ...] have the same shape.

    >>> float(keras.losses.huber([[0.0]], [[3.0]])[0])
    2.5
    """
    return _values(regression.Huber(delta), y_true, y_pred)


def cosine_similarity(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Any:
    """Minus the cosine of the angle between vectors.

    `y_true` and `y_pred` [n, ...] have the same shape; `axis` is that of the vectors.

    >>> float(keras.losses.cosine_similarity([[0.0, 1.0]], [[0.0, 2.0]])[0])
    -1.0
    """
    return _values(regression.CosineSimilarity(axis), y_true, y_pred)


def binary_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """-(y * log(p) + (1 - y) * log(1 - p)), averaged over the outputs.

    `y_true` and `y_pred` [n, ...] have the same shape; other arguments as in `BinaryCrossentropy`: `from_logits`,
    `label_smoothing`, `axis`.

    >>> round(float(keras.losses.binary_crossentropy([[1.0]], [[0.5]])[0]), 4)
    0.6931
    """
    return _values(cross_entropies.BinaryCrossentropy(from_logits, label_smoothing, axis), y_true, y_pred)


def categorical_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """-sum(y * log(p)) for vectors.

    `y_true` and `y_pred` [n, classes] have the same shape; other arguments as in `CategoricalCrossentropy`:
    `from_logits`, `label_smoothing`, `axis`.

    >>> round(float(keras.losses.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])[0]), 4)
    0.6931
    """
    return _values(cross_entropies.CategoricalCrossentropy(from_logits, label_smoothing, axis), y_true, y_pred)


def sparse_categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Any:
    """-log(p[class]) for class numbers; 0 for those equal to `ignore_class`.

    `y_true` [n] holds class numbers, `y_pred` is [n, classes]; other arguments as in `SparseCategoricalCrossentropy`:
    `from_logits`, `ignore_class`, `axis`.

    >>> round(float(keras.losses.sparse_categorical_crossentropy([1], [[0.5, 0.5]])[0]), 4)
    0.6931
    """
    loss = cross_entropies.SparseCategoricalCrossentropy(from_logits, ignore_class, axis=axis)
    return _values(loss, y_true, y_pred)


def binary_focal_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """The binary cross-entropy times (1 - p)^gamma, where p is the probability of the right answer.

    `y_true` and `y_pred` [n, ...] have the same shape; other arguments as in `BinaryFocalCrossentropy`:
    `apply_class_balancing`, `alpha`, `from_logits`, `label_smoothing`, `axis`.

    >>> round(float(keras.losses.binary_focal_crossentropy([[1.0]], [[0.5]])[0]), 4)
    0.1733
    """
    loss = focal.BinaryFocalCrossentropy(apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis)
    return _values(loss, y_true, y_pred)


def categorical_focal_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    alpha: focal.Alpha = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """-sum(alpha * (1 - p)^gamma * y * log(p)) for vectors.

    `y_true` and `y_pred` [n, classes] have the same shape; other arguments as in `CategoricalFocalCrossentropy`:
    `from_logits`, `label_smoothing`, `axis`.

    >>> round(float(keras.losses.categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])[0]), 4)
    0.0433
    """
    loss = focal.CategoricalFocalCrossentropy(alpha, gamma, from_logits, label_smoothing, axis)
    return _values(loss, y_true, y_pred)


def categorical_generalized_cross_entropy(y_true: ArrayLike, y_pred: ArrayLike, q: float) -> Any:
    """(1 - p[class]^q) / q for class numbers.

    `y_true` [n] holds class numbers, `y_pred` is [n, classes]; `q` is above 0 and below 1.

    >>> round(float(keras.losses.categorical_generalized_cross_entropy([1], [[0.5, 0.5]], 0.5)[0]), 4)
    0.5858
    """
    return _values(focal.CategoricalGeneralizedCrossEntropy(q), y_true, y_pred)


def dice(y_true: ArrayLike, y_pred: ArrayLike, axis: overlap.Axis = None) -> Any:
    """1 - 2 * sum(y * p) / (sum(y) + sum(p)).

    `y_true` and `y_pred` [n, ...] have the same shape; `axis`: what is summed along, None is everything.

    >>> round(float(keras.losses.dice([[1.0, 0.0]], [[1.0, 1.0]])), 4)
    0.3333
    """
    return _values(overlap.Dice(axis=axis), y_true, y_pred)


def tversky(
    y_true: ArrayLike, y_pred: ArrayLike, alpha: float = 0.5, beta: float = 0.5, axis: overlap.Axis = None
) -> Any:
    """1 - sum(y * p) / (sum(y * p) + alpha * sum(y * (1 - p)) + beta * sum((1 - y) * p)).

    `y_true` and `y_pred` [n, ...] have the same shape; `axis`: what is summed along, None is everything.

    >>> round(float(keras.losses.tversky([[1.0, 0.0]], [[1.0, 1.0]], beta=1.0)), 4)
    0.5
    """
    return _values(overlap.Tversky(alpha, beta, axis=axis), y_true, y_pred)


def circle(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    ref_labels: ArrayLike | None = None,
    ref_embeddings: ArrayLike | None = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """log(1 + exp(p + n)) of each image, from its pairs with all others: see `Circle`.

    `y_true` [n] are whole labels, `y_pred` [n, e] vectors of length one. `ref_labels` [m] and `ref_embeddings` [m, e]
    are what each is paired with, itself by default. Other arguments as in `Circle`: `remove_diagonal`, `gamma`,
    `margin`.

    >>> x = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]
    >>> keras.losses.circle([0, 0, 1], x, gamma=4.0).numpy().round(4).tolist()
    [0.4235, 2.0568, 0.0]
    """
    loss = circle_loss.Circle(gamma, margin, remove_diagonal)
    other_labels = y_true if ref_labels is None else ref_labels
    others = y_pred if ref_embeddings is None else ref_embeddings
    if not isinstance(y_pred, Node):
        return tensor(loss.values_against(y_true, y_pred, other_labels, others))
    if not (isinstance(other_labels, Node) and isinstance(others, Node) and isinstance(y_true, Node)):
        raise TypeError(
            explain(
                what="circle: in a model's loss, references are of the batch, not arrays",
                expected="`ref_labels` and `ref_embeddings` made of y_true and y_pred, or neither",
                received=" and ".join(type(each).__name__ for each in (other_labels, others)),
            )
        )
    return loss.against(y_true, y_pred, other_labels, others)


CLASSES: dict[LossFunction, type[Loss]] = {
    binary_crossentropy: cross_entropies.BinaryCrossentropy,
    binary_focal_crossentropy: focal.BinaryFocalCrossentropy,
    categorical_crossentropy: cross_entropies.CategoricalCrossentropy,
    categorical_focal_crossentropy: focal.CategoricalFocalCrossentropy,
    categorical_generalized_cross_entropy: focal.CategoricalGeneralizedCrossEntropy,
    categorical_hinge: hinges.CategoricalHinge,
    circle: circle_loss.Circle,
    cosine_similarity: regression.CosineSimilarity,
    dice: overlap.Dice,
    hinge: hinges.Hinge,
    huber: regression.Huber,
    kl_divergence: regression.KLDivergence,
    log_cosh: regression.LogCosh,
    mean_absolute_error: regression.MeanAbsoluteError,
    mean_absolute_percentage_error: regression.MeanAbsolutePercentageError,
    mean_squared_error: regression.MeanSquaredError,
    mean_squared_logarithmic_error: regression.MeanSquaredLogarithmicError,
    poisson: regression.Poisson,
    sparse_categorical_crossentropy: cross_entropies.SparseCategoricalCrossentropy,
    squared_hinge: hinges.SquaredHinge,
    tversky: overlap.Tversky,
}
"""The class behind each function."""
