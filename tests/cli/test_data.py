"""The DATA argument."""

import re

import numpy as np
import pytest

from planish.cli import data, folder_data


def test_npz(stripes):
    loaded = data.arrays(str(stripes))
    assert loaded.training.x.shape == (64, 8, 8, 1)
    assert loaded.image_shape == (8, 8, 1)
    assert loaded.class_names == ["0", "1"]


def test_the_embedded_data_set():
    loaded = data.arrays("digits")
    assert loaded.parts["test"].x.shape == (1000, 28, 28, 1)
    assert len(loaded.class_names) == 10


def test_class_folders(stripe_images):
    loaded = folder_data.for_training(str(stripe_images))
    assert loaded.class_names == ["left", "right"]
    assert (len(loaded.training), len(loaded.validation), loaded.test) == (12, 4, None)
    assert np.bincount(loaded.validation.y).tolist() == [2, 2]
    assert loaded.image_shape == (8, 8, 1)  # small and grey, as all of them are


def test_class_folders_in_train_and_test(stripe_images, tmp_path):
    both = tmp_path / "both"
    both.mkdir()
    stripe_images.rename(both / "train")
    for name in ("left", "right"):
        (both / "test" / name).mkdir(parents=True)
        first = next((both / "train" / name).iterdir())
        first.rename(both / "test" / name / first.name)
    loaded = folder_data.for_training(str(both), (4, 6), "rgb")
    assert loaded.training.x.shape == (14, 4, 6, 3)
    assert loaded.validation.x.shape == (2, 4, 6, 3)
    assert loaded.test is None


def test_a_class_that_is_called_test(stripe_images):
    (stripe_images / "left").rename(stripe_images / "test")
    assert folder_data.for_training(str(stripe_images)).class_names == ["right", "test"]


def test_labels_of_shape_n_1_and_one_hot(tmp_path):
    images, one_hot = np.zeros((4, 5, 5, 3), np.uint8), np.eye(3, dtype=np.float32)[[0, 2, 1, 0]]
    np.savez(tmp_path / "a.npz", x_train=images, y_train=one_hot, x_test=images, y_test=[[0], [1], [2], [0]])
    loaded = data.arrays(str(tmp_path / "a.npz"))
    assert loaded.training.y.tolist() == [0, 2, 1, 0]
    assert loaded.validation.y.tolist() == [0, 1, 2, 0]
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
        ({"x_test": np.zeros((4, 5, 6))}, r"different shapes\n.*\n  received: \(5, 5, 1\) and \(5, 6, 1\)"),
    ],
)
def test_npz_files_of_something_else(tmp_path, arrays, message):
    images, labels = np.zeros((4, 5, 5), np.uint8), np.zeros(4, np.uint8)
    np.savez(tmp_path / "a.npz", **{"x_train": images, "y_train": labels, "x_test": images, "y_test": labels} | arrays)
    with pytest.raises(ValueError, match=message):
        data.arrays(str(tmp_path / "a.npz"))


def test_anything_else():
    with pytest.raises(ValueError, match=re.escape("DATA 'minst' is not a data set, an .npz file or a folder")):
        data.arrays("minst")


@pytest.mark.parametrize(("text", "size"), [("28x20", (28, 20)), ("8X8", (8, 8)), ("64", (64, 64))])
def test_sizes(text, size):
    assert data.image_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "x", "64x", "0x5", "-1x5", "5x5x5", "axb"])
def test_what_is_no_size(text):
    with pytest.raises(data.argparse.ArgumentTypeError, match="is not a size such as 64 or 64x48"):
        data.image_size(text)


def test_channels():
    assert data.color_mode(1) == "grayscale"
    with pytest.raises(ValueError, match="images do not have 2 channels"):
        data.color_mode(2)
