"""What a file's image is in grey, RGB and RGBA; which way up; what is transparent; which numbers stay."""

import io

import numpy as np
import pytest
from PIL import Image

from planish.utils import img_to_array, load_img
from planish.utils.image_modes import in_mode
from planish.utils.image_reader import ImageReader

COLOURS = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 20, 30]]], np.uint8)
GREY = np.array([[0, 100, 200, 255]], np.uint8)


def read(source, color_mode="rgb", size=(1, 4)):
    return ImageReader(size, color_mode)(source)


def saved(image, kind, **settings):
    file = io.BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(file, kind, **settings)
    return file


def test_brightness_is_libpngs():
    file = saved(COLOURS, "PNG")
    assert read(file, "grayscale")[..., 0].tolist() == [[76, 149, 29, 18]]
    assert read(file, "rgba")[0, 0].tolist() == [255, 0, 0, 255]


def test_a_grey_jpeg_is_its_luminance():
    file = saved(np.tile(COLOURS, (8, 4, 1)), "JPEG", quality=95, subsampling=0)
    with Image.open(file) as image:
        image.draft("YCbCr", None)
        luminance = np.asarray(image)[..., 0]
    np.testing.assert_array_equal(read(file, "grayscale", (8, 16))[..., 0], luminance)


def with_alpha(mode):
    """Grey values of which the second is hidden."""
    pixels = np.stack([GREY, GREY, GREY, np.where(GREY == 100, 0, 255).astype(np.uint8)], axis=-1)
    return Image.fromarray(pixels).convert(mode)


TRANSPARENT = {
    "RGBA in PNG": lambda: saved(with_alpha("RGBA"), "PNG"),
    "LA in PNG": lambda: saved(with_alpha("LA"), "PNG"),
    "RGBA in WebP": lambda: saved(with_alpha("RGBA"), "WEBP", lossless=True, exact=True),
    "RGBA in GIF": lambda: saved(with_alpha("RGBA"), "GIF"),
    "a grey of PNG": lambda: saved(GREY, "PNG", transparency=100),
    "a colour of PNG": lambda: saved(np.stack([GREY] * 3, axis=-1), "PNG", transparency=(100, 100, 100)),
    "a grey of 16 bits": lambda: saved(GREY.astype(np.uint16) * 257, "PNG", transparency=100 * 257),
}


@pytest.mark.parametrize("kind", TRANSPARENT)
def test_what_is_transparent_is_white_and_not_the_hidden_colour(kind):
    file = TRANSPARENT[kind]()
    assert read(file)[..., 1].tolist() == [[0, 255, 200, 255]]
    assert read(file, "grayscale")[..., 0].tolist() == [[0, 255, 200, 255]]
    assert read(file, "rgba")[..., 3].tolist() == [[255, 0, 255, 255]]
    assert np.asarray(load_img(file))[..., 2].tolist() == [[0, 255, 200, 255]]
    assert np.asarray(load_img(file, "rgba"))[..., 3].tolist() == [[255, 0, 255, 255]]


def test_what_is_half_transparent_is_between_its_colour_and_white():
    assert read(saved(np.array([[[0, 100, 255, 51]]], np.uint8), "PNG"), size=(1, 1)).tolist() == [[[204, 224, 255]]]


DEEP = {
    "numbers of 16 bits in TIFF": (saved(GREY.astype(np.uint16) * 10, "TIFF"), 10),
    "numbers of 32 bits in TIFF": (saved(GREY.astype(np.int32), "TIFF"), 1),
    "floats in TIFF": (saved(GREY.astype(np.float32) / 8, "TIFF"), 1 / 8),
    "floats in PFM": (io.BytesIO(b"Pf\n4 1\n-1.0\n" + GREY.astype("<f4").tobytes()), 1),
}


