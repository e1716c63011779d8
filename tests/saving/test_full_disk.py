"""A disk that is full in the middle of writing, or a process that is stopped there: what was there before stays, and
nothing else is left in the folder, whoever writes."""

import errno
import os

import pytest

import planish
from planish import atomic_file
from planish.callbacks import CSVLogger

resource = pytest.importorskip("resource")

MOST_NBYTES = 300
"""Smaller than any of the files below, and so large that their writing begins."""


@pytest.fixture
def full(monkeypatch):
    """No file that appears as a whole grows beyond some bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    class Limited(atomic_file.Together):
        def write(self, path, contents):
            resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_NBYTES, before[1]))
            try:
                super().write(path, contents)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return lambda: monkeypatch.setattr(atomic_file, "Together", Limited)


def contents_of(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


WRITERS = {
    "x.keras": lambda model, path: model.save(path),
    "x.h5": lambda model, path: model.save(path),
    "x.weights.h5": lambda model, path: model.save_weights(path),
    "w.hdf5": lambda model, path: model.save_weights(path),
    "x.weights.json": lambda model, path: model.save_weights(path, max_shard_size=1e-5),
    "x.onnx": lambda model, path: model.export(path, format="onnx", verbose=False),
    "x.dot": lambda model, path: planish.utils.plot_model(model, path),
}


def larger_model():
    """Of which every file is larger than the bound; other values each time."""
    model = planish.Sequential([planish.Input((20,)), planish.layers.Dense(100, name="a"), planish.layers.Dense(9)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "x.dot"])
def test_a_full_disk_leaves_what_was_there(tmp_path, full, name):
    WRITERS[name](larger_model(), tmp_path / name)
    before = contents_of(tmp_path)
    full()
    with pytest.raises(OSError, match=r"x|w") as caught:
        WRITERS[name](larger_model(), tmp_path / name)
    assert caught.value.errno == errno.EFBIG
    assert os.path.basename(caught.value.filename) in before
    assert contents_of(tmp_path) == before


def test_a_full_disk_leaves_a_drawing(tmp_path, full):
    path = tmp_path / "x.dot"
    path.write_bytes(b"old")
    full()
    with pytest.raises(OSError, match=r"x\.dot"):
        WRITERS["x.dot"](larger_model(), path)
    assert contents_of(tmp_path) == {"x.dot": b"old"}


def test_a_full_disk_leaves_the_lines_of_a_log(tmp_path, full):
    path = tmp_path / "log.csv"
    logger = CSVLogger(path)
    logger.on_train_begin()
    for epoch in range(90):
        logger.on_epoch_end(epoch, {"loss": 0.123456789})
    before = contents_of(tmp_path)
    full()
    with pytest.raises(OSError, match=r"log\.csv"):
        logger.on_epoch_end(90, {"loss": 0.1, "new": 1.0})
    assert contents_of(tmp_path) == before


def test_files_that_belong_together_are_replaced_together(tmp_path, monkeypatch):
    """Whoever is stopped while the second is written has changed none of them."""
    for name in ("first", "second"):
        (tmp_path / name).write_bytes(b"old")

    def stopped():
        with atomic_file.Together() as files:
            files.write(str(tmp_path / "first"), b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert contents_of(tmp_path) == {"first": b"old", "second": b"old"}
    with atomic_file.Together() as files:
        files.write(str(tmp_path / "first"), b"new")
        files.write(str(tmp_path / "second"), b"new")
        assert (tmp_path / "first").read_bytes() == b"old"
    assert contents_of(tmp_path) == {"first": b"new", "second": b"new"}
