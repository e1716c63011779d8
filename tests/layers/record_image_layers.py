"""Writes what real Keras (on TensorFlow) makes of `image_cases` into recorded_image_layers.json.

Where Keras draws for a batch what planish draws for an image, each image is a batch.
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


def main():
    keras.utils.set_random_seed(1)
    path = Path(__file__).parent / "recorded_image_layers.json"
    recorded = {
        "certain": {name: [certain(name, each) for each in options] for name, options in cases.CERTAIN.items()},
        "smart_resize": [resized(case) for case in cases.SMART],
        "random": {name: spread(name, options) for name, options in cases.RANDOM.items()},
    }
    path.write_text(json.dumps(recorded, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
