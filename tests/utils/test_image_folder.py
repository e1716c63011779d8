"""image_dataset_from_directory."""

import os
import re

import numpy as np
import pytest

from planish.utils import image_dataset_from_directory


def load(folder, **settings):
    return image_dataset_from_directory(folder, **{"color_mode": "grayscale", "image_size": (6, 4)} | settings)


def numbers(images):
    return images[:, 0, 0, 0].tolist()


def test_in_order(class_folders):
    folder = load(class_folders, shuffle=False, batch_size=4)
    assert folder.class_names == ["cat", "dog", "emu"]
    assert [os.path.basename(path) for path in folder.file_paths][:2] == ["00.png", "01.png"]
    assert len(folder) == 3
    batches = list(folder)
    assert [images.shape for images, _ in batches] == [(4, 6, 4, 1), (4, 6, 4, 1), (2, 6, 4, 1)]
    assert batches[0][0].dtype == np.uint8
    assert batches[0][1].dtype == np.int32
    assert [number for images, _ in batches for number in numbers(images)] == [0, 1, 2, 3, 4, 10, 11, 12, 20, 21]
    assert [label for _, labels in batches for label in labels.tolist()] == [0, 0, 0, 0, 0, 1, 1, 1, 2, 2]


def test_shuffled_anew_each_epoch(class_folders):
    folder = load(class_folders, seed=3)
    (first, labels), (second, _) = folder[0], *folder
    assert numbers(first) == numbers(second)
    assert labels.tolist() == [number // 10 for number in numbers(first)]
    third, _ = folder[0]
    assert numbers(third) != numbers(first)
    assert sorted(numbers(third)) == sorted(numbers(first))
    again, _ = load(class_folders, seed=3)[0]
    assert numbers(again) == numbers(first)


@pytest.mark.parametrize("shuffle", [True, False])
def test_two_parts_make_the_whole(class_folders, shuffle):
    settings = {"validation_split": 0.3, "seed": 5, "shuffle": shuffle}
    training = load(class_folders, subset="training", **settings)
    validation = load(class_folders, subset="validation", **settings)
    assert (len(training.file_paths), len(validation.file_paths)) == (7, 3)
    assert set(training.file_paths) | set(validation.file_paths) == set(load(class_folders).file_paths)


def test_label_modes(class_folders):
    _, one_hot = load(class_folders, label_mode="categorical").arrays()
    assert one_hot.shape == (10, 3)
    assert one_hot.dtype == np.float32
    assert load(class_folders, label_mode=None).arrays().shape == (10, 6, 4, 1)
    assert load(class_folders, labels=None).arrays().shape == (10, 6, 4, 1)
    for file in (class_folders / "emu").iterdir():
        file.unlink()
    (class_folders / "emu").rmdir()
    _, binary = load(class_folders, label_mode="binary", shuffle=False).arrays()
    np.testing.assert_array_equal(binary, [[0.0]] * 5 + [[1.0]] * 3)


def test_order_of_classes_can_be_given(class_folders):
    folder = load(class_folders, class_names=["emu", "cat", "dog"], shuffle=False)
    assert folder.arrays()[1].tolist() == [0, 0, 1, 1, 1, 1, 1, 2, 2, 2]


def test_colour_and_size(class_folders):
    images, _ = image_dataset_from_directory(class_folders, image_size=(3, 5), shuffle=False).arrays()
    assert images.shape == (10, 3, 5, 3)
    assert images[9].tolist() == [[[21, 21, 21]] * 5] * 3


def test_verbose(class_folders, capsys):
    load(class_folders, verbose=True)
    assert capsys.readouterr().out == "Found 10 files belonging to 3 classes; using 10.\n"


def test_batches_beyond_the_last(class_folders):
    folder = load(class_folders, batch_size=4, shuffle=False)
    np.testing.assert_array_equal(folder[-1][0], folder[2][0])
    with pytest.raises(IndexError, match="batch 3 of 3"):
        folder[3]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label_mode": "integer"}, "unknown label_mode 'integer'"),
        ({"labels": "infered"}, "did you mean 'inferred'?"),
        ({"label_mode": "binary"}, "label_mode 'binary' is for two classes\n  received: 3: ['cat', 'dog', 'emu']"),
        ({"class_names": ["cat", "dog"]}, "expected: ['cat', 'dog', 'emu']\n  received: ['cat', 'dog']"),
        ({"validation_split": 0.2}, "validation_split and subset go together"),
        ({"validation_split": 0.2, "subset": "test"}, "unknown subset 'test'"),
        ({"validation_split": 2, "subset": "training", "seed": 0}, "validation_split is a part of 1"),
        ({"validation_split": 0.2, "subset": "training"}, "without a seed, the two parts would overlap"),
    ],
)
def test_wrong_arguments(class_folders, settings, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        load(class_folders, **settings)


def test_folders_without_images(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "absent")
    with pytest.raises(ValueError, match="has no sub-folders"):
        load(tmp_path)
    (tmp_path / "cat").mkdir()
    with pytest.raises(ValueError, match="there are no images in"):
        load(tmp_path)


def test_a_damaged_image_is_named(class_folders):
    path = class_folders / "dog" / "11.png"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ValueError, match=re.escape(repr(str(path)))):
        load(class_folders).arrays()
