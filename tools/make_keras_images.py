"""Makes tests/utils/data/keras_images.npz: small image files, and what real Keras on TensorFlow reads from them.

    KERAS_BACKEND=tensorflow python tools/make_keras_images.py

It needs Keras, TensorFlow and Pillow. The archive has the bytes of every file ("file:cat/a.png"), and for each of
SETTINGS the images, labels and file paths ("<number>:images", ...), so that the tests need neither Keras nor the same
encoders.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

OUT = Path(__file__).parent.parent / "tests" / "utils" / "data" / "keras_images.npz"

DECODED_RIGHTLY = ("rgb.png", "grey.png", "16.png", "rgba.png")
"""How files end that TensorFlow decodes rightly to one and four channels, too."""

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")

SETTINGS: list[dict[str, Any]] = [
    *({"interpolation": name} for name in INTERPOLATIONS),
    *({"interpolation": name, "pad_to_aspect_ratio": True} for name in INTERPOLATIONS),
    *({"interpolation": name, "crop_to_aspect_ratio": True} for name in INTERPOLATIONS[:6]),
    {"data_format": "channels_first", "label_mode": "categorical"},
    {"label_mode": "binary", "class_names": ["emu", "cat"]},
    {"labels": [3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1]},
    {"labels": None, "image_size": (5, 4)},
    {"shuffle": True, "seed": 7, "image_size": (5, 4)},
    {"shuffle": True, "seed": 3, "image_size": (5, 4), "validation_split": 0.3, "subset": "training"},
    {"shuffle": True, "seed": 3, "image_size": (5, 4), "validation_split": 0.3, "subset": "validation"},
    {"color_mode": "grayscale", "folder": "png"},
    {"color_mode": "rgba", "folder": "png"},
]
"""`folder` "png" has only the DECODED_RIGHTLY files."""

RESIZED = ((7, 5, 12, 11), (23, 31, 6, 9))
"""Height and width before and after."""


def photo(random: np.random.Generator, height: int, width: int) -> np.ndarray[Any, Any]:
    """Smooth gradients, an edge, texture and noise: uint8 [height, width, 3]."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    image = np.stack([x / width * 200 + 30, y / height * 180 + 20, (x + y) / (width + height) * 220], axis=-1)
    image[(y - height / 2) ** 2 + (x - width / 3) ** 2 < (height / 4) ** 2] = random.integers(0, 256, 3)
    image += 9 * np.sin(x / 2 + y / 3)[..., None] + random.normal(0, 5, image.shape)
    return image.clip(0, 255).astype(np.uint8)


def encoded(image: Image.Image, kind: str, **settings: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    return buffer.getvalue()


def files() -> dict[str, bytes]:
    """Files by their path in the folder."""
    random = np.random.default_rng(0)
    colour = [Image.fromarray(photo(random, *random.integers(14, 36, 2))) for _ in range(11)]
    deep = (np.asarray(colour[4].convert("L")) * 257.0 - 100).clip(0).astype(np.uint16)
    opaque = colour[5].copy()
    opaque.putalpha(255)
    return {
        "cat/a_rgb.png": encoded(colour[0], "PNG"),
        "cat/b_bmp.bmp": encoded(colour[1], "BMP"),
        "cat/c_gif.gif": encoded(colour[2], "GIF", save_all=True, append_images=[colour[2].rotate(180)]),
        "cat/d_grey.png": encoded(colour[3].convert("L"), "PNG"),
        "cat/deep/e_16.png": encoded(Image.fromarray(deep), "PNG"),
        "emu/f_rgba.png": encoded(opaque, "PNG"),
        "emu/g_palette.png": encoded(colour[6].quantize(40), "PNG"),
        "emu/h_bits.png": encoded(colour[7].convert("1"), "PNG"),
        "emu/i_accurate.jpg": encoded(colour[8], "JPEG", quality=90, subsampling=0),
        "emu/j_usual.jpg": encoded(colour[9], "JPEG", quality=85),
        "emu/k_grey.jpg": encoded(colour[10].convert("L"), "JPEG", quality=85),
    }


def answer(folder: str, settings: dict[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    import keras

    given = {"image_size": (6, 8), "shuffle": False, "verbose": False, "batch_size": 4, **settings}
    data = keras.utils.image_dataset_from_directory(folder, **given)
    paths = [os.path.relpath(path, folder).replace(os.sep, "/") for path in data.file_paths]
    found = {"paths": np.array(paths)}
    if not given["shuffle"]:
        batches = [batch if isinstance(batch, tuple) else (batch,) for batch in data]
        names = ("images", "labels")
        found |= {
            name: np.concatenate([np.asarray(p) for p in parts])
            for name, parts in zip(names, zip(*batches, strict=True), strict=False)
        }
    return found


def resized() -> dict[str, np.ndarray[Any, Any]]:
    """What tf.image.resize makes of noise: by name, antialiased or not ("resized:area:True:0")."""
    import tensorflow as tf

    random = np.random.default_rng(1)
    found: dict[str, np.ndarray[Any, Any]] = {}
    for number, (height, width, *size) in enumerate(RESIZED):
        image = found[f"noise:{number}"] = random.integers(0, 256, (height, width, 3), np.uint8)
        for name in INTERPOLATIONS:
            for antialias in (False, True):
                result = tf.image.resize(image, size, name, antialias=antialias)
                found[f"resized:{name}:{antialias}:{number}"] = result.numpy()
    return found


def main() -> None:
    made = files()
    arrays = {f"file:{path}": np.frombuffer(contents, np.uint8) for path, contents in made.items()}
    with tempfile.TemporaryDirectory() as root:
        for path, contents in made.items():
            for folder in ("all", "png") if path.endswith(DECODED_RIGHTLY) else ("all",):
                target = Path(root, folder, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(contents)
        for number, settings in enumerate(SETTINGS):
            asked = dict(settings)
            found = answer(os.path.join(root, asked.pop("folder", "all")), asked)
            arrays |= {f"{number}:{name}": array for name, array in found.items()}
    arrays |= resized()
    arrays["settings"] = np.array(json.dumps(SETTINGS))
    OUT.parent.mkdir(exist_ok=True)
    np.savez_compressed(OUT, **arrays)
    print(f"{OUT.name}: {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
