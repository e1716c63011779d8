"""Image files to arrays and back."""

import io
import os
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


def test_deep_images_are_resized_in_their_depth(tmp_path):
    Image.fromarray(np.array([[0, 60000]], np.uint16)).save(tmp_path / "deep.png")
    resized = load_img(tmp_path / "deep.png", "grayscale", (1, 4), "bilinear")
    assert img_to_array(resized)[..., 0].tolist() == [[0, 15000, 45000, 60000]]


@pytest.mark.parametrize("make", [str, os.fsencode, lambda path: path, lambda path: io.BytesIO(path.read_bytes())])
def test_files_are_named_in_any_way(tmp_path, make):
    save_img(tmp_path / "image.png", np.full((2, 3, 3), 7), scale=False)
    assert np.asarray(load_img(make(tmp_path / "image.png"))).tolist() == [[[7] * 3] * 3] * 2


def test_saving_to_a_file_object_and_with_arguments_of_pillows(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3))
    good, bad = io.BytesIO(), io.BytesIO()
    save_img(good, pixels, file_format="jpg", quality=95)
    save_img(bad, pixels, file_format="JPEG", quality=5)
    assert len(good.getvalue()) > 2 * len(bad.getvalue())
    save_img(tmp_path / "named.dat", pixels, file_format="png", scale=False)
    np.testing.assert_array_equal(img_to_array(load_img(tmp_path / "named.dat")), pixels)


def test_a_transparent_image_is_saved_as_jpeg_on_white(tmp_path):
    pixels = np.zeros((8, 8, 4))
    with pytest.warns(UserWarning, match="JPEG has no transparency"):
        save_img(tmp_path / "image.jpg", pixels, scale=False)
    assert img_to_array(load_img(tmp_path / "image.jpg")).min() > 250


def test_one_channel_of_larger_numbers_becomes_a_deep_image(tmp_path):
    pixels = np.array([[[0.0], [300.0], [60000.0]]])
    image = array_to_img(pixels, scale=False)
    assert (image.mode, np.asarray(image).tolist()) == ("I", [[0, 300, 60000]])
    for ending in ("png", "tiff"):
        save_img(tmp_path / f"deep.{ending}", pixels, scale=False)
        read = img_to_array(load_img(tmp_path / f"deep.{ending}", "grayscale"))
        np.testing.assert_array_equal(read, pixels)


def test_values_beyond_a_byte_are_cut_and_not_wrapped():
    values = np.array([[[-5.0, 300.0, np.nan]]])
    assert np.asarray(array_to_img(values, scale=False)).tolist() == [[[0, 255, 0]]]


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
        (lambda: array_to_img(np.zeros((0, 2, 3))), "array_to_img takes one image"),
        (lambda: img_to_array(np.zeros((1, 2, 2, 3))), "img_to_array takes one image"),
        (lambda: load_img("x.png", target_size=(2, 0)), "target_size is (height, width)"),
        (lambda: load_img("x\0.png"), "cannot be the name of a file"),
        (lambda: save_img("image.xyz", np.zeros((2, 2, 3))), "does not write the format '.xyz'"),
        (lambda: save_img("image", np.zeros((2, 2, 3))), "nothing says in which format to save"),
        (lambda: save_img(io.BytesIO(), np.zeros((2, 2, 3))), "received: a BytesIO\n  remedy:   file_format='png'"),
        (lambda: save_img(io.BytesIO(), np.full((2, 2, 1), 999), scale=False, file_format="jpg"), "saved as JPEG"),
    ],
)
def test_wrong_arguments(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_without_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=re.escape("pip install pillow")):
        load_img("x.png")


def test_what_is_not_a_file():
    with pytest.raises(TypeError, match="load_img takes a file\n  expected: a path, or a BytesIO\n  received: int"):
        load_img(3)
