"""Metrics that are recorded from Keras and compared here: class, arguments, and which of the arrays."""

import numpy as np

RANDOM = np.random.default_rng(23)
CLASSES = RANDOM.integers(0, 3, (6, 4))
SAID = RANDOM.integers(0, 4, (6, 4))
ONE_HOT = np.eye(3, dtype=np.float32)[CLASSES]
SCORES = RANDOM.random((6, 4, 3), dtype=np.float32)
YES = (RANDOM.random((6, 4)) > 0.4).astype(np.float32)
SHARES = RANDOM.random((6, 4), dtype=np.float32)
NUMBERS = RANDOM.normal(size=(6, 4)).astype(np.float32)

ARRAYS = {
    "classes": (CLASSES, SAID),
    "vectors": (ONE_HOT, SCORES),
    "vectors_and_classes": (ONE_HOT, SAID),
    "channels_first": (np.moveaxis(ONE_HOT, -1, 1), np.moveaxis(SCORES, -1, 1)),
    "answers": (YES, SHARES),
    "numbers": (NUMBERS, NUMBERS + SHARES),
    "column": (NUMBERS[:, :1], SHARES[:, :1]),
}

CASES = [
    ("IoU", {"num_classes": 4, "target_class_ids": [0, 2]}, "classes"),
    ("IoU", {"num_classes": 4, "target_class_ids": [3], "ignore_class": 1}, "classes"),
    ("IoU", {"num_classes": 3, "target_class_ids": [0], "sparse_y_true": False, "sparse_y_pred": False}, "vectors"),
    ("IoU", {"num_classes": 2, "target_class_ids": [0, 1]}, "classes"),
    ("MeanIoU", {"num_classes": 4}, "classes"),
    ("MeanIoU", {"num_classes": 6, "ignore_class": 0}, "classes"),
    ("BinaryIoU", {}, "answers"),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.3}, "answers"),
    ("OneHotIoU", {"num_classes": 3, "target_class_ids": [1, 2]}, "vectors"),
    ("OneHotIoU", {"num_classes": 4, "target_class_ids": [1], "sparse_y_pred": True}, "vectors_and_classes"),
    ("OneHotMeanIoU", {"num_classes": 3}, "vectors"),
    ("OneHotMeanIoU", {"num_classes": 3, "ignore_class": 2}, "vectors"),
    ("R2Score", {}, "numbers"),
    ("R2Score", {"class_aggregation": "variance_weighted_average"}, "numbers"),
    ("R2Score", {"class_aggregation": None, "num_regressors": 3}, "numbers"),
    ("R2Score", {"num_regressors": 2}, "column"),
    ("PearsonCorrelation", {}, "numbers"),
    ("PearsonCorrelation", {"axis": 0}, "numbers"),
    ("ConcordanceCorrelation", {}, "numbers"),
    ("ConcordanceCorrelation", {"axis": 0}, "numbers"),
]


def weights(case):
    """Whole numbers, one for each class number, since Keras cuts off what is behind the point."""
    if case[0].endswith("IoU"):
        return np.arange(24).reshape(6, 4) % 3
    return np.linspace(0.5, 2.0, 6 if case[1].get("axis") != 0 else 4).astype(np.float32)
