"""Models that are built in tests of compiled files."""

import numpy as np

from planish.layers import Add, BatchNormalization, Conv2D, Dense, Flatten, Input, MaxPooling2D, Rescaling
from planish.models import Model, Sequential
from planish.utils import set_random_seed


def blog():
    """The net of many tutorials, small."""
    set_random_seed(3)
    layers = [Conv2D(9, 3, activation="relu"), MaxPooling2D(), Conv2D(17, 3, activation="relu"), MaxPooling2D()]
    model = Sequential(
        [Input((14, 14, 1), name="pixels"), *layers, Flatten(), Dense(12, activation="relu"), Dense(10, "softmax")]
    )
    model.notes["class_names"] = [f"digit {number}" for number in range(10)]
    return model


def residual():
    """Pixels 0 to 255, a sum of branches, and normalizations that are folded into kernels."""
    set_random_seed(4)
    image = Input((9, 8, 3), name="image")
    x = Conv2D(8, 3, padding="same")(Rescaling(1 / 255)(image))
    x = BatchNormalization()(x)
    y = Conv2D(8, 3, padding="same", activation="relu")(x)
    return Model(image, Dense(4)(Flatten()(Add()([x, y]))))


def several():
    """Two inputs, one of them mostly zeros, which are left out, and three outputs in a dictionary with a list."""
    set_random_seed(5)
    image, facts = Input((6, 6, 2), name="image"), Input((40,), name="facts")
    map_ = Conv2D(5, 3, name="map")(image)
    whole = Dense(7, name="whole")(Flatten()(map_))
    return Model([image, facts], {"map": map_, "scores": [whole, Dense(9, name="few")(facts)]})


def images_for(model, count, dtype=np.float32):
    """One array, or a list of them."""
    random = np.random.default_rng(0)
    arrays = [random.integers(0, 255, (count, *spec.shape[1:])) for spec in model.input_specs]
    for facts in (each for each in arrays if each.ndim == 2):
        facts[:, 3:35] = 0
    whole = np.dtype(dtype).kind != "f"
    arrays = [each.astype(dtype) if whole else (each / 255).astype(dtype) for each in arrays]
    return arrays[0] if len(arrays) == 1 else arrays


def flat(outputs):
    """The arrays of a structure, in order."""
    if isinstance(outputs, dict):
        outputs = list(outputs.values())
    return [leaf for each in outputs for leaf in flat(each)] if isinstance(outputs, list) else [outputs]


def same(a, b):
    """Whether two structures of arrays have the same bits."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and all(map(same, a, b))
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
