"""cifar10 and cifar100: folders and archives of pickles, which are read without running anything."""

import os
import pickle
import re

import numpy as np
import pytest

from planish.datasets import cifar10, cifar100

BATCHES = [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]


class Hostile:
    def __reduce__(self):
        return os.mkdir, (self.path,)


def write(folder, files):
    folder.mkdir(parents=True)
    for name, contents in files.items():
        (folder / name).write_bytes(contents)


def check_cifar10(splits):
    (x_train, y_train), (x_test, y_test) = splits
    assert x_train.shape == (10, 32, 32, 3)
    assert x_train.dtype == y_train.dtype == y_test.dtype == np.uint8
    assert x_train.flags.c_contiguous
    assert y_train.tolist() == [[0], [1], [1], [1], [2], [1], [3], [1], [4], [1]]
    assert y_test.tolist() == [[5], [1]]
    # The file has all of a channel before the next: pixel (row, column, channel) is at channel*1024 + row*32 + column.
    assert x_test[0, 3, 7, 2] == (2 * 1024 + 3 * 32 + 7) % 251 + 5


@pytest.mark.parametrize(
    "place",
    [
        "cifar-10-batches-py",
        "cifar-10-batches-py-target/cifar-10-batches-py",
        "cifar-10-batches-py/cifar-10-batches-py",
    ],
)
def test_cifar10_from_folders_of_the_cache(datasets_folder, cifar, place):
    write(datasets_folder / place, cifar(BATCHES, ["labels"]))
    check_cifar10(cifar10.load_data())


@pytest.mark.parametrize(
    "name", ["cifar-10-batches-py-target_archive", "cifar-10-batches-py.tar.gz", "cifar-10-python.tar.gz"]
)
def test_cifar10_from_archives_of_the_cache(datasets_folder, cifar, tar, name):
    files = {f"cifar-10-batches-py/{member}": text for member, text in cifar(BATCHES, ["labels"]).items()}
    tar(datasets_folder / name, files)
    check_cifar10(cifar10.load_data())


def test_cifar10_from_a_path(tmp_path, cifar, tar):
    tar(tmp_path / "mine.tar.gz", cifar(BATCHES, ["labels"]))
    check_cifar10(cifar10.load_data(tmp_path / "mine.tar.gz"))


@pytest.mark.parametrize("label_mode", ["fine", "coarse"])
def test_cifar100(datasets_folder, cifar, label_mode):
    write(datasets_folder / "cifar-100-python", cifar(["train", "test"], [f"{label_mode}_labels"]))
    (x_train, y_train), (x_test, y_test) = cifar100.load_data(label_mode)
    assert x_train.shape == x_test.shape == (2, 32, 32, 3)
    assert y_train.tolist() == [[0], [1]]
    assert y_test.tolist() == [[1], [1]]


def test_unknown_label_mode():
    with pytest.raises(ValueError, match="unknown label_mode 'course'") as caught:
        cifar100.load_data("course")
    assert "did you mean 'coarse'?" in str(caught.value)


def test_pickles_of_python_2(tmp_path, cifar):
    """Their strings are bytes, and their arrays are rebuilt from a bytes state."""
    array = b"\x00" * 3072
    text = (
        b"\x80\x02}(U\x06labels](K\x03eU\x04datacnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01bt"
        b"R(K\x01K\x01M\x00\x0c\x86cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89T\x00\x0c\x00\x00" + array + b"tbu."
    )
    write(tmp_path / "batches", dict.fromkeys(BATCHES, text))
    (x_train, y_train), _ = cifar10.load_data(tmp_path / "batches")
    assert x_train.shape == (5, 32, 32, 3)
    assert not x_train.any()
    assert y_train.tolist() == [[3]] * 5


@pytest.mark.parametrize("in_archive", [True, False])
def test_hostile_pickles_run_nothing(tmp_path, cifar, tar, in_archive):
    hostile = Hostile()
    hostile.path = str(tmp_path / "made by the pickle")
    files = cifar(BATCHES, ["labels"]) | {"data_batch_3": pickle.dumps({b"data": hostile})}
    place = tmp_path / "place"
    if in_archive:
        tar(place, files)
    else:
        write(place, files)
    with pytest.raises(ValueError, match=r"it asks for \w+\.mkdir, which no data set needs; nothing was run"):
        cifar10.load_data(place)
    assert not os.path.exists(hostile.path)


def test_members_named_outside_the_archive_write_nothing(tmp_path, cifar, tar):
    files = {f"../../{member}": text for member, text in cifar(BATCHES, ["labels"]).items()}
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    tar(folder / "archive.tar.gz", files)
    check_cifar10(cifar10.load_data(folder / "archive.tar.gz"))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "archive.tar.gz", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "is not a CIFAR batch"),
        ({b"data": np.zeros((2, 100), np.uint8), b"labels": [0, 1]}, "expected: 'data' of shape (n, 3072)"),
        ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [0]}, "is not a CIFAR batch"),
        ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 11]}, "not classes of this data set"),
    ],
)
def test_other_content(tmp_path, content, message):
    write(tmp_path / "batches", dict.fromkeys(BATCHES, pickle.dumps(content, protocol=2)))
    with pytest.raises(ValueError, match=re.escape(message)):
        cifar10.load_data(tmp_path / "batches")


def test_damaged_files(tmp_path, cifar, tar):
    files = cifar(BATCHES, ["labels"])
    tar(tmp_path / "short", {"data_batch_1": files["data_batch_1"]})
    with pytest.raises(ValueError, match="has no member 'data_batch_2'"):
        cifar10.load_data(tmp_path / "short")
    tar(tmp_path / "cut", files)
    (tmp_path / "cut").write_bytes((tmp_path / "cut").read_bytes()[:-40])
    with pytest.raises(ValueError, match="is damaged, cut short, or holds something else"):
        cifar10.load_data(tmp_path / "cut")
    write(tmp_path / "batches", files | {"test_batch": files["test_batch"][:-900]})
    with pytest.raises(ValueError, match="is damaged, cut short, or holds something else"):
        cifar10.load_data(tmp_path / "batches")
