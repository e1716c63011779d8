"""What image layers do with small images: settings that leave no choice, and others, of which the mean over many images
and the deviation from it are compared. Both Keras and planish read this file."""

import numpy as np

SHAPE = (6, 5, 3)
IMAGES, FEW_IMAGES = 2000, 400
BY_BATCH = "AugMix", "RandAugment", "RandomCrop", "RandomGaussianBlur"
"""Keras draws for a batch here, planish for an image; RandomCrop's place is that of a batch in both."""
PLACES = "reflect", "wrap", "constant", "nearest"


def image():
    """Whole numbers from 0 to 255, of three channels that differ."""
    return np.random.RandomState(3).randint(0, 256, SHAPE).astype("float32")


CERTAIN = {
    "CenterCrop": [{"height": 3, "width": 4}, {"height": 8, "width": 8}],
    "Resizing": [
        {"height": 4, "width": 7},
        {"height": 3, "width": 3, "interpolation": "nearest"},
        {"height": 9, "width": 4, "interpolation": "bicubic"},
        {"height": 4, "width": 4, "crop_to_aspect_ratio": True},
        {"height": 4, "width": 4, "pad_to_aspect_ratio": True, "fill_value": 9.0},
    ],
    "RandomBrightness": [{"factor": [0.2, 0.2]}, {"factor": [-0.3, -0.3], "value_range": [0, 300]}],
    "RandomGrayscale": [{"factor": 1.0}],
    "RandomRotation": [{"factor": [0.1, 0.1], "fill_mode": mode, "fill_value": 9.0} for mode in PLACES],
    "RandomTranslation": [
        {"height_factor": [0.3, 0.3], "width_factor": [-0.25, -0.25], "fill_mode": mode} for mode in PLACES
    ],
    "RandomZoom": [{"height_factor": [0.3, 0.3]}, {"height_factor": [-0.4, -0.4], "width_factor": [0.2, 0.2]}],
    "AutoContrast": [{}, {"value_range": [0, 1]}],
    "Equalization": [{}, {"bins": 64}, {"value_range": [0, 510], "bins": 16}],
    "Solarization": [{}, {"value_range": [0, 300]}],
    "ContrastLimitedAdaptiveHistogramEqualization": [
        {},
        {"clip_limit": 0.0, "tile_grid_size": [2, 3]},
        {"value_range": [0, 300], "clip_limit": 1.5, "tile_grid_size": [4, 2]},
    ],
    "RandomPerspective": [{"scale": 0.0}],
    "RandomPosterization": [{"factor": [bits, bits]} for bits in (1, 3, 8)],
    "RandomSharpness": [{"factor": [share, share]} for share in (0.0, 0.4, 0.9)],
    "RandomColorDegeneration": [{"factor": [0.6, 0.6]}, {"factor": [-0.5, -0.5]}],
    "RandomHue": [{"factor": [1.0, 1.0]}, {"factor": [0.0, 0.0]}],
    "RandomSaturation": [{"factor": [0.3, 0.3]}, {"factor": [0.0, 0.0]}, {"factor": [0.5, 0.5]}],
    "RandomInvert": [{"factor": [1.0, 1.0]}, {"factor": [1.0, 1.0], "value_range": [0, 1]}],
    "RandomGaussianBlur": [
        {"factor": [1.0, 1.0], "sigma": [0.7, 0.7]},
        {"factor": [1.0, 1.0], "sigma": [1.0, 1.0], "kernel_size": 5},
    ],
    "RandomColorJitter": [
        {"brightness_factor": [0.1, 0.1], "saturation_factor": [0.3, 0.3], "hue_factor": [1.0, 1.0]},
        {"saturation_factor": [0.2, 0.2]},
    ],
}

SMART = [([4, 4], {}), ([3, 8], {"interpolation": "nearest"}), ([9, 5], {"interpolation": "bicubic"})]

RANDOM = {
    "RandomBrightness": {"factor": [-0.2, 0.5]},
    "RandomContrast": {"factor": [0.3, 0.8]},
    "RandomCrop": {"height": 4, "width": 3},
    "RandomErasing": {"factor": [0.3, 0.8], "scale": [0.1, 0.5], "fill_value": 0.0},
    "RandomErasing of noise": {"factor": 1.0, "scale": [0.2, 0.6]},
    "RandomFlip": {"mode": "horizontal"},
    "RandomGrayscale": {"factor": 0.3},
    "RandomRotation": {"factor": 0.2},
    "RandomShear": {"x_factor": [0.1, 0.4], "y_factor": [0.0, 0.2]},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": [0.0, 0.5]},
    "RandomZoom": {"height_factor": [-0.4, 0.2]},
    "Solarization": {"addition_factor": 0.4, "threshold_factor": 0.9},
    "RandomPosterization": {"factor": [2, 6]},
    "RandomSharpness": {"factor": 0.8},
    "RandomColorDegeneration": {"factor": [-0.5, 1.0]},
    "RandomHue": {"factor": [0.1, 0.7]},
    "RandomSaturation": {"factor": [0.1, 0.5]},
    "RandomInvert": {"factor": [0.2, 0.6]},
    "RandomGaussianBlur": {"factor": 0.9, "sigma": [0.4, 1.0]},
    "RandomColorJitter": {"brightness_factor": 0.1, "contrast_factor": [0.2, 0.4], "hue_factor": 0.3},
    "RandAugment": {"num_ops": 2, "factor": 0.4},
    "AugMix": {"factor": 0.4, "num_chains": 2, "alpha": 0.7},
    "RandomPerspective": {"factor": 0.9, "scale": 0.8},
    "CutMix": {"factor": 0.8},
    "MixUp": {"alpha": 0.4},
}

CORNERS = [[0.0, 0.0, 0.0, 0.0], [0.4, -0.3, 0.2, -0.1], [-0.35, 0.2, 0.45, 0.4], [0.5, -0.5, -0.5, 0.5]]
"""Where the corners of an image go, as shares: the right one and the lower one along their edges, the fourth both
ways."""


def noise():
    return np.random.RandomState(4).randn(17, 14).astype("float32")


DEVIATIONS = 0.4, 1.7, 2.0
"""Of the weights with which noise is blurred."""
