"""mnist and fashion_mnist: read from Keras's cache, from a path, from damaged files."""

import gzip
import re
import struct
import zipfile

import numpy as np
import pytest

from planish.datasets import fashion_mnist, idx_file, mnist, npz_file

FASHION_FILES = {
    "train-images-idx3-ubyte.gz": "x_train",
    "train-labels-idx1-ubyte.gz": "y_train",
    "t10k-images-idx3-ubyte.gz": "x_test",
    "t10k-labels-idx1-ubyte.gz": "y_test",
}


def check(splits, arrays):
    (x_train, y_train), (x_test, y_test) = splits
    np.testing.assert_array_equal(x_train, arrays["x_train"])
    np.testing.assert_array_equal(y_train, arrays["y_train"])
    np.testing.assert_array_equal(x_test, arrays["x_test"])
    np.testing.assert_array_equal(y_test, arrays["y_test"])
    assert x_train.dtype == y_test.dtype == np.uint8


def write_idx(folder, arrays, compress=True):
    folder.mkdir(exist_ok=True)
    for name, key in FASHION_FILES.items():
        array = arrays[key]
        header = struct.pack(f">I{array.ndim}I", 0x0800 | array.ndim, *array.shape)
        contents = header + array.tobytes()
        path = folder / (name if compress else name.removesuffix(".gz"))
        path.write_bytes(gzip.compress(contents, mtime=0) if compress else contents)


def test_mnist_from_the_cache(datasets_folder, grey):
    np.savez(datasets_folder / "mnist.npz", **grey)
    check(mnist.load_data(), grey)
    check(mnist.load_data("mnist.npz"), grey)


def test_mnist_from_a_path(tmp_path, grey, monkeypatch):
    np.savez(tmp_path / "mine.npz", **grey)
    check(mnist.load_data(tmp_path / "mine.npz"), grey)
    monkeypatch.chdir(tmp_path)
    check(mnist.load_data("mine.npz"), grey)


def test_the_cache_is_in_the_home_folder_without_keras_home(tmp_path, grey, monkeypatch):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / ".keras" / "datasets").mkdir(parents=True)
    np.savez(tmp_path / ".keras" / "datasets" / "mnist.npz", **grey)
    check(mnist.load_data(), grey)


@pytest.mark.parametrize("compress", [True, False])
def test_fashion_mnist_from_a_folder(tmp_path, grey, compress):
    write_idx(tmp_path / "fashion", grey, compress)
    check(fashion_mnist.load_data(tmp_path / "fashion"), grey)


def test_fashion_mnist_from_the_cache(datasets_folder, grey):
    write_idx(datasets_folder / "fashion-mnist", grey)
    check(fashion_mnist.load_data(), grey)


def test_fashion_mnist_from_npz(tmp_path, grey):
    np.savez_compressed(tmp_path / "fashion.npz", **grey)
    check(fashion_mnist.load_data(tmp_path / "fashion.npz"), grey)


def test_a_path_that_does_not_exist(datasets_folder):
    with pytest.raises(FileNotFoundError, match=re.escape("there is no file 'absent.npz'\n")) as caught:
        mnist.load_data("absent.npz")
    assert str(datasets_folder) in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_test": None}, "has no array 'x_test'"),
        ({"x_train": np.zeros((20, 32, 32, 3), np.uint8)}, "contains another data set"),
        ({"y_train": np.arange(20, dtype=np.uint8)}, "training labels that are not classes of this data set"),
        ({"y_test": np.zeros((10,), np.float32)}, "test labels that are not classes of this data set"),
        ({"y_test": np.zeros((9,), np.uint8)}, "received: test images (10, 28, 28), labels (9,)"),
        ({"x_train": np.array([None] * 20)}, "cut short, or holds something else"),
    ],
)
def test_a_file_that_holds_something_else(tmp_path, grey, change, message):
    path = tmp_path / "other.npz"
    np.savez(path, **{key: array for key, array in (grey | change).items() if array is not None})
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        mnist.load_data(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("cut", [0.0, 0.3, 0.99])
def test_a_truncated_file(tmp_path, grey, cut):
    path = tmp_path / "mnist.npz"
    np.savez_compressed(path, **grey)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * cut)])
    with pytest.raises(ValueError, match=re.escape(repr(str(path)))):
        mnist.load_data(path)


def test_a_damaged_file(tmp_path, grey):
    path = tmp_path / "mnist.npz"
    np.savez_compressed(path, **grey)
    contents = bytearray(path.read_bytes())
    contents[500:600] = bytes(100)
    path.write_bytes(contents)
    with pytest.raises(ValueError, match="damaged, cut short"):
        mnist.load_data(path)


def test_a_single_array_is_no_data_set(tmp_path):
    np.save(tmp_path / "array.npy", np.zeros(3))
    with pytest.raises(ValueError, match=r"has no array .x_train."):
        npz_file.read(tmp_path / "array.npy")


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "is not an IDX file of bytes"),
        (b"\0\0\x08\0", "is not an IDX file of bytes"),
        (b"\0\0\x0d\x01\0\0\0\1\0\0\0\0", "is not an IDX file of bytes"),
        (b"\0\0\x08\x01\0\0\0\5abc", "expected: 5 bytes, for shape (5,)"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\3abc", mtime=0)[:-9], "is damaged, cut short"),
    ],
)
def test_damaged_idx_files(tmp_path, contents, message):
    path = tmp_path / "labels"
    path.write_bytes(contents)
    with pytest.raises(ValueError, match=re.escape(message)):
        idx_file.read(path)


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '|u1', 'fortran_order': False, 'shape': (3, ",
        b"{'descr': '|u1', 'fortran_order': False, 'shape': (9999999999999,), }",
        b"((((",
        b"'''",
        b"",
    ],
)
def test_arrays_whose_description_makes_no_sense(tmp_path, grey, header):
    """NumPy's reader raises errors of many kinds for them, of tokens and of syntax among others."""
    path = tmp_path / "damaged.npz"
    np.savez(path, **grey)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["x_test.npy"] = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with zipfile.ZipFile(path, "w") as archive:
        for name, contents in members.items():
            archive.writestr(name, contents)
    with pytest.raises(ValueError, match=r"is damaged, cut short|claims to be larger") as caught:
        npz_file.read(path)
    assert str(path) in str(caught.value)


def test_small_files_that_grow_without_bounds(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(50_000_000), mtime=0))
    with pytest.raises(ValueError, match="holds more than it should"):
        idx_file.read(path)
