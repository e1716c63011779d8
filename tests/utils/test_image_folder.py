"""image_dataset_from_directory: which files, in which order, with which labels."""

import os
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import planish as keras
from planish.utils import image_dataset_from_directory
from planish.utils.folders import images_in


def load(folder, **settings):
    defaults = {"color_mode": "grayscale", "image_size": (6, 4), "verbose": False}
    return image_dataset_from_directory(folder, **defaults | settings)


def numbers(images):
    return images[:, 0, 0, 0].tolist()


def names(paths):
    return [os.path.basename(path) for path in paths]


def test_in_order(class_folders):
    folder = load(class_folders, shuffle=False, batch_size=4)
    assert folder.class_names == ["cat", "dog", "emu"]
    assert names(folder.file_paths)[:2] == ["00.png", "01.png"]
    assert len(folder) == folder.cardinality() == 3
    batches = list(folder)
    assert [images.shape for images, _ in batches] == [(4, 6, 4, 1), (4, 6, 4, 1), (2, 6, 4, 1)]
    assert batches[0][0].dtype == np.float32
    assert batches[0][1].dtype == np.int32
    assert [number for images, _ in batches for number in numbers(images)] == [0, 1, 2, 3, 4, 10, 11, 12, 20, 21]
    assert [label for _, labels in batches for label in labels.tolist()] == [0, 0, 0, 0, 0, 1, 1, 1, 2, 2]


