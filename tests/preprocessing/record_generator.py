"""Records what Keras's ImageDataGenerator makes of a few images: run with Keras 3 on TensorFlow.

KERAS_BACKEND=tensorflow python tests/preprocessing/record_generator.py
"""

from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data" / "keras_generator.npz"

TRANSFORMS = {
    "turned": {"theta": 33.0},
    "shifted": {"tx": 2.0, "ty": -1.5},
    "sheared": {"shear": 12.0},
    "zoomed": {"zx": 0.7, "zy": 1.4},
    "all": {"theta": -20.0, "tx": 1.0, "ty": 2.0, "shear": 5.0, "zx": 0.9, "zy": 1.1, "flip_horizontal": True},
    "flipped": {"flip_horizontal": True, "flip_vertical": True},
    "coloured": {"channel_shift_intensity": 30.0, "brightness": 0.6},
}
FILLS = {
    "nearest": {},
    "constant": {"fill_mode": "constant", "cval": 7.0},
    "reflect": {"fill_mode": "reflect", "interpolation_order": 0},
    "wrap": {"fill_mode": "wrap", "interpolation_order": 3},
}
STANDARDS = {
    "rescale": {"rescale": 1 / 255},
    "samplewise": {"samplewise_center": True, "samplewise_std_normalization": True},
    "featurewise": {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 0.5},
    "zca": {"featurewise_center": True, "zca_whitening": True, "zca_epsilon": 0.1},
    "channels_first": {"featurewise_center": True, "data_format": "channels_first"},
}
DRAWN = {
    "rotation_range": 20,
    "shear_range": 5.0,
    "zoom_range": 0.2,
    "channel_shift_range": 10.0,
    "horizontal_flip": True,
    "vertical_flip": True,
}


def images():
    return np.random.RandomState(0).uniform(0, 255, (5, 9, 9, 3)).astype(np.float32)


def recorded(make):
    """{name: array} of all cases; `make` is ImageDataGenerator."""
    x, found = images(), {}
    for fill, arguments in FILLS.items():
        for name, transform in TRANSFORMS.items():
            found[f"{fill} {name}"] = make(**arguments).apply_transform(x[0].copy(), transform)
    for name, arguments in STANDARDS.items():
        generator = make(**arguments)
        generator.fit(x)
        found[f"standard {name}"] = generator.standardize(x[0].copy())
    batches = make(**DRAWN).flow(x, np.arange(5), batch_size=2, seed=3)
    for number in range(4):  # into the second epoch
        found[f"batch {number}"], found[f"labels {number}"] = next(batches)
    return found


if __name__ == "__main__":
    from keras._tf_keras.keras.preprocessing.image import ImageDataGenerator

    np.savez_compressed(DATA, **recorded(ImageDataGenerator))
