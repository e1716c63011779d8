"""Image files to arrays and back."""

import re
import sys

import numpy as np
import pytest
from PIL import Image

from planish.utils import array_to_img, img_to_array, load_img, save_img


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_round_trip(tmp_path, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), dtype=np.uint8)
    save_img(tmp_path / "image.png", pixels, scale=False)
    mode = {1: "grayscale", 3: "rgb", 4: "rgba"}[channels]
    result = img_to_array(load_img(tmp_path / "image.png", color_mode=mode))
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result, pixels)


def test_channels_first():
    pixels = np.arange(24, dtype=np.uint8).reshape(3, 2, 4)
    image = array_to_img(pixels, data_format="channels_first", scale=False)
    assert image.size == (4, 2)
    np.testing.assert_array_equal(img_to_array(image, data_format="channels_first"), pixels)


def test_scaling():
    image = array_to_img(np.array([[[-1.0], [0.0], [1.0]]]))
    assert np.asarray(image).tolist() == [[0, 127, 255]]
    assert not np.asarray(array_to_img(np.zeros((2, 2, 1)))).any()


def test_resizing(tmp_path):
    pixels = np.zeros((4, 8), np.uint8)
    pixels[:, 2:6] = 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    squeezed = np.asarray(load_img(tmp_path / "wide.png", "grayscale", (4, 4)))
    assert squeezed.tolist() == [[0, 255, 255, 0]] * 4
    cropped = np.asarray(load_img(tmp_path / "wide.png", "grayscale", (4, 4), keep_aspect_ratio=True))
    assert cropped.tolist() == [[255] * 4] * 4


def test_sixteen_bits(tmp_path):
    Image.fromarray(np.array([[0, 0x80FF, 0xFFFF]], np.uint16)).save(tmp_path / "deep.png")
    assert img_to_array(load_img(tmp_path / "deep.png", "grayscale"))[..., 0].tolist() == [[0, 0x80FF, 0xFFFF]]
    assert np.asarray(load_img(tmp_path / "deep.png"))[..., 1].tolist() == [[0, 128, 255]]


@pytest.mark.parametrize("contents", [b"", b"no image", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_no_image(tmp_path, contents):
    path = tmp_path / "image.png"
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=re.escape(repr(str(path)))):
        load_img(path)


def test_a_truncated_image(tmp_path):
    path = tmp_path / "image.png"
    save_img(path, np.random.default_rng(0).integers(0, 256, (50, 50, 3)))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ValueError, match=re.escape(f"{str(path)!r} is damaged or cut short")):
        load_img(path)


def test_a_file_that_does_not_exist(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_img(tmp_path / "absent.png")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: load_img("x.png", color_mode="gray"), "unknown color_mode 'gray'"),
        (lambda: load_img("x.png", interpolation="linear"), "did you mean 'bilinear' or 'nearest'?"),
        (lambda: img_to_array(Image.new("L", (2, 2)), "channel_last"), "unknown data_format 'channel_last'"),
        (lambda: array_to_img(np.zeros((2, 2))), "add the channel axis: x[..., None]"),
        (lambda: array_to_img(np.zeros((2, 2, 5))), "with 1, 3 or 4 channels"),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_without_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=re.escape("pip install pillow")):
        load_img("x.png")
