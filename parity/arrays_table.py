"""Metrics over several updates, and image layers with ranges of one number: cases that need arrays and no model."""

from __future__ import annotations

from typing import Any

Options = dict[str, Any]

METRICS: dict[str, tuple[str, list[Options]]] = {
    "Accuracy": ("equal", [{}]),
    "BinaryAccuracy": ("flags", [{}, {"threshold": 0.3}]),
    "CategoricalAccuracy": ("one-hot", [{}]),
    "SparseCategoricalAccuracy": ("labels", [{}]),
    "TopKCategoricalAccuracy": ("one-hot", [{}, {"k": 2}]),
    "SparseTopKCategoricalAccuracy": ("labels", [{"k": 3}, {"k": 1}]),
    "BinaryCrossentropy": ("flags", [{}, {"label_smoothing": 0.1}]),
    "CategoricalCrossentropy": ("one-hot", [{}, {"label_smoothing": 0.1}]),
    "SparseCategoricalCrossentropy": ("labels", [{}, {"ignore_class": 1}]),
    "KLDivergence": ("one-hot", [{}]),
    "Poisson": ("flags", [{}]),
    "MeanSquaredError": ("numbers", [{}]),
    "RootMeanSquaredError": ("numbers", [{}]),
    "MeanAbsoluteError": ("numbers", [{}]),
    "MeanAbsolutePercentageError": ("numbers", [{}]),
    "MeanSquaredLogarithmicError": ("flags", [{}]),
    "CosineSimilarity": ("numbers", [{}]),
    "LogCoshError": ("numbers", [{}]),
    "R2Score": ("numbers", [{}, {"class_aggregation": "variance_weighted_average"}, {"class_aggregation": None},
                            {"num_regressors": 2}]),
    "PearsonCorrelation": ("numbers", [{}]),
    "ConcordanceCorrelation": ("numbers", [{}]),
    "Hinge": ("flags", [{}]),
    "SquaredHinge": ("flags", [{}]),
    "CategoricalHinge": ("one-hot", [{}]),
    "AUC": ("flags", [{}, {"curve": "PR"}, {"num_thresholds": 11, "summation_method": "minoring"},
                      {"summation_method": "majoring", "curve": "PR"}, {"multi_label": True, "num_labels": 5},
                      {"multi_label": True, "num_labels": 5, "label_weights": [0.1, 0.4, 0.2, 0.2, 0.1]},
                      {"curve": "prgain"}, {"thresholds": [0.2, 0.5, 0.7]}]),
    "Precision": ("flags", [{}, {"thresholds": [0.2, 0.6]}, {"top_k": 2}, {"class_id": 3}]),
    "Recall": ("flags", [{}, {"thresholds": [0.2, 0.6]}, {"top_k": 2}, {"class_id": 3}]),
    "TruePositives": ("flags", [{}, {"thresholds": [0.2, 0.6]}]),
    "TrueNegatives": ("flags", [{}, {"thresholds": [0.2, 0.6]}]),
    "FalsePositives": ("flags", [{}, {"thresholds": [0.2, 0.6]}]),
    "FalseNegatives": ("flags", [{}, {"thresholds": [0.2, 0.6]}]),
    "PrecisionAtRecall": ("flags", [{"recall": 0.6}, {"recall": 0.4, "num_thresholds": 20, "class_id": 1}]),
    "RecallAtPrecision": ("flags", [{"precision": 0.5}, {"precision": 0.45, "num_thresholds": 20, "class_id": 1}]),
    "SensitivityAtSpecificity": ("flags", [{"specificity": 0.5}, {"specificity": 0.3, "num_thresholds": 20}]),
    "SpecificityAtSensitivity": ("flags", [{"sensitivity": 0.5}, {"sensitivity": 0.3, "num_thresholds": 20}]),
    "F1Score": ("one-hot", [{}, {"average": "micro"}, {"average": "macro"}, {"average": "weighted"},
                            {"threshold": 0.3}]),
    "FBetaScore": ("one-hot", [{"beta": 2.0}, {"beta": 0.5, "average": "macro"}]),
    "IoU": ("classes", [{"num_classes": 5, "target_class_ids": [0, 3]},
                        {"num_classes": 5, "target_class_ids": [1], "ignore_class": 2}]),
    "MeanIoU": ("classes", [{"num_classes": 5}, {"num_classes": 5, "ignore_class": 0}]),
    "BinaryIoU": ("flags", [{}, {"target_class_ids": [1], "threshold": 0.4}]),
    "OneHotIoU": ("one-hot", [{"num_classes": 5, "target_class_ids": [0, 2]}]),
    "OneHotMeanIoU": ("one-hot", [{"num_classes": 5}, {"num_classes": 5, "ignore_class": 1}]),
    "Mean": ("one value", [{}]),
    "Sum": ("one value", [{}]),
}  # fmt: skip
"""For each metric the kind of its data, and the arguments of each case."""

