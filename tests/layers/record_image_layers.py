"""Writes what real Keras (on TensorFlow) makes of `image_cases` into recorded_image_layers.json.

Where Keras draws for a batch what planish draws for an image, each image is a batch. With names of layers, only theirs
are written anew: `python tests/layers/record_image_layers.py [NAME ...]`.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import image_cases as cases


def rounded(array):
    return [float(f"{number:.6g}") for number in np.asarray(array, np.float64).ravel()]


def certain(name, options):
    made = np.asarray(getattr(keras.layers, name)(**options)(cases.image()[None], training=True))[0]
    return {"shape": made.shape, "values": rounded(made)}


def spread(name, options):
    layer = getattr(keras.layers, name.partition(" ")[0])(**options)
    x = cases.image()
    if name in ("CutMix", "MixUp"):
        other = x[::-1, ::-1]
        batches = np.stack([x, other] * (cases.IMAGES // 2)).reshape(-1, 20, *x.shape)
        made = np.concatenate([np.asarray(layer(batch, training=True))[::2] for batch in batches])
    elif name in cases.BY_BATCH:
        made = np.concatenate([np.asarray(layer(x[None], training=True)) for _ in range(cases.FEW_IMAGES)])
    else:
        made = np.asarray(layer(np.repeat(x[None], cases.IMAGES, 0), training=True))
    return {"shape": made.shape[1:], "mean": rounded(made.mean(0)), "deviation": rounded(made.std(0))}


def resized(case):
    size, options = case
    made = keras.preprocessing.image.smart_resize(cases.image(), size, **options)
    return rounded(made)


def seen_from(corners, interpolation):
    """RandomPerspective, told what it would draw."""
    rows, columns, _ = cases.SHAPE
    right, below, far_right, far_below = corners
    start = np.array([[0, 0], [columns - 1, 0], [0, rows - 1], [columns - 1, rows - 1]], np.float32)
    moved = start * (1 + np.array([[0, 0], [right, 0], [0, below], [far_right, far_below]], np.float32))
    layer = keras.layers.RandomPerspective(interpolation=interpolation, fill_value=7.0)
    drawn = {"apply_perspective": np.array([True]), "start_points": start[None], "end_points": moved[None]}
    return rounded(layer.transform_images(cases.image()[None], drawn))


def blurred(deviation):
    size = 6 * int(deviation) | 1
    y = keras.ops.image.gaussian_blur(
        deviation * cases.noise()[None, ..., None], (size, size), (deviation, deviation), data_format="channels_last"
    )
    return rounded(y)


def main(names):
    keras.utils.set_random_seed(1)
    path = Path(__file__).parent / "recorded_image_layers.json"
    recorded = json.loads(path.read_text(encoding="utf-8"))
    for name, options in cases.CERTAIN.items():
        if not names or name in names:
            recorded["certain"][name] = [certain(name, each) for each in options]
    for name, options in cases.RANDOM.items():
        if not names or name in names:
            recorded["random"][name] = spread(name, options)
    recorded["smart_resize"] = [resized(case) for case in cases.SMART]
    recorded["corners"] = {how: [seen_from(each, how) for each in cases.CORNERS] for how in ("bilinear", "nearest")}
    recorded["blurred"] = [blurred(deviation) for deviation in cases.DEVIATIONS]
    path.write_text(json.dumps(recorded, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