def test_shuffled_anew_in_each_iteration(class_folders):
    folder = load(class_folders, seed=3)
    (first, labels), (second, _) = *folder, *folder
    assert labels.tolist() == [number // 10 for number in numbers(first)]
    assert numbers(second) != numbers(first)
    assert sorted(numbers(second)) == sorted(numbers(first))
    again, _ = next(iter(load(class_folders, seed=3)))
    assert numbers(again) == numbers(first)


def test_a_folder_can_be_sent_to_another_process(class_folders):
    folder = load(class_folders, seed=3)
    sent = pickle.loads(pickle.dumps(folder))
    assert [numbers(images) for images, _ in sent] == [numbers(images) for images, _ in folder]


def test_set_random_seed_seeds_what_has_no_seed(class_folders):
    def orders():
        keras.utils.set_random_seed(4)
        folder = load(class_folders)
        return folder.file_paths, [numbers(images) for images, _ in folder]

    assert orders() == orders()


def test_files_and_parts_are_in_keras_order(class_folders):
    """As Keras 3.15 has them."""
    order = [20, 10, 0, 2, 1, 21, 12, 3, 11, 4]
    assert names(load(class_folders, seed=7).file_paths) == [f"{number:02d}.png" for number in order]
    train, test = load(class_folders, seed=7, validation_split=0.3, subset="both")
    assert names(train.file_paths + test.file_paths) == [f"{number:02d}.png" for number in order]
    assert [numbers(images) for images, _ in test] == [order[7:]]


@pytest.mark.parametrize("shuffle", [True, False])
def test_two_parts_make_the_whole(class_folders, shuffle):
    settings = {"validation_split": 0.3, "seed": 5, "shuffle": shuffle}
    training = load(class_folders, subset="training", **settings)
    validation = load(class_folders, subset="validation", **settings)
    both = load(class_folders, subset="both", **settings)
    assert (len(training.file_paths), len(validation.file_paths)) == (7, 3)
    assert set(training.file_paths) | set(validation.file_paths) == set(load(class_folders).file_paths)
    assert [part.file_paths for part in both] == [training.file_paths, validation.file_paths]


def test_label_modes(class_folders):
    _, one_hot = load(class_folders, label_mode="categorical").arrays()
    assert one_hot.shape == (10, 3)
    assert one_hot.dtype == np.float32
    for settings in ({"label_mode": None}, {"labels": None}):
        folder = load(class_folders, **settings)
        assert folder.class_names is None
        assert folder.arrays().shape == (10, 6, 4, 1)
    _, binary = load(class_folders, label_mode="binary", shuffle=False, class_names=["cat", "dog"]).arrays()
    np.testing.assert_array_equal(binary, [[0.0]] * 5 + [[1.0]] * 3)
    assert binary.dtype == np.float32


def test_labels_can_be_given(class_folders):
    given = [5, 5, 5, 5, 7, 7, 7, 7, 9, 9]
    folder = load(class_folders, labels=given, seed=1)
    images, labels = folder.arrays()
    in_order = sorted(zip(numbers(images), labels.tolist(), strict=True))
    assert [label for _, label in in_order] == given
    assert folder.class_names == ["5", "7", "9"]
    assert load(class_folders, labels=np.arange(10) % 2, label_mode="binary").arrays()[1].sum() == 5


def test_images_without_class_folders(tmp_path):
    for name in ("b.png", "a.PNG"):
        Image.new("L", (4, 6), 9).save(tmp_path / name)
    assert names(load(tmp_path, labels=None, shuffle=False).file_paths) == ["a.PNG", "b.png"]
    assert load(tmp_path, labels=[0, 1], shuffle=False).arrays()[1].tolist() == [0, 1]


def test_classes_can_be_given(class_folders):
    folder = load(class_folders, class_names=["emu", "cat", "dog"], shuffle=False)
    assert folder.arrays()[1].tolist() == [0, 0, 1, 1, 1, 1, 1, 2, 2, 2]
    assert len(load(class_folders, class_names=["emu", "dog"]).file_paths) == 5


def test_colour_size_and_data_format(class_folders):
    images, _ = image_dataset_from_directory(class_folders, image_size=(3, 5), shuffle=False, verbose=False).arrays()
    assert images.shape == (10, 3, 5, 3)
    assert images[9].tolist() == [[[21, 21, 21]] * 5] * 3
    folder = load(class_folders, data_format="channels_first", color_mode="rgba", image_size=8)
    assert next(iter(folder))[0].shape == (10, 4, 8, 8)
    assert folder.image_shape == (4, 8, 8)


def test_one_image_at_a_time(class_folders):
    folder = load(class_folders, batch_size=None, shuffle=False)
    assert len(folder) == 10
    image, label = next(iter(folder))
    assert (image.shape, label.shape, label.dtype) == ((6, 4, 1), (), np.int32)
    _, label = next(iter(load(class_folders, batch_size=None, label_mode="categorical", shuffle=False)))
    assert label.tolist() == [1, 0, 0]


@pytest.mark.parametrize("batch_size", [4, None])
@pytest.mark.parametrize("label_mode", ["int", "categorical", None])
def test_the_spec_is_that_of_the_elements(class_folders, batch_size, label_mode):
    folder = load(class_folders, batch_size=batch_size, label_mode=label_mode)
    element, spec = next(iter(folder)), folder.element_spec
    for array, told in zip(*(x if isinstance(x, tuple) and label_mode else (x,) for x in (element, spec)), strict=True):
        assert told.dtype == array.dtype
        assert told.shape == (array.shape if batch_size is None else (None, *array.shape[1:]))


def test_what_is_found_is_told(class_folders, capsys):
    image_dataset_from_directory(class_folders)
    image_dataset_from_directory(class_folders, labels=None)
    image_dataset_from_directory(class_folders, validation_split=0.25, subset="both", seed=1)
    assert capsys.readouterr().out.splitlines() == [
        "Found 10 files belonging to 3 classes.",
        "Found 10 files.",
        "Found 10 files belonging to 3 classes.",
        "Using 8 files for training.",
        "Using 2 files for validation.",
    ]


def test_folders_in_class_folders(tmp_path):
    for path in ("b.png", "a/z.png", "a/y.TIFF", "a b/x.webp", "a/.hidden.png", ".hidden/w.png", "a/notes.txt"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(b"")
    found = [os.path.relpath(path, tmp_path) for path in images_in(str(tmp_path))]
    assert found == ["b.png", os.path.join("a", "y.TIFF"), os.path.join("a", "z.png"), os.path.join("a b", "x.webp")]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_are_followed_but_not_round_in_circles(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out" / "deep").mkdir(parents=True)
    (tmp_path / "out" / "deep" / "1.png").write_bytes(b"")
    (tmp_path / "in" / "there").symlink_to(tmp_path / "out")
    (tmp_path / "out" / "deep" / "back").symlink_to(tmp_path / "out")
    root = str(tmp_path / "in")
    assert images_in(root) == []
    assert images_in(root, follow_links=True) == [os.path.join(root, "there", "deep", "1.png")]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label_mode": "integer"}, "unknown label_mode 'integer'"),
        ({"labels": "infered"}, "labels are not a whole number for each file"),
        ({"labels": ["a"] * 10}, "np.unique(names, return_inverse=True)[1]"),
        ({"labels": [0, 1]}, "expected: 10 labels, one for each image\n  received: 2"),
        ({"labels": [3] * 5 + [1] * 5, "label_mode": "categorical"}, "needs labels that count from 0"),
        ({"labels": None, "class_names": ["cat"]}, "class_names go with labels that are inferred"),
        ({"label_mode": "binary"}, "label_mode 'binary' is for two classes\n  received: 3: ['cat', 'dog', 'emu']"),
        ({"class_names": ["cat", "cow"]}, "['cat', 'dog', 'emu'], or some of them\n  received: ['cat', 'cow']"),
        ({"class_names": ["cat", "cat"]}, "each once"),
        ({"validation_split": 0.2}, "validation_split and subset go together"),
        ({"validation_split": 0.2, "subset": "test"}, "unknown subset 'test'"),
        ({"validation_split": 2, "subset": "training", "seed": 0}, "validation_split is a part of 1"),
        ({"validation_split": 0.2, "subset": "training"}, "without a seed, the two parts would overlap"),
        ({"validation_split": 0.05, "subset": "both", "seed": 0}, "there are no images left for validation"),
        ({"batch_size": 0}, "batch_size is a whole number"),
        ({"image_size": (6, 0)}, "image_size is (height, width)"),
        ({"image_size": None}, "image_size is (height, width)"),
        ({"interpolation": "linear"}, "did you mean 'bilinear' or 'nearest'?"),
        ({"color_mode": "gray"}, "unknown color_mode 'gray'"),
        ({"data_format": "first"}, "unknown data_format 'first'"),
        ({"seed": 1.5}, "seed is a whole number"),
        ({"format": "grain"}, "format 'grain' is another library's data set"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "exclude each other"),
    ],
)
def test_wrong_arguments(class_folders, settings, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        load(class_folders, **settings)


@pytest.mark.parametrize("labels", ["inferred", None])
def test_folders_without_images(tmp_path, labels):
    with pytest.raises(FileNotFoundError, match=r"there is no such folder of images\n.*\n.*absent.*\n.*os.listdir"):
        load(tmp_path / "absent", labels=labels)
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="this is a file, not a folder of images"):
        load(tmp_path / "file", labels=labels)
    (tmp_path / "file").unlink()
    with pytest.raises(ValueError, match="has no sub-folders" if labels else "there are no images in"):
        load(tmp_path, labels=labels)
    (tmp_path / "cat").mkdir()
    with pytest.raises(ValueError, match="there are no images in"):
        load(tmp_path, labels=labels)


def test_a_folder_on_any_number_of_threads_in_another_process(class_folders):
    code = (
        "import sys, planish, hashlib\n"
        f"data = planish.utils.image_dataset_from_directory({str(class_folders)!r}, seed=1, batch_size=3)\n"
        "print(hashlib.sha256(b''.join(x.tobytes() + y.tobytes() for x, y in data)).hexdigest())"
    )
    results = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PLANISH_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "7")
    }
    assert len(results) == 1
