"""Images, labels and order of image_dataset_from_directory are those of real Keras on TensorFlow.

tools/make_keras_images.py asked it; its answers are in data/keras_images.npz.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from planish.utils import image_dataset_from_directory
from planish.utils.resizing import resized

with np.load(Path(__file__).parent / "data" / "keras_images.npz") as _archive:
    ANSWERS = {name: _archive[name] for name in _archive.files}
SETTINGS = json.loads(str(ANSWERS["settings"]))

TOLERANCE = 0.002
"""Of 255: float32 sums of 'area' in another order."""

JPEG_MEAN = 1.5
"""TensorFlow decodes JPEG by a faster and coarser transform; see docs/images.md."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """All files; and those that TensorFlow can read in any number of channels."""
    root = tmp_path_factory.mktemp("keras")
    for name, contents in ANSWERS.items():
        if name.startswith("file:"):
            path = name.removeprefix("file:")
            for folder in ("all", "png"):
                if folder == "all" or path.endswith(("rgb.png", "grey.png", "16.png", "rgba.png")):
                    (root / folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (root / folder / path).write_bytes(contents.tobytes())
    return root


@pytest.mark.parametrize("number", range(len(SETTINGS)), ids=[str(settings) for settings in SETTINGS])
def test_as_keras(folders, number):
    settings = dict(SETTINGS[number])
    root = folders / settings.pop("folder", "all")
    defaults = {"image_size": (6, 8), "shuffle": False, "verbose": False, "batch_size": 4}
    folder = image_dataset_from_directory(root, **defaults | settings)
    paths = [os.path.relpath(path, root).replace(os.sep, "/") for path in folder.file_paths]
    assert paths == ANSWERS[f"{number}:paths"].tolist()
    if f"{number}:images" not in ANSWERS:
        return
    batches = [batch if isinstance(batch, tuple) else (batch,) for batch in folder]
    images = np.concatenate([batch[0] for batch in batches])
    expected = ANSWERS[f"{number}:images"]
    assert images.shape == expected.shape
    assert images.dtype == np.float32
    difference = np.abs(images - expected)
    lossless = [not path.endswith(".jpg") for path in paths]
    assert difference[lossless].max() <= TOLERANCE
    if settings.get("interpolation", "bilinear") in ("nearest", "bilinear"):
        assert not difference[lossless].any()
    if not all(lossless):
        assert difference[np.logical_not(lossless)].mean() <= JPEG_MEAN
    if len(batches[0]) > 1:
        labels = np.concatenate([batch[1] for batch in batches])
        np.testing.assert_array_equal(labels, ANSWERS[f"{number}:labels"])
        assert labels.dtype == ANSWERS[f"{number}:labels"].dtype


@pytest.mark.parametrize("name", [name for name in ANSWERS if name.startswith("resized:")])
def test_resized_as_tensorflow(name):
    _, interpolation, antialias, number = name.split(":")
    expected = ANSWERS[name]
    result = resized(ANSWERS[f"noise:{number}"], expected.shape[:2], interpolation, antialias == "True")
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, atol=TOLERANCE)