@pytest.mark.parametrize("kind", DEEP)
def test_numbers_keep_their_values(kind):
    file, factor = DEEP[kind]
    expected = (GREY * np.float32(factor)).tolist()
    assert read(file, "grayscale")[..., 0].tolist() == expected
    assert read(file)[..., 2].tolist() == expected
    assert read(file, "rgba")[..., 3].tolist() == [[255] * 4]
    assert img_to_array(load_img(file, "grayscale"))[..., 0].tolist() == expected
    assert np.asarray(load_img(file))[0, :, 0].tolist() == [min(int(value), 255) for value in expected[0]]


FULL_SCALE = {
    "PNG": (saved(GREY.astype(np.uint16) * 257, "PNG"), 257),
    "PGM": (io.BytesIO(b"P5 4 1 65535\n" + (GREY.astype(">u2") * 257).tobytes()), 257),
    "one bit": (saved(Image.fromarray(GREY).convert("1", dither=Image.Dither.NONE), "PNG"), None),
}


@pytest.mark.parametrize("kind", FULL_SCALE)
def test_pictures_of_another_depth_are_scaled_to_eight_bits(kind):
    file, factor = FULL_SCALE[kind]
    expected = [[0, 100, 200, 255] if factor else [0, 0, 255, 255]]
    assert read(file, "grayscale")[..., 0].tolist() == expected
    assert read(file)[..., 1].tolist() == expected
    assert np.asarray(load_img(file))[..., 0].tolist() == expected
    if factor:  # as Keras's load_img has it
        assert img_to_array(load_img(file, "grayscale"))[..., 0].tolist() == (GREY.astype(int) * 257).tolist()


@pytest.mark.parametrize(("mode", "kind"), [("CMYK", "JPEG"), ("CMYK", "TIFF"), ("P", "PNG")])
def test_other_colours_become_rgb(mode, kind):
    image = Image.fromarray(np.stack([np.full((8, 8), 100, np.uint8)] * 3, axis=-1)).convert(mode)
    for color_mode in ("rgb", "grayscale", "rgba"):
        assert np.abs(read(saved(image, kind), color_mode, (8, 8))[..., 0] - 100).max() <= 2  # of a palette


@pytest.mark.parametrize("mode", ["La", "RGBa", "YCbCr", "HSV", "RGBX"])
def test_modes_that_few_files_have(mode):
    straight = {"La": "LA", "RGBa": "RGBA"}
    grey = with_alpha("RGBA" if mode.endswith(("A", "a")) else "RGB").convert(straight.get(mode, mode)).convert(mode)
    hidden = 255 if mode.endswith(("A", "a")) else 100
    for color_mode in ("rgb", "rgba", "grayscale"):
        values = np.asarray(in_mode(grey, color_mode)).reshape(4, -1)
        if color_mode != "rgba":
            assert np.abs(values[:, 0] - [0.0, hidden, 200, 255]).max() <= 2


def test_lab_becomes_grey():
    file = saved(Image.new("LAB", (1, 1), (128, 128, 128)), "TIFF")
    assert abs(read(file, "grayscale", (1, 1)).item() - 119) < 2
    assert abs(img_to_array(load_img(file, "grayscale")).item() - 119) < 2


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "PNG"])
def test_of_several_images_the_first_is_read(kind):
    first, second = (Image.new("RGB", (4, 1), colour) for colour in ("white", "black"))
    assert read(saved(first, kind, save_all=True, append_images=[second])).min() > 250


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_images_stand_upright(kind, orientation):
    """A camera that lies on its side writes rows as columns, and says so in the file's EXIF data."""
    upright = np.zeros((16, 24, 3), np.uint8)
    upright[:8, :8], upright[:8, 16:] = (255, 0, 0), (0, 255, 0)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright),
        7: upright.swapaxes(0, 1)[::-1, ::-1],
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    settings = {"lossless": True} if kind == "WEBP" else {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    file = saved(np.ascontiguousarray(stored), kind, exif=exif, **settings)
    assert np.abs(read(file, size=(16, 24)) - upright).max() <= 2
    assert load_img(file).size == (24, 16)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_broken_exif_data_do_not_spoil_an_image():
    file = saved(COLOURS, "PNG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x09\xff\xff\xff\xff\0")
    assert read(file).tolist() == COLOURS.tolist()
