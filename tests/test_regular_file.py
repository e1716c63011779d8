"""Files that others name: what is opened, and what is refused without waiting for it or filling the memory."""

import os

import pytest

from planish import regular_file
from planish.layers import Dense, Input
from planish.models import Sequential, load_model
from planish.structure import shapes

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes or devices with names")


@pytest.fixture
def model():
    return Sequential([Input((2,)), Dense(1)])


def test_a_regular_file_is_read(tmp_path):
    (tmp_path / "file").write_bytes(b"contents")
    assert regular_file.contents(tmp_path / "file", "a file") == b"contents"


@pytest.mark.parametrize("read", [load_model, shapes], ids=["load_model", "shapes"])
@pytest.mark.parametrize("place", ["/dev/full", "/dev/zero", "fifo"])
def test_devices_and_pipes_are_refused(tmp_path, read, place):
    path = tmp_path / "fifo.keras"
    if place == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to(place)
    with pytest.raises(ValueError, match="is not a regular file"):
        read(str(path))


def test_weights_of_a_pipe(tmp_path, model):
    os.mkfifo(tmp_path / "fifo.weights.h5")
    with pytest.raises(ValueError, match="is not a regular file"):
        model.load_weights(tmp_path / "fifo.weights.h5")


def test_what_is_not_hdf5_is_not_read_to_its_end(tmp_path, model):
    path = tmp_path / "huge.weights.h5"
    with open(path, "wb") as file:
        file.truncate(1 << 42)  # a hole: takes no room on the disk
    with pytest.raises(ValueError, match="is of no kind that planish knows"):
        model.load_weights(path)


@pytest.mark.parametrize("name", ["model\0.keras", "\0", "\ud800"])
def test_names_that_no_file_can_have(name):
    with pytest.raises(ValueError, match="cannot be the name of a file"):
        load_model(name)
