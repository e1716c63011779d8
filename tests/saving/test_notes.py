"""What travels in a model's file besides layers and weights."""

import json
import pickle
import zipfile

import numpy as np
import pytest

from planish.layers import Dense, Input
from planish.models import Sequential, load_model


@pytest.fixture
def model():
    return Sequential([Input((2,)), Dense(3)])


def with_metadata(path, contents, compression=zipfile.ZIP_STORED):
    """The file with another metadata.json; without one if that is None."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["metadata.json"] = contents
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, text in members.items():
            if text is not None:
                archive.writestr(name, text)


def test_notes_come_back(model, tmp_path):
    notes = {"class_names": ["größe", "数", "\x1b[31m", ""], "numbers": {"a": [1, 2.5, None, True]}}
    model.notes.update(notes)
    model.save(tmp_path / "m.keras")
    assert load_model(tmp_path / "m.keras").notes == notes


def test_notes_stay_with_copies_and_belong_to_one_model(model):
    model.notes["a"] = 1
    assert pickle.loads(pickle.dumps(model)).notes == {"a": 1}
    assert Sequential([Input((2,)), Dense(3)]).notes == {}


def test_a_model_without_notes_has_the_file_that_it_had(model, tmp_path):
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert set(json.loads(archive.read("metadata.json"))) == {"keras_version", "date_saved", "planish_version"}
        assert len(archive.namelist()) == 3  # Keras unpacks files that have more members


@pytest.mark.parametrize("notes", [{"a": object()}, {"a": np.float32(1)}, {(1, 2): "a"}])
def test_notes_that_json_has_no_form_for(model, tmp_path, notes):
    model.notes.update(notes)
    with pytest.raises(ValueError, match="the notes of the model cannot be saved"):
        model.save(tmp_path / "m.keras")
    assert not (tmp_path / "m.keras").exists()


def test_notes_that_are_too_long(model, tmp_path):
    model.notes["a"] = "x" * 600_000
    with pytest.raises(ValueError, match=r"too long to be saved\n  expected: at most 524,288 characters"):
        model.save(tmp_path / "m.keras")


@pytest.mark.parametrize(
    "contents",
    [
        None,
        b"",
        b"\xff\xfe",
        b"[]",
        b"3",
        b'{"planish_notes": 3}',
        b'{"planish_notes": ["a"]}',
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_model_is_whole_without_notes_that_can_be_read(model, tmp_path, contents, compression):
    model.save(tmp_path / "m.keras")
    with_metadata(tmp_path / "m.keras", contents, compression)
    loaded = load_model(tmp_path / "m.keras")
    assert loaded.notes == {}
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])
