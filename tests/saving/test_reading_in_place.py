"""Arrays go from a file straight into the variables that they are for, and nothing else is read or drawn for them."""

import io
import zipfile
import zlib

import h5py
import numpy as np
import pytest

import planish as keras
from planish.saving import contents, stored_array
from planish.saving.contents import Contents, Summed
from planish.saving.weights_store import opened
from planish.variable import Variable

NAMES = ["model.weights.h5", "model.h5", "model.keras", "model.safetensors"]
MODELS = NAMES[1:3]


@pytest.fixture
def saved(tmp_path):
    """A model, and the path of its file of this name."""

    def write(name, units=5):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units), keras.layers.Dense(2)])
        path = tmp_path / name
        (model.save if name in MODELS else model.save_weights)(path)
        return model, path

    return write


@pytest.mark.parametrize("name", MODELS)
def test_no_random_numbers_are_drawn_for_weights_that_a_file_has(saved, name, monkeypatch):
    model, path = saved(name)
    monkeypatch.setattr("planish.variable.made", lambda *_: pytest.fail("an initializer was run"))
    again = keras.models.load_model(path)
    np.testing.assert_array_equal(again.layers[0].kernel.value, model.layers[0].kernel.value)


@pytest.mark.parametrize("name", NAMES)
def test_arrays_stay_where_they_are_in_memory_and_count_as_changed(saved, name):
    model, path = saved(name)
    kernel = model.layers[0].kernel
    expected, address, version = kernel.numpy(), kernel.value.ctypes.data, kernel.version
    kernel.assign(np.zeros((3, 5)))
    model.load_weights(path)
    np.testing.assert_array_equal(kernel.value, expected)
    assert kernel.value.ctypes.data == address
    assert kernel.version > version


@pytest.mark.parametrize("dtype", [">f4", "<f8", "<f2", "<i4"])
def test_arrays_of_other_types_are_converted(saved, dtype):
    model, path = saved("model.weights.h5")
    with h5py.File(path, "a") as file:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = np.arange(15).reshape(3, 5).astype(dtype)
    model.load_weights(path)
    np.testing.assert_array_equal(model.layers[0].kernel.value, np.arange(15.0).reshape(3, 5))


@pytest.mark.parametrize("units", [5, 50_000])
def test_a_keras_file_with_a_flipped_bit_in_its_weights_leaves_the_model_as_it_was(saved, units):
    model, path = saved("model.keras", units=units)
    damaged = bytearray(path.read_bytes())
    damaged[damaged.index(model.layers[0].kernel.value.tobytes()) + 7] ^= 1
    path.write_bytes(damaged)
    before = model.get_weights()
    for read in (model.load_weights, keras.models.load_model):
        with pytest.raises(ValueError, match=r"model.weights.h5 in .* is damaged") as caught:
            read(path)
        assert "checksum" in str(caught.value)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True))


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_keras_file_that_was_packed_again_behind_something_else(saved, tmp_path, packing):
    model, path = saved("model.keras")
    with open(tmp_path / "again.keras", "wb") as file:
        file.write(b"#!/bin/sh\n" * 100)
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(file, "a", packing) as new:
            for name in old.namelist():
                with new.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
                    member.write(old.read(name))
    again = keras.models.load_model(tmp_path / "again.keras")
    np.testing.assert_array_equal(again.layers[0].kernel.value, model.layers[0].kernel.value)


def test_an_array_that_goes_on_behind_the_end_of_its_file_leaves_the_model_as_it_was(saved):
    model, path = saved("model.weights.h5", units=2000)
    path.write_bytes(path.read_bytes()[:-5000])
    before = model.get_weights()
    with pytest.raises(ValueError, match="damaged or cut short"):
        model.load_weights(path)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), before, strict=True))


def test_a_file_that_is_cut_while_it_is_read_is_told(saved, monkeypatch):
    model, path = saved("model.weights.h5", units=2000)
    kernel = model.layers[0].kernel
    version = kernel.version

    def cut(variable):
        path.write_bytes(b"")
        return room(variable)

    room = Variable.room
    monkeypatch.setattr(Variable, "room", cut)
    with pytest.raises(OSError, match="was cut while it was read: some weights have its values"):
        model.load_weights(path)
    assert kernel.version > version  # nothing that was packed from the old values is used again


