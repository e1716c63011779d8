"""The DATA argument."""

import re

import numpy as np
import pytest

from planish.cli import data


def test_npz(stripes):
    loaded = data.load(str(stripes))
    assert loaded.x_train.shape == (64, 8, 8, 1)
    assert loaded.image_shape == (8, 8, 1)
    assert loaded.class_names == ["0", "1"]


def test_the_embedded_data_set():
    loaded = data.load("digits")
    assert loaded.x_test.shape == (1000, 28, 28, 1)
    assert len(loaded.class_names) == 10


def test_class_folders(stripe_images):
    loaded = data.load(str(stripe_images))
    assert loaded.class_names == ["left", "right"]
    assert (len(loaded.x_train), len(loaded.x_test)) == (13, 3)
    assert loaded.image_shape == (8, 8, 1)  # as the first image: grey, 8x8


def test_class_folders_in_train_and_test(stripe_images, tmp_path):
    both = tmp_path / "both"
    both.mkdir()
    stripe_images.rename(both / "train")
    for name in ("left", "right"):
        (both / "test" / name).mkdir(parents=True)
        first = next((both / "train" / name).iterdir())
        first.rename(both / "test" / name / first.name)
    loaded = data.load(str(both), (4, 6), "rgb")
    assert loaded.x_train.shape == (14, 4, 6, 3)
    assert loaded.x_test.shape == (2, 4, 6, 3)


def test_a_class_that_is_called_test(stripe_images):
    (stripe_images / "left").rename(stripe_images / "test")
    assert data.load(str(stripe_images)).class_names == ["right", "test"]


def test_labels_of_shape_n_1_and_one_hot(tmp_path):
    images, one_hot = np.zeros((4, 5, 5, 3), np.uint8), np.eye(3, dtype=np.float32)[[0, 2, 1, 0]]
    np.savez(tmp_path / "a.npz", x_train=images, y_train=one_hot, x_test=images, y_test=[[0], [1], [2], [0]])
    loaded = data.load(str(tmp_path / "a.npz"))
    assert loaded.y_train.tolist() == [0, 2, 1, 0]
    assert loaded.y_test.tolist() == [0, 1, 2, 0]
    assert len(loaded.class_names) == 3


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": np.zeros((4, 25))}, "the images in"),
        ({"y_train": np.zeros(4, "f4")}, "the labels in"),
        ({"y_train": np.array(["a"] * 4)}, "the labels in"),
        ({"y_train": np.full(4, 10**9)}, "received: 1,000,000,000 as the largest"),
        ({}, "expected: whole numbers from 0 on, of 2 to 65,536 classes\n  received: 0 as the largest"),
        ({"y_train": np.zeros((4, 2, 2))}, "the labels in"),
    ],
)
def test_npz_files_of_something_else(tmp_path, arrays, message):
    images, labels = np.zeros((4, 5, 5), np.uint8), np.zeros(4, np.uint8)
    np.savez(tmp_path / "a.npz", **{"x_train": images, "y_train": labels, "x_test": images, "y_test": labels} | arrays)
    with pytest.raises(ValueError, match=message):
        data.load(str(tmp_path / "a.npz"))


def test_anything_else():
    with pytest.raises(ValueError, match=re.escape("DATA 'minst' is no data set, .npz file or folder")):
        data.load("minst")


@pytest.mark.parametrize(("text", "size"), [("28x20", (28, 20)), ("8X8", (8, 8))])
def test_sizes(text, size):
    assert data.image_size(text) == size


@pytest.mark.parametrize("text", ["28", "x", "0x5", "-1x5", "5x5x5", "axb"])
def test_what_is_no_size(text):
    with pytest.raises(data.argparse.ArgumentTypeError, match="is no size such as 64x64"):
        data.image_size(text)


def test_channels():
    assert data.color_mode(1) == "grayscale"
    with pytest.raises(ValueError, match="images have no 2 channels"):
        data.color_mode(2)
