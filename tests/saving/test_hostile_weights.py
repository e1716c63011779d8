"""HDF5 files that reach for other files or for too much memory."""

import io
import re

import h5py
import numpy as np
import pytest

from planish.saving.weights_store import WeightsReader


@pytest.fixture
def file():
    """An HDF5 file in memory to fill, and a function that opens what was filled in: `file, opened`."""
    buffer = io.BytesIO()
    file = h5py.File(buffer, "w")

    def opened():
        file.close()
        return WeightsReader(buffer.getvalue(), "weights.h5")

    return file, opened


def read(reader, shape=(2,)):
    with reader:
        return reader.stored("layers/dense", 0, shape, "weight 'dense/kernel'").read()


def test_plain_arrays(file):
    file, opened = file
    file["layers/dense/vars/0"] = [1.0, 2.0]
    assert read(opened()).tolist() == [1.0, 2.0]


def test_links_to_other_files(file, tmp_path):
    file, opened = file
    with h5py.File(tmp_path / "secret.h5", "w") as secret:
        secret["x"] = [1.0, 2.0]
    file.create_group("layers/dense/vars")["0"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "x")
    with pytest.raises(ValueError, match="is not as Keras writes it, so it is not read"):
        read(opened())


@pytest.mark.parametrize("path", ["layers", "layers/dense", "layers/dense/vars", "layers/dense/vars/0"])
def test_links_within_the_file(file, path):
    file, opened = file
    file["elsewhere/dense/vars/0"] = [1.0, 2.0]
    target = "/elsewhere" + path.removeprefix("layers")
    parent, _, name = path.rpartition("/")
    (file.require_group(parent) if parent else file)[name] = h5py.SoftLink(target)
    with pytest.raises(ValueError, match=re.escape(f"received: {path} leads elsewhere")):
        read(opened())


def test_bytes_of_other_files(file, tmp_path):
    file, opened = file
    (tmp_path / "secret").write_bytes(bytes(8))
    group = file.create_group("layers/dense/vars")
    group.create_dataset("0", (2,), "f4", external=[(str(tmp_path / "secret"), 0, 8)])
    with pytest.raises(ValueError, match="is not as Keras writes it, so it is not read"):
        read(opened())


def test_virtual_arrays(file, tmp_path):
    file, opened = file
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (2,))
    file.create_group("layers/dense/vars").create_virtual_dataset("0", layout)
    with pytest.raises(ValueError, match="is not as Keras writes it, so it is not read"):
        read(opened())


def test_an_array_that_claims_to_be_enormous_is_not_read(file):
    file, opened = file
    file.create_group("layers/dense/vars").create_dataset("0", (1 << 40,), "f4", chunks=(1024,), compression="gzip")
    with pytest.raises(ValueError, match=r"has another shape\n  expected: \(2,\)\n  received: \(1099511627776,\)"):
        read(opened())


@pytest.mark.parametrize("values", [["a", "b"], np.zeros(2, [("x", "f4")]), np.zeros(2, "c8")])
def test_arrays_of_other_things_than_numbers(file, values):
    file, opened = file
    file["layers/dense/vars/0"] = values
    with pytest.raises(ValueError, match="weight 'dense/kernel' is not an array of numbers"):
        read(opened())


@pytest.mark.parametrize("place", ["layers", "layers/dense", "layers/dense/vars"])
def test_arrays_in_the_place_of_groups(file, place):
    file, opened = file
    file[place] = [1.0]
    with pytest.raises(ValueError, match="has no array for weight 'dense/kernel'"):
        read(opened())


def test_a_group_in_the_place_of_an_array(file):
    file, opened = file
    file.create_group("layers/dense/vars/0")
    with pytest.raises(ValueError, match="is not read"):
        read(opened())


def test_bytes_that_are_flipped():
    """Whatever they hit, the answer is a value or a ValueError."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["layers/dense/vars/0"] = np.arange(2.0)
    random = np.random.default_rng(0)
    for _ in range(300):
        contents = bytearray(buffer.getvalue())
        for place in random.integers(0, len(contents), 8):
            contents[place] ^= 1 << random.integers(0, 8)
        try:
            read(WeightsReader(bytes(contents), "weights.h5"))
        except ValueError:
            continue
