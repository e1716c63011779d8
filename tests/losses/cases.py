"""Losses that are recorded from Keras and compared here: class, arguments, and which of the arrays."""

import numpy as np

RANDOM = np.random.default_rng(17)
SHARES = RANDOM.dirichlet([1.0, 1.0, 2.0], 5).astype(np.float32)
TARGETS = np.eye(3, dtype=np.float32)[[2, 0, 1, 1, 0]]
LABELS = np.array([2, 0, 1, 1, 0])
LOGITS = RANDOM.normal(size=(5, 3)).astype(np.float32) * 3
YES = RANDOM.random((4, 3), dtype=np.float32)
ANSWERS = (RANDOM.random((4, 3)) > 0.5).astype(np.float32)
MAPS = RANDOM.random((3, 4, 5, 2), dtype=np.float32)
MASKS = (RANDOM.random((3, 4, 5, 2)) > 0.6).astype(np.float32)
DIRECTIONS = RANDOM.normal(size=(7, 11)).astype(np.float32)
DIRECTIONS /= np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)
PEOPLE = np.array([4, 4, -1, 0, -1, 2, 4], np.int32)
MANY = RANDOM.normal(size=(21, 11)).astype(np.float32)
MANY_PEOPLE = np.array([0, 1, 0, 2, 3, 4, 1, 2, *range(8), 1, 1, 2, 2, 0])
CIRCLE_KERNEL = RANDOM.normal(size=(11, 5)).astype(np.float32)

ARRAYS = {
    "shares": (TARGETS, SHARES),
    "labels": (LABELS, SHARES),
    "logits": (TARGETS, LOGITS),
    "answers": (ANSWERS, YES),
    "answer_logits": (ANSWERS, LOGITS[:4]),
    "masks": (MASKS, MAPS),
    "directions": (PEOPLE, DIRECTIONS),
}

CASES = [
    ("BinaryFocalCrossentropy", {}, "answers"),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.3, "gamma": 1.5}, "answers"),
    ("BinaryFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "answer_logits"),
    ("BinaryFocalCrossentropy", {"gamma": 0.0}, "masks"),
    ("CategoricalFocalCrossentropy", {}, "shares"),
    ("CategoricalFocalCrossentropy", {"alpha": [0.2, 0.5, 0.9], "gamma": 1.0}, "shares"),
    ("CategoricalFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, "logits"),
    ("CategoricalGeneralizedCrossEntropy", {}, "labels"),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.8}, "labels"),
    ("Circle", {}, "directions"),
    ("Circle", {"gamma": 3.0, "margin": 0.1, "remove_diagonal": False}, "directions"),
    ("Dice", {}, "masks"),
    ("Dice", {"axis": (1, 2, 3)}, "masks"),
    ("Dice", {"axis": (0, 1, 2)}, "masks"),
    ("Dice", {"axis": -1}, "answers"),
    ("Tversky", {}, "masks"),
    ("Tversky", {"alpha": 0.3, "beta": 0.9, "axis": (1, 2)}, "masks"),
    ("Tversky", {"alpha": 0.7, "beta": 0.2, "axis": 0}, "answers"),
]
REDUCTIONS = ("sum_over_batch_size", "sum", "none", "mean_with_sample_weight")


def weights(case):
    """Of each image; None where a value does not belong to one image, which Keras cannot weight."""
    name, arguments, arrays = case
    axis = arguments.get("axis")
    overlaps = name in ("Dice", "Tversky")
    if (overlaps and axis not in (None, -1, (1, 2, 3))) or (arrays == "masks" and not overlaps):
        return None
    return np.linspace(0.5, 2.0, len(ARRAYS[arrays][1])).astype(np.float32)
