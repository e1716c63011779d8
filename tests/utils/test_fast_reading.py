"""Large photographs that become small are not decoded in their whole size."""

import numpy as np
import pytest
from PIL import Image

from planish.utils.image_files import decoded, image_size
from planish.utils.image_reader import ImageReader


@pytest.fixture
def photograph(tmp_path):
    """640x480 pixels, lying on its side."""
    random = np.random.default_rng(0)
    pixels = Image.fromarray(random.integers(0, 256, (24, 32, 3), dtype=np.uint8)).resize((640, 480))
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels.save(tmp_path / "p.jpg", quality=90, exif=exif)
    return tmp_path / "p.jpg"


@pytest.mark.parametrize(("least", "side"), [(0, 640), (400, 640), (200, 320), (100, 160), (1, 80)])
def test_a_photograph_is_decoded_in_a_part_of_its_size(photograph, least, side):
    assert decoded(photograph, least=least).image.size == (side * 3 // 4, side)


@pytest.mark.parametrize("color_mode", ["grayscale", "rgb", "rgba"])
@pytest.mark.parametrize("size", [(32, 32), (20, 44), (300, 10)])
def test_what_comes_out_is_nearly_the_same(photograph, color_mode, size):
    whole, fast = (ImageReader(size, color_mode, antialias=True, fast=fast)(photograph) for fast in (False, True))
    assert whole.shape == fast.shape
    assert np.abs(whole - fast).mean() < 1.5


def test_other_formats_are_decoded_as_they_are(photograph, tmp_path):
    with Image.open(photograph) as image:
        image.save(tmp_path / "p.png")
    assert decoded(tmp_path / "p.png", least=10).image.size == (640, 480)


def test_the_size_of_an_image_is_that_of_the_upright_one(photograph, tmp_path):
    assert image_size(str(photograph)) == (640, 480)
    (tmp_path / "no.jpg").write_text("nothing")
    assert image_size(str(tmp_path / "no.jpg")) is None
    assert image_size(str(tmp_path / "absent.jpg")) is None
    assert image_size(str(tmp_path)) is None