IMAGES: dict[str, list[Options]] = {
    "RandomRotation": [
        {"factor": [0.1, 0.1]}, {"factor": [-0.2, -0.2], "fill_mode": "constant", "fill_value": 40.0},
        {"factor": [0.07, 0.07], "fill_mode": "nearest"}, {"factor": [0.3, 0.3], "interpolation": "nearest"},
        {"factor": [0.15, 0.15], "fill_mode": "wrap"},
    ],
    "RandomZoom": [
        {"height_factor": [0.3, 0.3]}, {"height_factor": [-0.2, -0.2], "width_factor": [0.1, 0.1]},
        {"height_factor": [0.3, 0.3], "fill_mode": "constant"},
        {"height_factor": [-0.3, -0.3], "interpolation": "nearest"},
    ],
    "RandomTranslation": [
        {"height_factor": [0.2, 0.2], "width_factor": [-0.1, -0.1]},
        {"height_factor": [-0.3, -0.3], "width_factor": [0.2, 0.2], "fill_mode": "constant", "fill_value": 9.0},
        {"height_factor": [0.25, 0.25], "width_factor": [0.3, 0.3], "fill_mode": "wrap"},
        {"height_factor": [0.1, 0.1], "width_factor": [0.1, 0.1], "fill_mode": "nearest"},
    ],
    "RandomBrightness": [
        {"factor": [0.2, 0.2]}, {"factor": [-0.4, -0.4]}, {"factor": [0.1, 0.1], "value_range": [0, 255]},
    ],
    "RandomContrast": [{"factor": [0.0, 0.0]}],
    "RandomGrayscale": [{"factor": 1.0}],
    "RandomCrop": [{"height": 17, "width": 19}],
    "RandomPerspective": [{"scale": 0.0}],
}  # fmt: skip
COLORS: dict[str, list[Options]] = {
    "AutoContrast": [{}],
    "Equalization": [{}, {"bins": 64}],
    "ContrastLimitedAdaptiveHistogramEqualization": [{}, {"clip_limit": 1.5, "tile_grid_size": [3, 4]}],
    "Solarization": [{}],
    "RandomPosterization": [{"factor": [3, 3]}],
    "RandomSharpness": [{"factor": [0.4, 0.4]}],
    "RandomColorDegeneration": [{"factor": [0.6, 0.6]}],
    "RandomHue": [{"factor": [1.0, 1.0]}],
    "RandomSaturation": [{"factor": [0.3, 0.3]}],
    "RandomInvert": [{"factor": [1.0, 1.0]}],
    "RandomGaussianBlur": [{"factor": [1.0, 1.0], "sigma": [0.7, 0.7]}],
    "RandomColorJitter": [{"brightness_factor": [0.1, 0.1], "saturation_factor": [0.3, 0.3]}],
}
BY_CHANCE = ("AugMix", "CutMix", "MixUp", "RandAugment", "RandomElasticTransform")
"""Layers that no arguments make certain: tests compare their means with Keras's."""
"""For each layer the arguments of each case, with which training changes every image in the same way. RandomShear
draws a side however narrow its range is."""