@pytest.mark.parametrize("in_memory", [False, True])
@pytest.mark.parametrize("nbytes", [0, 1, 99, 100, 101, 250, 1000])
def test_large_parts_are_read_and_summed_up_by_several_threads(tmp_path, monkeypatch, nbytes, in_memory):
    monkeypatch.setattr(contents, "_PIECE_NBYTES", 100)
    monkeypatch.setattr(contents, "_SUMMED_NBYTES", 30)
    monkeypatch.setattr(contents, "get_num_threads", lambda: 3)
    written = np.random.default_rng(nbytes).bytes(nbytes)
    (tmp_path / "file").write_bytes(b"before" + written + b"after")
    with open(tmp_path / "file", "rb") as opened:
        file = io.BytesIO(opened.read()) if in_memory else opened
        part = Contents(file, 6, nbytes)
        assert part.crc32() == zlib.crc32(written)
        assert part.read() == part.stream().read() == written
        room = np.zeros(nbytes, np.uint8)
        contents.in_threads(
            lambda place=place, piece=piece: part.read_into(place, piece) for place, piece in contents.pieces(0, room)
        )
        assert room.tobytes() == written
        with pytest.raises(EOFError):
            part.read_into(1, room) if nbytes else part.read(0, 1)


OVERLAPPING = [(10, 300), (200, 500)]  # the second is read again for the checksum


@pytest.mark.parametrize(
    ("read", "again"), [([], 1000), ([(0, 1000)], 0), ([(30, 90), (400, 430)], 910), (OVERLAPPING, 710)]
)
def test_what_was_read_is_not_read_again_for_the_checksum(tmp_path, monkeypatch, read, again):
    monkeypatch.setattr(contents, "_PIECE_NBYTES", 100)
    monkeypatch.setattr(contents, "_SUMMED_NBYTES", 30)
    written = np.random.default_rng(len(read)).bytes(1000)
    (tmp_path / "file").write_bytes(b"before" + written + b"after")
    with open(tmp_path / "file", "rb") as file:
        part = Summed(file, 6, 1000)
        for start, end in read:
            room = np.zeros(end - start, np.uint8)
            part.read_into(start, room)
            assert room.tobytes() == written[start:end]
        native, sizes = part._read_some, []
        monkeypatch.setattr(part, "_read_some", lambda place, room: sizes.append(room.size) or native(place, room))
        assert part.crc32() == zlib.crc32(written)
        assert sum(sizes) == again


def test_a_change_of_what_was_read_is_found(tmp_path):
    nbytes = 1 << 20
    (tmp_path / "file").write_bytes(bytes(nbytes))
    with open(tmp_path / "file", "rb") as file:
        part = Summed(file, 0, nbytes)
        (tmp_path / "file").write_bytes(b"1" + bytes(nbytes - 1))
        part.read_into(0, np.zeros(nbytes // 2, np.uint8))
        assert part.crc32() != zlib.crc32(bytes(nbytes))


def test_the_first_error_of_several_threads_is_raised(monkeypatch):
    monkeypatch.setattr(contents, "get_num_threads", lambda: 3)

    def fail():
        raise OSError("the disk")

    with pytest.raises(OSError, match="the disk"):
        contents.in_threads([lambda: None, fail, lambda: None])


def test_large_models_are_read_in_threads_and_weights_of_other_forms_one_by_one(saved, monkeypatch):
    monkeypatch.setattr(stored_array, "_IN_THREADS_NBYTES", 0)
    monkeypatch.setattr(contents, "_PIECE_NBYTES", 64)
    monkeypatch.setattr(contents, "get_num_threads", lambda: 2)
    for name in NAMES:
        model, path = saved(name)
        expected = model.get_weights()
        model.set_weights([0 * weight for weight in expected])
        model.load_weights(path)
        assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), expected, strict=True))


@pytest.mark.parametrize("size", [0, 8, 1 << 40])
def test_a_heap_that_holds_one_text_is_looked_at_when_it_is_read(tmp_path, size):
    """HDF5's library would follow a part of size 0 for ever."""
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "x" * 3000
    damaged = bytearray(path.read_bytes())
    part = damaged.index(b"GCOL") + 16
    damaged[part : part + 2] = bytes(2)  # number 0: the room that is left
    damaged[part + 8 : part + 16] = size.to_bytes(8, "little")
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match="damaged or cut short"), opened(path, "a .h5 file") as reader:
        reader.text("", "keras_version")


@pytest.mark.parametrize("name", NAMES)
def test_no_file_is_read_as_a_whole(saved, name, monkeypatch):
    _, path = saved(name, units=20_000)
    read = Contents.read

    def little(self, offset=0, nbytes=None):
        found = read(self, offset, nbytes)
        assert len(found) < 100_000
        return found

    monkeypatch.setattr(Contents, "read", little)
    model, _ = saved(name, units=20_000) if name == NAMES[-1] else saved("another.weights.h5", units=20_000)
    model.load_weights(path)
