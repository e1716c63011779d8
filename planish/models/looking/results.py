"""A trained model's answers for images that it has not seen: how often it takes one class for another, and its worst
mistakes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

CLASS_NAMES = "class_names"
"""What the names of the classes are called among a model's notes."""


class Results(NamedTuple):
    """The right class indices and the model's [n], and its scores [n, classes]."""

    labels: NDArray[Any]
    predicted: NDArray[np.int64]
    scores: NDArray[np.float32]

    def confusion(self) -> NDArray[np.int64]:
        """[classes, classes]: how many images of the class of the row were taken for that of the column."""
        classes = self.scores.shape[1]
        counts = np.bincount(self.labels.astype(np.int64) * classes + self.predicted, minlength=classes**2)
        return counts.reshape(classes, classes)

    def mistakes(self) -> NDArray[np.int64]:
        """The images that the model takes for something else, the surest mistake first."""
        wrong = np.flatnonzero(self.predicted != self.labels)
        return wrong[np.argsort(-self.scores[wrong, self.predicted[wrong]], kind="stable")]
