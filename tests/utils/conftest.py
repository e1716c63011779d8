"""Image files in miniature."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def class_folders(tmp_path):
    """Ten PNGs of 6x4 in folders cat, dog and emu, each filled with its own number (cat 0-4, dog 10-12, emu 20-21)."""
    for first, (name, count) in zip((0, 10, 20), (("cat", 5), ("dog", 3), ("emu", 2)), strict=True):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(first, first + count):
            pixels = np.full((6, 4), number, np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / name / f"{number:02d}.png")
    (tmp_path / "data" / "cat" / "notes.txt").write_text("not an image")
    (tmp_path / "data" / ".hidden").mkdir()
    return tmp_path / "data"
