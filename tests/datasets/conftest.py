"""Data sets in miniature, in a Keras home of the test's own."""

import io
import pickle
import tarfile

import numpy as np
import pytest


@pytest.fixture
def datasets_folder(tmp_path, monkeypatch):
    """The empty `datasets` folder of a Keras home that only the test sees."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    folder = tmp_path / "keras" / "datasets"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def grey():
    """Arrays of an .npz file in Keras's form: 20 + 10 images of 28x28."""
    random = np.random.default_rng(0)
    return {
        "x_train": random.integers(0, 256, (20, 28, 28), dtype=np.uint8),
        "y_train": np.arange(20, dtype=np.uint8) % 10,
        "x_test": random.integers(0, 256, (10, 28, 28), dtype=np.uint8),
        "y_test": np.arange(10, dtype=np.uint8),
    }


@pytest.fixture
def cifar():
    """Makes CIFAR's pickled files: `cifar(members, labels)` -> {name: bytes}, two images each, keys as bytes."""

    def make(members, labels):
        files = {}
        for number, name in enumerate(members):
            pixels = np.arange(2 * 3072).reshape(2, 3072) % 251 + number
            content = {b"data": pixels.astype(np.uint8), **{key.encode(): [number, 1] for key in labels}}
            files[name] = pickle.dumps(content, protocol=2)
        return files

    return make


@pytest.fixture
def tar():
    """Packs {name: bytes} into a .tar.gz."""

    def pack(path, files):
        with tarfile.open(path, "w:gz") as archive:
            for name, contents in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(contents)
                archive.addfile(info, io.BytesIO(contents))

    return pack
